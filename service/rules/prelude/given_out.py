"""From what a rule returned to what crosses out of the sandbox; one run of it."""

from typing import Any, Callable  # noqa: UP035 (the sandbox has no collections.abc)

from service.rules.prelude.parts import Attachment, Comment, RichText, User
from service.rules.prelude.returned import Replica, Wanted, _Clear
from service.rules.prelude.taken_in import _context, _issue, _replica, _with_previous
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
)


def _let_through(result: Any, wanted: Any, name: str) -> Any:
    for item in result:
        if type(item) is not wanted:
            raise TypeError(f"\x1etype\x1e{name}\x1e{wanted.__name__}\x1e{type(item).__name__}")
    return result


_VALUES = (str, type(None), RichText, User, int, bool, float, _Clear)
_SETS = (list, tuple, set, frozenset)
# What is wrong among these is told better outside.
_ITEMS = (str, type(None), int, bool, float, bytes, dict)


def _values(names: Any, values: Any) -> None:
    """Functions and classes would cross as texts that look right."""
    for value in values:
        if value is not ... and type(value) not in _VALUES:
            _look(names, values, value)


def _look(names: Any, values: Any, value: Any) -> None:
    kind = type(value)
    if kind in _ITEMS:
        return
    if kind in _SETS:
        for item in value:
            kind = type(item)
            if kind not in _ITEMS:
                break
        else:
            return
    _refuse(names, [value is each for each in values].index(True), kind)


def _refuse(names: Any, place: int, kind: Any) -> None:
    name = str(list(names)[place]) if names else _NAMES[place]
    raise TypeError(f"\x1etype\x1e{name}\x1ea value of a field\x1e{kind.__name__}")


def _body(body: Any) -> Any:
    """Tuples cross back faster than objects."""
    if type(body) is not RichText:
        return body
    if body._before or body._after:
        return (body._ref, body._before, body._after)
    return (body._ref,)


def _export(result: Any, wanted: Any, rule: str) -> Any:
    if result is None:
        return None
    if type(result) is not wanted:
        raise TypeError(f"\x1etype\x1e{rule}()\x1e{wanted.__name__}\x1e{type(result).__name__}")
    comments = _let_through(result.comments, Comment, "comments")
    attachments = _let_through(result.attachments, Attachment, "attachments")
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
    )
    _values((), named)
    if result.fields and type(result.fields) is dict:
        _values(result.fields, result.fields.values())
    return [
        named,
        result.type,
        result.fields,
        [(c.id, _body(c.body), c.internal, c.work) for c in comments],
        [a.id for a in attachments],
        result.project if wanted is Wanted else "",
        result.stop_syncing,
    ]


def _run_outgoing(given: Any, about: Any, previous: Any) -> Any:
    context = _context(about)
    if previous:
        _with_previous(context, previous)
    result = outgoing(_issue(given), context)  # noqa: F821
    return _asked[0] if _asked else _export(result, Replica, "outgoing")


def _run_incoming(given: Any, local: Any, about: Any, previous: Any) -> Any:
    issue = None if local is None else _issue(local)
    context = _context(about)
    if previous:
        _with_previous(context, previous)
    result = incoming(_replica(given), issue, context)  # noqa: F821
    return _asked[0] if _asked else _export(result, Wanted, "incoming")
