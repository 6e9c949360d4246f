"""Bodies of invitations under /api/v2."""

from typing import Annotated, Literal

import msgspec

from schemas.values import Millis

InvitationStatus = Literal["open", "used", "expired", "revoked", "locked"]


class InvitationView(msgspec.Struct, frozen=True):
    """An invitation of this node, or one that it accepted and about which the inviter asks."""

    id: str
    connection: str
    role: Literal["inviter", "joiner"]
    status: InvitationStatus
    created: Millis
    expires: Millis
    tries: int
    """How often somebody tried it with a wrong secret; five lock it."""
    remedy: str = ""


class InvitationReissue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    valid_hours: Annotated[int, msgspec.Meta(ge=1, le=720)] = 24
    relay: Annotated[str, msgspec.Meta(max_length=4_000)] = ""
    """A relay's pass, where both sides are private: the new code is for a new channel."""
