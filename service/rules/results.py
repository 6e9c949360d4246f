"""What a rule returned, checked strictly before anything else sees it."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from math import isfinite
from typing import Any, TypeVar

from pydantic_monty import MontyClassProxy

from schemas.errors import RuleError
from schemas.rich_text import Block, Paragraph, RichText, plain, to_plain
from schemas.rules import Outgoing, OutgoingComment, Wanted, WantedComment
from schemas.values import Digest, Fields, User, Value, Work, as_set
from service.rules.inputs import Given

NAMES = (
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
"""In the order in which the prelude exports them; `type` comes last."""

EXPECTED: dict[str, tuple[type | tuple[type, ...], str]] = {
    "summary": (str, "text"),
    "description": ((RichText, Digest, type(None)), "formatted text or Markdown"),
    "status": ((str, type(None)), "a name"),
    "priority": ((str, type(None)), "a name"),
    "type": ((str, type(None)), "a name"),
    "labels": (tuple, "a list of texts"),
    "assignee": ((User, type(None)), "a User"),
    "reporter": ((User, type(None)), "a User"),
    "resolution": ((str, type(None)), "a name"),
    "components": (tuple, "a list of texts"),
    "fix_versions": (tuple, "a list of texts"),
    "affected_versions": (tuple, "a list of texts"),
    "milestone": ((str, type(None)), "a name"),
    "area": ((str, type(None)), "a path"),
    "iteration": ((str, type(None)), "a path"),
    "due": ((str, type(None)), "a date"),
    "estimate": ((int, float, type(None)), "a number of seconds"),
    "remaining": ((int, float, type(None)), "a number of seconds"),
    "spent": ((int, float, type(None)), "a number of seconds"),
    "parent": ((str, type(None)), "a twin"),
    "links": (tuple, "a list of texts"),
}

_ANY = (object, "")

PLAIN = frozenset({"summary", "status", "priority", "type"})

LARGEST = 1 << 63

_REPORTED = re.compile(r"Reported by [^\n]+\.")
"""The first line of a mirror, as the prelude's `reported` writes it."""

C = TypeVar("C", OutgoingComment, WantedComment)


_CLASSES = {0: "_Clear", 1: "RichText", 2: "RichText", 3: "User", 4: "RichText", 5: "User"}
"""Objects that cross as tuples, told by how long these are; a rule's own tuples come as lists."""

_USER, _OURS = 3, 5

_AS_IT_CAME: tuple[Any, ...] = (0, (), (), False)
"""A formatted text's place, the lines before and after it, and whether its first line stays out."""

_SHORT = 200


class Refused(Exception):
    """A result that cannot be used; becomes a `RuleError` where file and line are known."""


def outgoing(exported: Any, given: Given) -> Outgoing | None:
    if exported is None:
        return None
    named, custom, comments, attachments, _, stops = exported
    fields = _fields(named[:-1], custom, given)
    _put(fields, "type", named[-1], given)
    return Outgoing(
        fields=fields,
        comments=_comments(comments, given, OutgoingComment),
        attachments=_attachments(attachments, given),
        stop_syncing=_truth("stop_syncing", stops),
    )


def wanted(exported: Any, given: Given) -> Wanted | None:
    if exported is None:
        return None
    named, custom, comments, attachments, project, stops = exported
    kind = named[-1]
    if kind is not ... and kind is not None and not isinstance(kind, str):
        raise Refused(f"type: a name is expected, {_describe(kind)} was given.")
    if not isinstance(project, str):
        raise Refused(f"project: a key is expected, {_describe(project)} was given.")
    return Wanted(
        fields=_fields(named[:-1], custom, given),
        comments=_comments(comments, given, WantedComment),
        attachments=_attachments(attachments, given),
        project=project,
        type=kind if isinstance(kind, str) else "",
        stop_syncing=_truth("stop_syncing", stops),
        ours=frozenset(given.ours),
    )


def _truth(name: str, raw: Any) -> bool:
    if type(raw) is not bool:
        raise Refused(f"{name}: True or False is expected, {_describe(raw)} was given.")
    return raw


def refusal(refused: Refused, file: str, line: int) -> RuleError:
    return RuleError(
        str(refused),
        remedy=f"Correct what {file} returns, then retry.",
        file=file,
        line=line,
    )


def _fields(named: Sequence[Any], custom: Any, given: Given) -> Fields:
    if not isinstance(custom, dict):
        raise Refused(f"fields: a dict is expected, {_describe(custom)} was given.")
    fields: Fields = {}
    for name, raw in custom.items():
        if not isinstance(name, str) or not name:
            raise Refused(f"fields: names are texts, {_describe(name)} was given as one.")
        _put(fields, name, raw, given)
    held = given.fields
    for name, raw in zip(NAMES, named, strict=True):
        if raw is ... or ((raw is None or raw == []) and name not in held):
            continue  # by far the most
        if type(raw) is str and name in PLAIN:
            fields[name] = raw
        else:
            _put(fields, name, raw, given)
    return fields


def _put(fields: Fields, name: str, raw: Any, given: Given) -> None:
    if raw is ...:
        return
    if type(raw) is tuple and not raw:
        fields[name] = () if EXPECTED.get(name, _ANY)[0] is tuple else None
        return
    value = _object(name, raw, given) if type(raw) is tuple else _value(name, raw, given)
    if (value is None or value == ()) and name not in given.fields:
        return  # nobody has this field: absent is not empty
    expected = EXPECTED.get(name)
    if expected is not None and not isinstance(value, expected[0]):
        raise Refused(f"{name}: {expected[1]} is expected, {_describe(raw)} was given.")
    fields[name] = value


def _value(name: str, raw: Any, given: Given) -> Value:
    match raw:
        case list():
            return _set(name, raw)
        case str():
            return given.codec.from_markdown(raw) if name in given.rich_fields else raw
        case None | bool():
            return raw
        case int() if -LARGEST <= raw < LARGEST:
            return raw
        case float() if isfinite(raw):
            return raw
        case _:
            raise _unfit(name, raw)


def _object(name: str, raw: tuple[Any, ...], given: Given) -> Value:
    size = len(raw)
    if size == _USER:
        return _user(name, raw)
    if size == _OURS:
        given.ours.add(name)
        return _user(name, raw[:_USER])
    return _rich(name, raw, given)


def _unfit(name: str, raw: Any) -> Refused:
    return Refused(f"{name}: {_describe(raw)} cannot be the value of a field.")


def _set(name: str, items: list[Any]) -> tuple[str, ...]:
    for item in items:
        if not isinstance(item, str):
            raise Refused(f"{name}: a list of texts is expected, it holds {_describe(item)}.")
    return as_set(items)


def _user(name: str, words: tuple[Any, ...]) -> User:
    for word in words:
        if type(word) is not str:
            raise Refused(f"{name}: a User is made of texts, {_describe(word)} was given.")
    return User(*words)


def _rich(name: str, raw: tuple[Any, ...], given: Given) -> RichText | Digest:
    place, before, after, bare = raw + _AS_IT_CAME[len(raw) :]
    if type(place) is not int or not 0 <= place < len(given.handles):
        raise Refused(f"{name}: this formatted text was not given to the rule.")
    held = given.handles[place]
    if bare and isinstance(held, RichText):
        held = _without_reporter(held)
    if not before and not after:
        return held
    if isinstance(held, Digest):
        raise Refused(
            f"{name}: this text is not at hand now, so it can only be passed on as it is."
        )
    return RichText((*_paragraphs(name, before), *held.blocks, *_paragraphs(name, after)))


def _without_reporter(held: RichText) -> RichText:
    if not held.blocks or not isinstance(held.blocks[0], Paragraph):
        return held
    first = to_plain(RichText(held.blocks[:1]))
    return RichText(held.blocks[1:]) if _REPORTED.fullmatch(first) else held


def _paragraphs(name: str, lines: Any) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for line in lines:
        if not isinstance(line, str):
            raise Refused(f"{name}: a line to add is a text, {_describe(line)} was given.")
        blocks.extend(_plain(line) if len(line) <= _SHORT else plain(line).blocks)
    return tuple(blocks)


@lru_cache(maxsize=256)
def _plain(line: str) -> tuple[Block, ...]:
    """Most lines name a person, and the same one again and again."""
    return plain(line).blocks


def _comments(exported: list[Any], given: Given, kind: Callable[..., C]) -> tuple[C, ...]:
    result: dict[str, C] = {}
    for ident, raw, internal, work in exported:
        _known("comments", ident, given.comments)
        if type(internal) is not bool:
            raise Refused(f"comments: internal is True or False, {_describe(internal)} was given.")
        body: Any = raw
        if isinstance(raw, str):
            body = given.codec.from_markdown(raw)
        elif isinstance(raw, tuple):
            body = _rich("comments", raw, given)
        if not isinstance(body, RichText):
            raise Refused(f"comments: a body is formatted text, {_describe(raw)} was given.")
        result[ident] = kind(ident, body, internal, _work(work))
    return tuple(result.values())


def _work(raw: Any) -> Work | None:
    if raw is None:
        return None
    if not (isinstance(raw, MontyClassProxy) and raw.name == "Work"):
        raise Refused(f"comments: work is a Work or None, {_describe(raw)} was given.")
    seconds, started = (raw.attributes.get(word) for word in ("seconds", "started"))
    if type(seconds) is not int or type(started) is not int or not 0 <= seconds < LARGEST:
        raise Refused("comments: work has whole seconds and a moment in milliseconds.")
    return Work(seconds, started)


def _attachments(exported: list[Any], given: Given) -> tuple[str, ...]:
    for ident in exported:
        _known("attachments", ident, given.attachments)
    return tuple(dict.fromkeys(exported))


def _known(part: str, ident: Any, known: set[str]) -> None:
    if not isinstance(ident, str) or ident not in known:
        raise Refused(f"{part}: {_describe(ident)} was not given to the rule.")


KINDS = {
    "NoneType": "None",
    "bool": "a truth value",
    "int": "a number",
    "float": "a number",
    "str": "a text",
    "list": "a list",
    "tuple": "a list",
    "set": "a set",
    "dict": "a dict",
    "bytes": "bytes",
}


def _describe(raw: Any) -> str:
    if isinstance(raw, MontyClassProxy):
        return f"an object of class {raw.name}"
    if isinstance(raw, tuple) and len(raw) in _CLASSES:
        return f"an object of class {_CLASSES[len(raw)]}"
    kind = KINDS.get(type(raw).__name__, type(raw).__name__)
    if raw is None or not isinstance(raw, str | int | float):
        return kind
    if isinstance(raw, int) and not -LARGEST <= raw < LARGEST:
        return "a number beyond 64 bits"
    shown = repr(raw)
    return f"{kind} ({shown if len(shown) <= 60 else shown[:57] + '…'})"
