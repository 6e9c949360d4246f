"""Where a page of a long list ended, as an opaque text that the next request brings back."""

import base64
import binascii
from collections.abc import Callable
from typing import Annotated, Generic, TypeVar

import msgspec

from schemas.api import LongQuery, Page
from schemas.errors import FieldsRefused

Key = TypeVar("Key")
Row = TypeVar("Row")
Shown = TypeVar("Shown")
Number = Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)]
# Not every database takes a NUL.
_Word = Annotated[str, msgspec.Meta(max_length=255, pattern=r"^[^\x00]*$")]


class Ended(msgspec.Struct, Generic[Key], frozen=True, array_like=True, forbid_unknown_fields=True):
    key: Key
    """Of the last row that was shown."""
    count: Number
    """What the first page told: to count anew takes longer than to read a page."""


class Cursors(Generic[Key]):
    """Of lists whose rows have keys of one kind."""

    def __init__(self, decode: Callable[[bytes], Ended[Key]]) -> None:
        self._decode = decode

    def page(
        self,
        query: LongQuery,
        *,
        rows: Callable[[Key | None, int, int], list[Row]],
        key: Callable[[Row], Key],
        count: Callable[[], int],
    ) -> Page[Row]:
        """`rows` is told the key that they come after, how many to leave out and how many to take.
        `next` of the page is its cursor."""
        ended = self._read(query.cursor) if query.cursor else None
        found = rows(ended.key, 0, query.page_size + 1) if ended else rows(
            None, query.offset, query.page_size + 1
        )  # fmt: skip
        total = ended.count if ended else count()
        shown = tuple(found[: query.page_size])
        if len(found) == len(shown):
            return Page(total, shown)
        return Page(total, shown, next=_written(Ended(key(shown[-1]), total)))

    def _read(self, cursor: str) -> Ended[Key]:
        try:
            return self._decode(base64.b64decode(cursor.encode(), b"-_", validate=True))
        except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError):
            raise FieldsRefused({"cursor": ["Not one that `next` of a page has told."]}) from None


def shown(page: Page[Row], view: Callable[[Row], Shown]) -> Page[Shown]:
    """The same page, with what is shown of each row."""
    return Page(page.count, tuple(map(view, page.results)), next=page.next)


def _written(ended: Ended[Key]) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(ended)).decode()


BY_NUMBER = Cursors(msgspec.msgpack.Decoder(Ended[Number]).decode)
BY_TWIN = Cursors(msgspec.msgpack.Decoder(Ended[tuple[_Word, _Word]]).decode)
"""By connection and twin."""
