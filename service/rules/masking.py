"""What must never leave: patterns whose finds are masked in all outgoing text.

RE2 matches in time that grows with the text alone, so no pattern and no text can hold the node up.
"""

from functools import lru_cache
from typing import Any

import msgspec
import re2

from schemas.errors import InputError
from schemas.rich_text import RichText, plain, to_plain
from schemas.rules import Outgoing, OutgoingComment
from schemas.values import Fields, Value, as_set

MASK = "[masked]"
CREDENTIALS = "credentials"
"""Stands for the patterns of well-known keys and tokens."""
_CREDENTIALS = (
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    r"\bgh[pousr]_[0-9A-Za-z]{36,255}\b",
    r"\bgithub_pat_[0-9A-Za-z_]{22,255}\b",
    r"\bglpat-[0-9A-Za-z_-]{20,255}\b",
    r"\bxox[abprs]-[0-9A-Za-z-]{10,255}\b",
    r"\beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}",
)


class Masked(msgspec.Struct, frozen=True):
    outgoing: Outgoing
    where: tuple[str, ...]
    """Fields, or `comments`, in which something was masked."""


class Masks:
    def __init__(self, patterns: tuple[str, ...]) -> None:
        """Raises `InputError` for what is no pattern."""
        given = [p for p in patterns if p != CREDENTIALS]
        if len(given) < len(patterns):
            given += _CREDENTIALS
        self._patterns = [_compiled(pattern) for pattern in given]

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def apply(self, outgoing: Outgoing) -> Masked:
        fields: Fields = {name: self.value(value) for name, value in outgoing.fields.items()}
        comments = tuple(self._comment(comment) for comment in outgoing.comments)
        where = [name for name, value in fields.items() if value != outgoing.fields[name]]
        if comments != outgoing.comments:
            where.append("comments")
        return Masked(Outgoing(fields, comments, outgoing.attachments), tuple(sorted(where)))

    def value(self, value: Value) -> Value:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, tuple):
            return as_set([self.text(element) for element in value])
        return self.rich(value) if isinstance(value, RichText) else value

    def text(self, text: str) -> str:
        for pattern in self._patterns:
            text = pattern.sub(MASK, text)
        return text

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the patterns find something; what overlaps is one."""
        found: list[tuple[int, int]] = []
        for begin, end in sorted(m.span() for p in self._patterns for m in p.finditer(text)):
            if found and begin < found[-1][1]:
                found[-1] = (found[-1][0], max(end, found[-1][1]))
            else:
                found.append((begin, end))
        return found

    def without(self, text: str, spans: list[tuple[int, int]]) -> str:
        at, parts = 0, []
        for begin, end in spans:
            parts += [text[at:begin], MASK]
            at = end
        return "".join(parts) + text[at:]

    def rich(self, rich: RichText) -> RichText:
        """What a pattern finds across marks costs the text its marks: it must not leave."""
        masked = self._walked(rich)
        words = to_plain(masked)
        return plain(found) if (found := self.text(words)) != words else masked

    def _comment(self, comment: OutgoingComment) -> OutgoingComment:
        body = self.rich(comment.body)
        return comment if body == comment.body else msgspec.structs.replace(comment, body=body)

    def _walked(self, node: Any) -> Any:
        """Every text of the tree, addresses as well; marks are words of ours and stay."""
        if isinstance(node, str):
            return self.text(node)
        if isinstance(node, tuple):
            return tuple(self._walked(each) for each in node)
        if not isinstance(node, msgspec.Struct):
            return node
        held = {n: getattr(node, n) for n in node.__struct_fields__ if n != "marks"}
        changed = {name: new for name, old in held.items() if (new := self._walked(old)) != old}
        return msgspec.structs.replace(node, **changed) if changed else node


@lru_cache(maxsize=256)
def masks_of(patterns: tuple[str, ...]) -> Masks:
    return Masks(patterns)


def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise InputError(
            f"{pattern!r} is no pattern: {words}.",
            remedy="Write it as RE2 has it: without look-around and back references.",
        ) from error
    if compiled.search("") is not None:
        raise InputError(
            f"The pattern {pattern!r} finds nothing at all everywhere.",
            remedy="Let it match at least one character.",
        )
    return compiled
