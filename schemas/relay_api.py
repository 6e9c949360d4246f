"""Bodies of a relay's passes under /api/v2."""

from typing import Annotated, Literal

import msgspec

from schemas.api import Name
from schemas.values import Millis


class RelayPassAdd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    quota: Annotated[int, msgspec.Meta(ge=1 << 20, le=1 << 50)] = 1 << 30
    """Bytes that may lie here for it."""
    days: Annotated[int, msgspec.Meta(ge=1, le=3_650)] = 30
    """For how long channels may be opened with it; those that it has opened stay."""


class RelayPassView(msgspec.Struct, frozen=True):
    name: str
    status: Literal["active", "expired", "revoked"]
    quota: int
    used: int
    """Bytes that lie here for it now."""
    channels: int
    created: Millis
    expires: Millis
    revoked: Millis | None = None


class RelayPassAdded(msgspec.Struct, frozen=True):
    relay_pass: RelayPassView
    code: str
    """To be given to the node's admin once; it cannot be shown again."""
