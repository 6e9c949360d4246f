"""Pairing: two nodes that know one invitation's secret pin each other's keys.

The side with a public URL answers, the other asks; which of them made the invitation decides only
whose terms bind. What either says is sealed, signed, and proven with the secret over a transcript
that names both identities. Both sides derive the same check string from the whole of it.
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import Protocol, TypeVar, get_args

import msgspec
import structlog

from schemas.errors import InputError, PeerError
from schemas.invitation import Invitation
from schemas.node import Mode, Peer, PublicPeer
from schemas.peer import (
    NodeCard,
    PairAnswer,
    PairContent,
    PairRequest,
    Party,
    Role,
    Terms,
    check_version,
)
from schemas.values import Millis
from service.peers.decoding import MALFORMED
from service.peers.identity import NodeIdentity, node_id, signature_holds
from service.peers.invitation import check_not_expired, expired, verifier
from service.peers.port import InvitationStore, OpenInvitation, Paired
from service.peers.sealing import open_raw, seal_raw

log = structlog.get_logger()
T = TypeVar("T")

MAX_TRIES = 5
KEYS = "keys"
"""Type of an invitation that pins the keys of known peers again and makes no connection."""
_REQUEST = "tidegate-pair-1 request"
_ANSWER = "tidegate-pair-1 answer"
_CARD = b"tidegate-card-1"

_encode = msgspec.msgpack.Encoder().encode
_decode_content = msgspec.msgpack.Decoder(PairContent).decode
_decode_party = msgspec.msgpack.Decoder(Party).decode


def node_card(identity: NodeIdentity, release: str = "") -> NodeCard:
    signature = identity.sign(_CARD + identity.message_key)
    return NodeCard(
        identity.identity_key,
        identity.message_key,
        signature,
        release=release,
        modes=get_args(Mode),
    )


def check_card(card: NodeCard, expected: str = "") -> str:
    """The node's id. Raises `PeerError` when it is not the expected one."""
    check_version(card.version, card.minimum)
    found = node_id(card.identity_key)
    if not signature_holds(card.identity_key, card.signature, _CARD + card.message_key):
        raise PeerError("The other node's keys are not signed by its identity.")
    if expected and found != expected:
        raise PeerError(
            "The node at this URL is not the one that the invitation is about.",
            remedy="Ask the other side for its public URL and a new invitation.",
        )
    return found


def check_string(transcript: bytes) -> str:
    """Six groups of four digits, the same on both sides."""
    number = int.from_bytes(hashlib.sha256(b"check" + transcript).digest()[:16], "big")
    digits = f"{number % 10**24:024d}"
    return " ".join(digits[at : at + 4] for at in range(0, 24, 4))


class PairingWay(Protocol):
    """How a pair request gets to the answering node: straight, or through a relay."""

    async def node_card(self, url: str) -> NodeCard: ...

    async def pair(self, url: str, request: PairRequest) -> PairAnswer: ...


async def pair(
    courier: PairingWay,
    identity: NodeIdentity,
    invitation: Invitation,
    *,
    role: Role,
    party: Party,
    url: str,
    now: Callable[[], Millis],
) -> Paired:
    """Asks the node at `url`, '' through a relay. May be repeated with the same `party` when an
    answer was lost.

    An inviter asks until the joiner has entered the code; before that the answer is a `PeerError`.
    """
    check_not_expired(invitation, now())
    card = await courier.node_card(url)
    expected = invitation.node if role == "joiner" else invitation.destination
    responder = check_card(card, expected)
    if responder == identity.id:
        raise _same_node()
    key = verifier(invitation.id, invitation.secret)
    raw = _encode(party)
    asked = _request_transcript(invitation.id, role, raw, responder)
    proof = _proof(key, _REQUEST, asked)
    content = PairContent(role, msgspec.Raw(raw), proof, identity.sign(asked))
    sealed = seal_raw(card.message_key, _encode(content), _info(_REQUEST, invitation.id, responder))
    answer = await courier.pair(url, PairRequest(invitation.id, sealed))
    info = _info(_ANSWER, invitation.id, asked.hex())
    content = _decoded(_decode_content, open_raw(identity, answer.sealed, info))
    other = _decoded(_decode_party, content.party)
    agreed = _answer_transcript(asked, bytes(content.party))
    _check_speaker(content, other, _ANSWER, key, agreed)
    if node_id(other.identity_key) != responder or content.role == role:
        raise PeerError("Another node has answered than the one that was asked.")
    return _paired(invitation.id, role, _peer(other, url), party.terms, other.terms, agreed)


class PairingDesk:
    """The answering side."""

    def __init__(
        self,
        identity: NodeIdentity,
        *,
        name: str,
        url: str,
        invitations: InvitationStore,
        now: Callable[[], Millis],
        check_url: Callable[[str], str],
        release: str = "",
    ) -> None:
        self._release = release
        self._identity = identity
        self._name = name
        self._url = url
        self._invitations = invitations
        self._now = now
        self._check_url = check_url

    def card(self) -> NodeCard:
        return node_card(self._identity, self._release)

    async def answer(self, request: PairRequest) -> PairAnswer:
        """Raises `InputError`; nothing is stored then but the count of wrong tries."""
        check_version(request.version, request.minimum)
        invitation = await self._invitations.find(request.invitation)
        if invitation is None:
            raise _unknown()
        if invitation.tries >= MAX_TRIES:
            raise InputError(
                "The invitation was locked after too many wrong tries.",
                status=410,
                remedy="Ask the other side to issue the invitation again.",
            )
        try:
            asker, asked = self._open(request, invitation)
        except PeerError as error:
            await self._invitations.count_try(invitation.id)
            log.warning("pairing.wrong_try", invitation=invitation.id, cause=error.message)
            raise _unknown() from error
        if hmac.compare_digest(invitation.transcript, asked):
            return PairAnswer(invitation.answer)
        return await self._complete(invitation, asker, asked)

    def _open(self, request: PairRequest, invitation: OpenInvitation) -> tuple[Party, bytes]:
        info = _info(_REQUEST, request.invitation, self._identity.id)
        content = _decoded(_decode_content, open_raw(self._identity, request.sealed, info))
        party = _decoded(_decode_party, content.party)
        asked = _request_transcript(
            request.invitation, content.role, bytes(content.party), self._identity.id
        )
        _check_speaker(content, party, _REQUEST, invitation.verifier, asked)
        if content.role == invitation.role:
            raise PeerError("Both sides claim to have the same part in the invitation.")
        if invitation.expected and node_id(party.identity_key) != invitation.expected:
            raise PeerError("Another node asks than the one that made the invitation.")
        return party, asked

    async def _complete(self, invitation: OpenInvitation, asker: Party, asked: bytes) -> PairAnswer:
        _check_open(invitation, self._now())
        url = self._check_url(asker.url) if asker.url else ""
        if node_id(asker.identity_key) == self._identity.id:
            raise _same_node()
        ours = Party(
            self._name,
            self._identity.identity_key,
            self._identity.message_key,
            invitation.terms,
            self._url,
        )
        raw = _encode(ours)
        agreed = _answer_transcript(asked, raw)
        peer = _peer(asker, url)
        paired = _paired(invitation.id, invitation.role, peer, ours.terms, asker.terms, agreed)
        _check_terms(paired, both_public=bool(url))
        proof = _proof(invitation.verifier, _ANSWER, agreed)
        signature = self._identity.sign(agreed)
        content = PairContent(invitation.role, msgspec.Raw(raw), proof, signature)
        sealed = _sealed_answer(asker, content, invitation.id, asked)
        if not await self._invitations.complete(
            paired, transcript=asked, answer=sealed, now=self._now()
        ):
            return await self._lost_race(invitation.id, asked)
        log.info("pairing.completed", invitation=invitation.id, peer=peer.id)
        return PairAnswer(sealed)

    async def _lost_race(self, invitation_id: str, asked: bytes) -> PairAnswer:
        """The same request may have come twice at a time."""
        invitation = await self._invitations.find(invitation_id)
        if invitation is None:
            raise _unknown()
        if hmac.compare_digest(invitation.transcript, asked):
            return PairAnswer(invitation.answer)
        _check_open(invitation, self._now())
        raise _used()


def _check_open(invitation: OpenInvitation, now: Millis) -> None:
    if invitation.transcript:
        raise _used()
    if invitation.revoked:
        raise InputError(
            "The invitation was revoked.",
            status=410,
            remedy="Ask the other side for a new invitation.",
        )
    if invitation.expires <= now:
        raise expired()


def _check_terms(paired: Paired, *, both_public: bool) -> None:
    inviter, joiner = paired.terms, paired.joiner_terms
    if inviter.type == KEYS and joiner.type != KEYS:
        raise InputError(
            "The code renews the keys of a known peer; it makes no connection.",
            status=409,
            remedy="Use it with: tidegate peer renew PEER --code CODE",
        )
    if joiner.type == KEYS and inviter.type != KEYS:
        raise InputError(
            "The code is an invitation to a new connection; it renews no keys.",
            status=409,
            remedy="Accept it with: tidegate connection accept CODE",
        )
    if joiner.mode and joiner.mode != inviter.mode:
        raise InputError(
            f"The invitation is for the mode {inviter.mode!r}, not {joiner.mode!r}.",
            status=409,
            remedy="Accept it with the inviter's mode, or ask for another invitation.",
        )
    if inviter.type == "public" and not both_public:
        raise InputError(
            "The connection is to be public, but the other node has no public URL.",
            status=409,
            remedy="Let the inviter choose a private connection.",
        )


def _check_speaker(
    content: PairContent, party: Party, label: str, key: bytes, transcript: bytes
) -> None:
    if not hmac.compare_digest(content.proof, _proof(key, label, transcript)):
        raise PeerError("The other node does not know the invitation's secret.")
    if not signature_holds(party.identity_key, content.signature, transcript):
        raise PeerError("The other node does not hold the identity that it presents.")


def _sealed_answer(asker: Party, content: PairContent, invitation: str, asked: bytes) -> bytes:
    try:
        return seal_raw(
            asker.message_key, _encode(content), _info(_ANSWER, invitation, asked.hex())
        )
    except ValueError as error:
        raise InputError("The other node's message key cannot be used.") from error


def _paired(
    invitation: str, role: Role, peer: Peer, ours: Terms, theirs: Terms, agreed: bytes
) -> Paired:
    inviter, joiner = (ours, theirs) if role == "inviter" else (theirs, ours)
    return Paired(invitation, role, peer, inviter, joiner, check_string(agreed))


def _peer(party: Party, url: str) -> Peer:
    """Its epoch is learnt with its first exchange."""
    peer_id = node_id(party.identity_key)
    if url:
        return PublicPeer(peer_id, party.name, party.identity_key, party.message_key, "", url)
    return Peer(peer_id, party.name, party.identity_key, party.message_key, "")


def _request_transcript(invitation: str, role: Role, party: bytes, responder: str) -> bytes:
    said = _encode((_REQUEST, invitation, role, party, responder))
    return hashlib.sha256(said).digest()


def _answer_transcript(asked: bytes, party: bytes) -> bytes:
    return hashlib.sha256(_encode((_ANSWER, asked, party))).digest()


def _proof(key: bytes, label: str, transcript: bytes) -> bytes:
    return hmac.digest(key, label.encode() + transcript, "sha256")


def _info(label: str, invitation: str, bound: str) -> bytes:
    return _encode((label, invitation, bound))


def _decoded(decode: Callable[[bytes | msgspec.Raw], T], raw: bytes | msgspec.Raw) -> T:
    try:
        return decode(raw)
    except MALFORMED as error:
        raise PeerError(f"The pairing message is malformed: {error}") from error


def _unknown() -> InputError:
    return InputError(
        "The invitation is not known here, or not yet accepted.",
        status=404,
        remedy="Check that the code was entered whole, and on the right node.",
    )


def _used() -> InputError:
    return InputError(
        "The invitation was used already.",
        status=409,
        remedy="Ask the other side for a new invitation.",
    )


def _same_node() -> InputError:
    return InputError(
        "The invitation was made by this very node.",
        status=409,
        remedy="Accept it on the other side's node, or make a local connection.",
    )
