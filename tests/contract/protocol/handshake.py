"""One pairing between the two nodes of the vectors, as the product does it."""

import msgspec

from schemas.invitation import Invitation
from schemas.peer import NodeCard, PairAnswer, PairRequest, Party
from service.peers.invitation import verifier
from service.peers.pairing import PairingDesk, pair
from service.peers.port import OpenInvitation, Paired
from tests.contract.protocol.material import (
    HARBOR,
    HARBOR_URL,
    INVITER_TERMS,
    JOINER_TERMS,
    LAGOON,
    NOW,
    known,
)

INVITATION = Invitation(
    "mfrggzdfmztwq", HARBOR.id, known("invitation", 16), NOW + 86_400_000, HARBOR_URL
)
JOINER = Party("Lagoon", LAGOON.identity_key, LAGOON.message_key, JOINER_TERMS)


class OneInvitation:
    """The inviter's store."""

    def __init__(self) -> None:
        self._open = OpenInvitation(
            INVITATION.id,
            verifier(INVITATION.id, INVITATION.secret),
            "inviter",
            "",
            INVITER_TERMS,
            INVITATION.expires,
            0,
        )
        self.tries = 0
        self.transcript = b""
        self.paired: Paired | None = None

    async def find(self, invitation: str) -> OpenInvitation | None:
        return self._open if invitation == self._open.id else None

    async def count_try(self, invitation: str) -> None:
        self.tries += 1

    async def complete(self, paired: Paired, *, transcript: bytes, answer: bytes, now: int) -> bool:
        self._open = msgspec.structs.replace(self._open, transcript=transcript, answer=answer)
        self.paired, self.transcript = paired, transcript
        return True


class Inviter:
    """Both the inviting node and the joiner's way to it; it keeps what was said."""

    def __init__(self, answer: PairAnswer | None = None) -> None:
        """`answer` is given in place of the inviter's own."""
        self.store = OneInvitation()
        self.desk = PairingDesk(
            HARBOR,
            name="Harbor",
            url=HARBOR_URL,
            invitations=self.store,
            now=lambda: NOW,
            check_url=lambda url: url,
            release="1.0",
        )
        self._given = answer
        self.asked: PairRequest | None = None
        self.answered: PairAnswer | None = None

    async def node_card(self, url: str) -> NodeCard:
        return self.desk.card()

    async def pair(self, url: str, request: PairRequest) -> PairAnswer:
        self.asked = request
        self.answered = self._given or await self.desk.answer(request)
        return self.answered


async def join(inviter: Inviter) -> Paired:
    return await pair(
        inviter, LAGOON, INVITATION, role="joiner", party=JOINER, url=HARBOR_URL, now=lambda: NOW
    )
