"""What a write of ours replaced without having seen it: Jira takes any write, and remembers."""

from collections.abc import Mapping
from typing import Any

from adapters.jira import answers, markup, moments
from adapters.rich_text import adf
from schemas.issue import Issue
from schemas.rich_text import RichText, to_plain
from schemas.values import Fields, Value

_NEUTRAL = {
    "summary": "summary",
    "description": "description",
    "environment": "environment",
    "priority": "priority",
    "resolution": "resolution",
    "issuetype": "type",
    "duedate": "due",
}
"""Jira's names and ours, of fields whose history tells the whole value."""


def is_watched(body: Mapping[str, Any]) -> bool:
    """Whether the history tells what a write of these fields has replaced."""
    return any(name in _NEUTRAL for name in body)


def overwritten(found: answers.Issue, before: Issue, body: Mapping[str, Any]) -> Fields:
    """`before` is what we had read, `body` what we wrote to `fields`, `found` the issue since."""
    histories = found.changelog.histories if found.changelog else ()
    since = sorted(
        (at, place)
        for place, one in enumerate(histories)
        if (at := moments.parse_or_zero(one.created)) >= before.version
    )
    recent = [item for _, place in since for item in histories[place].items]
    lost: Fields = {}
    for name, written in body.items():
        ours = name in _NEUTRAL and _newest(recent, name, written)
        if not ours:
            continue
        replaced, neutral = _value(name, ours), _NEUTRAL[name]
        if not _is_same(replaced, before.fields.get(neutral), written) and not _is_empty(replaced):
            lost[neutral] = replaced
    return lost


def _newest(
    items: list[answers.HistoryItem], name: str, written: object
) -> answers.HistoryItem | None:
    """The last change to what we wrote; an edit after it is on top of ours, and not lost."""
    found = None
    for item in items:
        told = item.to if name == "duedate" else item.to_string
        if item.field.lower() == name and _tells(told or "", written):
            found = item
    return found


def _tells(told: str, written: object) -> bool:
    """The history tells documents in wiki markup, as well as that goes: so their words are held
    against each other."""
    if _is_document(written):
        return _words(markup.parse(told)) == _words(adf.parse(written))
    return told == _plain(written)


def _is_same(replaced: Value, held: Value, written: object) -> bool:
    if _is_document(written) and isinstance(replaced, RichText) and isinstance(held, RichText):
        return _words(replaced) == _words(held)
    return replaced == held


def _is_document(written: object) -> bool:
    return isinstance(written, dict) and written.get("type") == "doc"


def _words(rich: RichText) -> list[str]:
    return to_plain(rich).split()


def _plain(written: object) -> str:
    named = written.get("name") if isinstance(written, dict) else written
    return str(named or "")


def _value(name: str, item: answers.HistoryItem) -> Value:
    match name:
        case "description" | "environment":
            return markup.parse(item.from_string)
        case "duedate":
            return item.from_
        case "summary":
            return item.from_string or ""
    return item.from_string


def _is_empty(value: Value) -> bool:
    """An emptied field holds nothing that could be kept."""
    return value is None or value in ("", markup.parse(None))
