"""The invitation, as it stands in the code that one admin hands to the other."""

import msgspec

from schemas.values import Millis


class RelayMeeting(msgspec.Struct, frozen=True):
    """Where the joiner of a private inviter finds it."""

    url: str
    """Of the relay."""
    node: str
    """Node id of the relay."""
    channel: str


class Invitation(msgspec.Struct, frozen=True):
    id: str
    node: str
    """Node id of the inviter, by which its identity key is recognised."""
    secret: bytes
    """128 bits, for one use."""
    expires: Millis
    url: str = ""
    """The inviter's public URL; '' when it is private and will make the requests itself."""
    destination: str = ""
    """Node id of the only node that may accept it; '' when whoever has the code may."""
    relay: RelayMeeting | None = None
    """Given by a private inviter that meets its joiner at a relay."""

    def __repr__(self) -> str:
        return f"Invitation(id={self.id!r}, node={self.node!r}, url={self.url!r})"
