"""From what a rule returned to what crosses out of the sandbox; one run of it."""

from typing import Any, Callable  # noqa: UP035 (the sandbox has no collections.abc)

from service.rules.prelude.parts import Attachment, Comment, RichText, User
from service.rules.prelude.returned import Replica, Wanted, _Clear
from service.rules.prelude.taken_in import _begin, _context, _issue, _replica
from service.rules.prelude.words import _asked

outgoing: Callable[[Any, Any], Any]
incoming: Callable[[Any, Any, Any], Any]

_NAMES = (
    "summary",
    "description",
    "status",
    "priority",
    "labels",
    "assignee",
    "reporter",
    "resolution",
    "components",
    "fix_versions",
    "affected_versions",
    "milestone",
    "area",
    "iteration",
    "due",
    "estimate",
    "remaining",
    "spent",
    "parent",
    "links",
    "type",
)


_SETS = (list, tuple, set, frozenset)
_AS_IT_IS = (int, bool, float)
# What is wrong among these is told better outside.
_ITEMS = (str, type(None), int, bool, float, bytes, dict)


def _crossing(names: Any, values: Any) -> Any:
    return [
        value
        if value is None or value is ... or type(value) is str
        else _crosses(names, values, value)
        for value in values
    ]


def _crosses(names: Any, values: Any, value: Any) -> Any:
    """Objects cross as tuples, told by their length, for these cross faster; so a rule's own
    tuples cross as lists. Functions and classes would cross as texts that look right."""
    kind = type(value)
    if kind is list:
        return value if not value else _items(names, values, value, value)
    if kind is User:
        words = (value.name, value.email, value.id)
        return (*words, None, None) if value._here else words
    if kind is RichText:
        return _rich(value)
    if kind in _AS_IT_IS:
        return value
    if kind is _Clear:
        return ()
    if kind in _SETS:
        return _items(names, values, value, list(value))
    if kind not in _ITEMS:
        _refuse(names, values, value, kind)
    return value


def _items(names: Any, values: Any, value: Any, items: Any) -> Any:
    for item in items:
        if type(item) not in _ITEMS:
            _refuse(names, values, value, type(item))
    return items


def _rich(text: RichText) -> Any:
    if text._after or text._bare:
        return (text._ref, text._before, text._after, text._bare)
    return (text._ref, text._before) if text._before else (text._ref,)


def _refuse(names: Any, values: Any, value: Any, kind: Any) -> None:
    place = [value is each for each in values].index(True)
    name = str(list(names)[place]) if names else _NAMES[place]
    raise TypeError(f"\x1etype\x1e{name}\x1ea value of a field\x1e{kind.__name__}")


def _comment(comment: Any) -> Any:
    if type(comment) is not Comment:
        _stranger("comments", "Comment", comment)
    body = comment.body
    if type(body) is RichText:
        body = _rich(body)
    return (comment.id, body, comment.internal, comment.work)


def _attachment(attachment: Any) -> Any:
    if type(attachment) is not Attachment:
        _stranger("attachments", "Attachment", attachment)
    return attachment.id


def _stranger(part: str, wanted: str, given: Any) -> None:
    raise TypeError(f"\x1etype\x1e{part}\x1e{wanted}\x1e{type(given).__name__}")


def _export(result: Any, wanted: Any, rule: str) -> Any:
    if result is None:
        return None
    if type(result) is not wanted:
        _stranger(f"{rule}()", wanted.__name__, result)
    named = (
        result.summary,
        result.description,
        result.status,
        result.priority,
        result.labels,
        result.assignee,
        result.reporter,
        result.resolution,
        result.components,
        result.fix_versions,
        result.affected_versions,
        result.milestone,
        result.area,
        result.iteration,
        result.due,
        result.estimate,
        result.remaining,
        result.spent,
        result.parent,
        result.links,
        result.type,
    )
    fields = result.fields
    if fields and type(fields) is dict:
        crossing = _crossing(fields, fields.values())
        fields = {name: crossing[place] for place, name in enumerate(fields)}
    return [
        _crossing((), named),
        fields,
        [_comment(comment) for comment in result.comments],
        [_attachment(attachment) for attachment in result.attachments],
        result.project if wanted is Wanted else "",
        result.stop_syncing,
    ]


def _run_outgoing(given: Any) -> Any:
    issue, about, previous, keys = given
    _begin(keys)
    result = outgoing(_issue(issue), _context(about, previous))  # noqa: F821
    return _asked[0] if _asked else _export(result, Replica, "outgoing")


def _run_incoming(given: Any) -> Any:
    replica, issue, about, previous, keys = given
    _begin(keys)
    result = incoming(  # noqa: F821
        _replica(replica), None if issue is None else _issue(issue), _context(about, previous)
    )
    return _asked[0] if _asked else _export(result, Wanted, "incoming")
