"""The invitation, as it stands in the code that one admin hands to the other."""

import msgspec

from schemas.values import Millis


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

    def __repr__(self) -> str:
        return f"Invitation(id={self.id!r}, node={self.node!r}, url={self.url!r})"
