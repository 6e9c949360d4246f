"""What the bodies of the management API share. Requests refuse keys that they do not know."""

from typing import Annotated, Any, Generic, TypeVar

import msgspec

Item = TypeVar("Item")

# Not before a final line break either, which `$` alone would let pass.
_WORD = r"^[A-Za-z0-9][A-Za-z0-9._-]*(?!\n)$"

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=_WORD)]
"""Names stand in paths and in logs, so they are plain words."""
ConnectionName = Annotated[
    str, msgspec.Meta(max_length=255, pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]*)?(?!\n)$")
]
"""'' has it made: from the short names of the sides, or as the inviting side gave it."""
SideName = Annotated[str, msgspec.Meta(min_length=1, max_length=32, pattern=_WORD)]
Text = Annotated[str, msgspec.Meta(max_length=2_000)]
Filter = Annotated[str, msgspec.Meta(max_length=255)]
"""In a query; short, for a request's first line has a limit."""
IssueKey = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
# Named one by one, for what `\s` takes in differs between dialects.
_NO_SPACE = r"[^\s\x00-\x20\x7f-\xa0\ufeff]"
Url = Annotated[str, msgspec.Meta(max_length=2_000, pattern=rf"^(https?://{_NO_SPACE}+)?(?!\n)$")]
InvitationCode = Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)]
Source = Annotated[str, msgspec.Meta(max_length=1_000_000)]
PageNumber = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
PageSize = Annotated[int, msgspec.Meta(ge=1, le=500)]
Cursor = Annotated[str, msgspec.Meta(max_length=1_000)]


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of every answer that is not a success, but for fields that do not fit."""

    detail: str
    remedy: str = ""
    """What a person should do next."""
    fault: str = ""
    incident: str = ""
    """Finds the log line of an unexpected error."""


FieldErrors = dict[str, list[str] | dict[str, Any]]
"""The body of a 400 about fields: what is wrong with each, by its name and the names inside it."""


class PageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    page: PageNumber = 1
    page_size: PageSize = 50

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.page_size


class LongQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Of a list that grows while it is read."""

    cursor: Cursor = ""
    """Of `next`: goes on after the last row of that page, whatever has come since. `page` is not
    looked at then."""


class Page(msgspec.Struct, Generic[Item], frozen=True):
    """One page of a list."""

    count: int
    """Of all pages; where a cursor was given, as the first page told it."""
    results: tuple[Item, ...]
    next: str | None = None
    """Address of the next page; null on the last one."""
    previous: str | None = None
