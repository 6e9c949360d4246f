"""How an answer to a partner's dry run shows values: masked, and none of which the disclosure
contract says that it stays, unless the partner told that very value itself."""

import msgspec

from schemas.disclosure_api import Disclosure
from schemas.replica import TwinMessage
from schemas.rich_text import RichText, plain
from schemas.rules import Outgoing, Wanted, WantedComment
from schemas.values import Digest, Fields, Value, digest
from service.rules.codec import RichTextCodec
from service.rules.masking import Masks
from service.rules.plain_form import Plain, PlainForm
from service.rules.unmasking import is_masked

WITHHELD = "(not shown: this field does not leave here)"
_SILENCE = plain(WITHHELD)
_PLACE = "key"
"""Who may know an issue's key knows its project."""


class AnswerForm:
    """Of one answer. `told` is all that the partner has told about the issue."""

    def __init__(
        self, codec: RichTextCodec, allowed: frozenset[str], masks: Masks, told: TwinMessage
    ) -> None:
        self._codec, self._form = codec, PlainForm(codec)
        self._allowed, self._masks = allowed, masks
        self._told = _told(told)
        self.left: dict[tuple[str, str], bool] = {}
        """What was shown: its name and digest, and whether something was masked in it."""

    def fields(self, fields: Fields) -> Plain:
        open = {n: self._shown(n, v) for n, v in fields.items() if self._may_leave(n, v)}
        shown = self._form.shown(open)
        return {name: shown.get(name, WITHHELD) for name in sorted(fields)}

    def rich(self, text: RichText) -> str:
        """Of a comment."""
        if not self._may_leave("comments", text):
            return WITHHELD
        return self._codec.to_markdown(self._masked("comment", text))

    def result(self, result: Outgoing | Wanted | None) -> Plain | None:
        if not isinstance(result, Wanted):
            return None
        bare = msgspec.structs.replace(
            result, fields={}, comments=tuple(map(self._comment, result.comments))
        )
        shown = self._form.result(bare) or {}
        place = {n: v for n in ("project", "type") if (v := getattr(result, n))}
        return shown | {"fields": self.fields(result.fields)} | self.fields(place)

    def text(self, text: str) -> str:
        """Words of this node or of its rules."""
        return self._masks.text(text)

    def disclosed(self, entry: Disclosure) -> tuple[Disclosure, ...]:
        """For the ledger of what left, each like `entry`."""
        return tuple(
            msgspec.structs.replace(entry, field=f"dry_run:{name}", digest=of, masked=masked)
            for (name, of), masked in self.left.items()
        )

    def _comment(self, comment: WantedComment) -> WantedComment:
        body = comment.body
        shown = self._masked("comment", body) if self._may_leave("comments", body) else _SILENCE
        return msgspec.structs.replace(comment, body=shown)

    def _masked(self, name: str, text: RichText) -> RichText:
        masked = self._masks.rich(text)
        self._note(name, masked)
        return masked

    def _shown(self, name: str, value: Value) -> Value:
        masked = self._masks.value(value)
        self._note(name, masked)
        return masked

    def _note(self, name: str, value: Value) -> None:
        if value is not None:
            self.left[name, digest(value)] = is_masked(value)

    def _may_leave(self, name: str, value: Value) -> bool:
        if value is None or (_PLACE if name == "project" else name) in self._allowed:
            return True
        return _parts(value) <= self._told.get(name, frozenset())


def _told(message: TwinMessage) -> dict[str, frozenset[str]]:
    """By field: digests of the value, or of its elements."""
    replica = message.replica
    told = {name: _parts(value) for name, value in replica.fields.items()}
    bodies = [_parts(comment.body) for comment in replica.comments]
    return told | {"comments": frozenset[str]().union(*bodies)}


def _parts(value: Value) -> frozenset[str]:
    elements = value if isinstance(value, tuple) else (value,)
    return frozenset(e.sha256 if isinstance(e, Digest) else digest(e) for e in elements)
