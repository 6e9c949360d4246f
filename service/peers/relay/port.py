"""What a relay needs of the store."""

from collections.abc import AsyncIterator
from typing import Literal, Protocol

import msgspec

from schemas.errors import InputError
from schemas.peer import NodeCard
from schemas.relay import Slot
from schemas.values import Millis

Side = Literal["inviter", "joiner"]

MAX_JOIN_TRIES = 5


def other(side: Side) -> Side:
    return "joiner" if side == "inviter" else "inviter"


class OpenPass(msgspec.Struct, frozen=True):
    """A pass that a caller has named; its secret is still to be compared."""

    id: str
    secret: bytes
    """Hash of it."""
    expires: Millis
    revoked: bool


class Channel(msgspec.Struct, frozen=True):
    id: str
    inviter: NodeCard
    joiner: NodeCard | None
    join: bytes
    """Hash of the key by which the other side joins."""
    tries: int
    revoked: bool
    """Its pass was."""

    def card(self, side: Side) -> NodeCard | None:
        return self.inviter if side == "inviter" else self.joiner


class Lying(msgspec.Struct, frozen=True):
    """What lies at the relay for one side of a channel."""

    number: int
    """Of the envelope in the other side's slot; 0 when there is none."""
    envelope: bytes
    """b'' when the asking side has it."""
    blobs: tuple[str, ...]
    """Whole ones of the other side."""
    placed: tuple[str, ...]
    """Whole ones of the asking side."""


class BlobHead(msgspec.Struct, frozen=True):
    upload: str
    head: str


class QuotaFull(InputError):
    def __init__(self) -> None:
        super().__init__(
            "The relay holds as much for this pass as it may.",
            status=507,
            remedy="Let the other side come and fetch, or ask the relay's administrator for more.",
        )


class RelayStore(Protocol):
    """`QuotaFull` is raised by everything that would make a pass hold more than its quota."""

    async def find_pass(self, id: str) -> OpenPass | None: ...

    async def open(self, channel: Channel, of_pass: str, now: Millis) -> bool:
        """False when the pass has as many channels as it may have. The same side may repeat it."""
        ...

    async def channel(self, id: str) -> Channel | None: ...

    async def join(self, id: str, card: NodeCard, key: bytes, now: Millis) -> bool:
        """With the right key (its hash), once. False for a wrong one, which counts as a try."""
        ...

    async def leave(self, id: str) -> None:
        """The channel and all that lies in it are removed."""
        ...

    async def put(self, channel: str, side: Side, slot: Slot, envelope: bytes, now: Millis) -> int:
        """Replaces what lay there; answers its number."""
        ...

    async def lying(self, channel: str, side: Side, slot: Slot, have: int) -> Lying: ...

    async def begin_blob(
        self, channel: str, side: Side, blob: str, head: str, now: Millis
    ) -> str | None:
        """The id of the upload; replaces an older one of the same name. None: too many lie here."""
        ...

    async def add_chunk(self, upload: str, number: int, content: bytes) -> bool:
        """False when the upload was replaced or swept away meanwhile."""
        ...

    async def end_blob(self, upload: str) -> bool: ...

    async def drop_blob(self, channel: str, side: Side, blob: str) -> None:
        """`side` is the one that put it."""
        ...

    async def drop_upload(self, upload: str) -> None: ...

    async def find_blob(self, channel: str, side: Side, blob: str) -> BlobHead | None: ...

    def chunks(self, upload: str) -> AsyncIterator[bytes]: ...
