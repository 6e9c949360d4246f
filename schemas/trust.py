"""Bodies of the management API about peers and keys."""

import msgspec

from schemas.api import InvitationCode, Url
from schemas.values import Millis


class PeerView(msgspec.Struct, frozen=True, omit_defaults=True):
    """Another node, as this one knows it."""

    id: str
    """The identity under which it was first met."""
    name: str
    identity: str
    """The one that it has now."""
    kind: str
    """`public` or `private`."""
    url: str = ""
    refused_url: str = ""
    """It says that it moved there, where this node may not go."""
    state: str = "trusted"
    """`trusted`, `revoked`, `doubted` (it may be restored or a copy) or `forked`."""
    remedy: str = ""
    card_serial: int = 0
    knows_our_keys: bool = True
    last_contact: Millis | None = None
    away_since: Millis | None = None
    cause: str = ""
    clock_ahead: int | None = None
    """Seconds by which its clock was ahead of ours when last measured; below 0: behind."""
    connections: tuple[str, ...] = ()


class PeerRenew(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    code: InvitationCode | None = None
    """The code that the other side made; without it one is made here."""


class PeerRenewal(msgspec.Struct, frozen=True, omit_defaults=True):
    peer: PeerView
    code: str = ""
    expires: Millis | None = None
    check: str = ""
    """To be compared by both administrators once the code was used."""


class PeerUrl(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    url: Url


class KeysView(msgspec.Struct, frozen=True):
    identity: str
    serial: int
    """Of the card by which peers learn of the keys."""
    message_keys: int
    """Kept, the newest included."""
    message_key_made: Millis
    """0: not known."""
    earlier_identities: tuple[str, ...]
    told: tuple[str, ...]
    """Peers that have the present card."""
    waiting: tuple[str, ...]
    """Peers that do not have it yet."""
    claim: int = 0
