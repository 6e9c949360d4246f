"""Bodies that list which issues are paired, and pair them again."""

from typing import Annotated, Literal

import msgspec

from schemas.api import IssueKey, PageSize


class PairsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    after: Annotated[str, msgspec.Meta(max_length=255)] = ""
    """The last twin of the page before."""
    page_size: PageSize = 500


class PairView(msgspec.Struct, frozen=True):
    local_key: str
    local_id: str
    local_url: str
    remote_key: str
    remote_id: str
    remote_url: str
    twin: str


class Pairs(msgspec.Struct, frozen=True):
    results: tuple[PairView, ...]
    next: str
    """For `after`; '' when there are no more."""


class PairClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    local_id: IssueKey
    remote_id: IssueKey


class PairAgainBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pairs: Annotated[tuple[PairClaim, ...], msgspec.Meta(max_length=200)]
    dry_run: bool = False


PairOutcome = Literal["paired", "already", "unknown_issue", "not_allowed"]


class PairedAgain(msgspec.Struct, frozen=True):
    local_id: str
    remote_id: str
    outcome: PairOutcome
    detail: str = ""


class PairAgainReport(msgspec.Struct, frozen=True):
    rows: tuple[PairedAgain, ...]
