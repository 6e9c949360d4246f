"""Bodies of the ledger of what left, under /api/v2."""

import msgspec

from schemas.api import Filter, LongQuery
from schemas.values import Millis


class DisclosureQuery(LongQuery, frozen=True, forbid_unknown_fields=True):
    twin: Filter = ""


class LedgerQuery(DisclosureQuery, frozen=True, forbid_unknown_fields=True):
    partner: Filter = ""
    """The other node's name or id; '' for all."""


class Disclosure(msgspec.Struct, frozen=True):
    """One value that left for the other side."""

    at: Millis
    twin: str
    version: int
    """Of the message that carried it; 0 for an answer to a dry run."""
    field: str
    """A field's name, `comment:ID` or `attachment:ID`; `dry_run:` and a field's name, or `comment`,
    for what an answer to the other side's dry run showed."""
    digest: str
    """SHA-256 of the value as it left, in canonical JSON; of an attachment, of its description."""
    masked: bool = False
    """It left with a mask in the place of what must never leave."""
    connection: str = ""
    """Its name, or the id of one that is gone."""
    partner: str = ""
    """The other node's name, or its id when it is unknown by now; '' for a tracker of this node."""
