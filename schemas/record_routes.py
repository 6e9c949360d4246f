"""Routes about what is on record: decided conflicts, and what left for the other side."""

from typing import Any

from schemas.api import Page
from schemas.conflict_api import ConflictQuery, ConflictShown
from schemas.disclosure_api import Disclosure, DisclosureQuery, LedgerQuery
from schemas.routing import Route, act, listed, read

CONFLICTS = listed(
    "conflicts", "/conflicts", "Decided conflicts, newest first", ConflictQuery, Page[ConflictShown]
)
CONFLICT = read(
    "conflict", "/conflicts/{connection}/{conflict}", "Show a decided conflict", ConflictShown
)
CONFLICT_RESTORE = act(
    "conflict_restore",
    "/conflicts/{connection}/{conflict}/restore",
    "Put the losing value back, as a person's edit that travels like any other",
    ConflictShown,
    role="operator",
)

DISCLOSURES = listed(
    "disclosures",
    "/connections/{connection}/disclosures",
    "What ever left for the other side, the newest first",
    DisclosureQuery,
    Page[Disclosure],
)

LEDGER = listed(
    "ledger",
    "/disclosures",
    "What ever left for a partner, over all connections, the newest first",
    LedgerQuery,
    Page[Disclosure],
)

RECORD_ROUTES: tuple[Route[Any, Any, Any], ...] = (
    CONFLICTS,
    CONFLICT,
    CONFLICT_RESTORE,
    DISCLOSURES,
    LEDGER,
)
