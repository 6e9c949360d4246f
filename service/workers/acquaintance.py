"""Ties what peers tell of themselves (keys, addresses, pasts) to the store and the roster."""

from collections.abc import Callable

import msgspec
import sqlalchemy as sa
import structlog

from schemas.errors import InputError, PeerError
from schemas.node import Peer, PublicPeer
from schemas.peer import Card, Exchange, Verdict
from schemas.values import Millis
from service.peers.cards import own_card, read_card
from service.peers.identity import NodeIdentity
from service.peers.lineage import PROBATION, Said, judge
from service.store import peers
from service.store.store import Store
from service.workers import notices, resync
from service.workers.keys import KeyDesk
from service.workers.roster import Roster, touch
from service.workers.runs import Runs

log = structlog.get_logger()

FORK_REASON = (
    "Two copies of this node are running, and the peer listens to neither."
    " Stop the copy, then on the real node: tidegate node claim"
)
KEYS_REASON = "Keys revoked: nothing is taken or sent any more. Next: tidegate peer renew PEER"


class Acquaintances:
    def __init__(
        self,
        store: Store,
        roster: Roster,
        identity: NodeIdentity,
        keys: KeyDesk,
        runs: Runs,
        *,
        now: Callable[[], Millis],
        new_id: Callable[[], str],
        check_url: Callable[[str], str],
        probation: Millis = PROBATION,
    ) -> None:
        self._store, self._roster = store, roster
        self._identity, self._keys, self._runs = identity, keys, runs
        self._now, self._new_id, self._check_url = now, new_id, check_url
        self._probation = probation
        self._card: tuple[int, Card] | None = None

    def latest(self, peer: Peer) -> Peer:
        return self._roster.peers.get(peer.id, peer)

    def introduce(self, peer: Peer, said: Exchange) -> Exchange:
        return msgspec.structs.replace(
            said,
            card=self._own_card() if peer.knows < self._identity.serial else None,
            card_known=peer.serial,
            run=self._runs.current,
            runs=self._runs.lately if peer.heard_run != self._runs.current else (),
            run_known=peer.lineage.run,
            claim=self._runs.claim,
        )

    def _own_card(self) -> Card:
        if self._card is None or self._card[0] != self._identity.serial:
            self._card = (self._identity.serial, own_card(self._identity))
        return self._card[1]

    async def hear(self, peer: Peer, heard: Exchange) -> Verdict:
        peer = self.latest(peer)
        if _nothing_new(peer, heard):
            return ""
        if heard.card_known > self._identity.serial:
            await self._keys.rise_above(heard.card_known)
        fresh = self._checked_card(peer, heard)
        itself_lost = await self._lost(peer, heard)
        verdict = await self._store.write(lambda c: self._learn(c, peer, heard, fresh, itself_lost))
        await self._roster.reload()
        return verdict

    def _checked_card(self, peer: Peer, heard: Exchange) -> "_Fresh | None":
        """Raises `InputError`: a card that its node did not sign spoils the whole exchange."""
        if heard.card is None:
            return None
        try:
            content = read_card(peer, heard.card)
        except PeerError as error:
            raise InputError(error.message, remedy=error.remedy) from error
        if content is None:
            return None
        url, refused = "", ""
        if content.url:
            try:
                url = self._check_url(content.url)
            except InputError:
                refused = content.url
        return _Fresh(content.serial, content.identity_key, content.message_key, url, refused)

    async def _lost(self, peer: Peer, heard: Exchange) -> bool:
        """The peer has heard a run of ours that this database does not know."""
        run = heard.run_known
        if not run or run in (peer.heard_run, peer.lost_run) or await self._runs.known(run):
            return False
        log.warning("node.past_unknown", peer=peer.id, run=run)
        return True

    def _learn(
        self,
        c: sa.Connection,
        peer: Peer,
        heard: Exchange,
        fresh: "_Fresh | None",
        itself_lost: bool,
    ) -> Verdict:
        now = self._now()
        events: list[str] = []
        verdicts: list[Verdict] = []

        def changed(before: Peer) -> Peer:
            begins = before.epoch not in ("", heard.epoch)
            said = Said(heard.run, heard.runs, heard.claim, begins)
            lineage, verdict = judge(before.lineage, said, now, self._probation)
            if not verdict and begins and not resync.may_begin(before, now):
                verdict = "wait"
            verdicts.append(verdict)
            # Also when nothing is taken: a restored peer must be able to read the verdict.
            knows = min(_known_card(before, heard), self._identity.serial)
            after = msgspec.structs.replace(before, lineage=lineage, knows=knows)
            if verdict:
                return after
            after = msgspec.structs.replace(after, epoch=heard.epoch)
            if heard.card is None and not fresh:
                # It gives its card until it knows that we have it: the old identity is over.
                after = msgspec.structs.replace(after, former_key=b"")
            if not itself_lost:
                after = msgspec.structs.replace(after, heard_run=heard.run_known)
            if begins:
                events.append("peer.restored")
                after = msgspec.structs.replace(after, floor=now)
            if heard.verdict == "restored" and resync.may_begin(before, now):
                events.append("node.restored")
                after = msgspec.structs.replace(
                    after, floor=now, forgot=now, lost_run=heard.run_known
                )
            return _with_card(after, fresh, events) if fresh else after

        after = peers.change(c, peer.id, changed)
        self._follow(c, after, events, now)
        if heard.verdict == "fork":
            halt(c, peer.id, FORK_REASON, now)
        if after != peer or events or heard.verdict:
            touch(c)
        verdict = verdicts[-1]
        # Until it is known which of the two is real, neither side takes anything.
        unresolved = itself_lost and "node.restored" not in events
        return verdict or ("wait" if unresolved else "")

    def _follow(self, c: sa.Connection, peer: Peer, events: list[str], now: Millis) -> None:
        for event in events:
            if event == "node.restored":
                resync.begin_epoch(c, peer.id, self._new_id(), now)
            else:
                log.info(event, peer=peer.id, serial=peer.serial)
                resync.note(c, event, peer.id, now, serial=peer.serial)
            if event == "peer.restored":
                resync.wake_connections(c, peer.id, now)


class _Fresh(msgspec.Struct, frozen=True):
    """A newer card, checked."""

    serial: int
    identity_key: bytes
    message_key: bytes
    url: str
    refused_url: str


def _with_card(peer: Peer, fresh: _Fresh, events: list[str]) -> Peer:
    if fresh.serial <= peer.serial:
        return peer
    former = peer.former_key
    if fresh.identity_key != peer.identity_key:
        former = peer.identity_key
        events.append("peer.identity_changed")
    if fresh.message_key != peer.message_key:
        events.append("peer.key_changed")
    peer = msgspec.structs.replace(
        peer,
        identity_key=fresh.identity_key,
        message_key=fresh.message_key,
        former_key=former,
        serial=fresh.serial,
        refused_url=fresh.refused_url,
    )
    if fresh.refused_url:
        events.append("peer.url_refused")
    elif isinstance(peer, PublicPeer) and fresh.url and fresh.url != peer.url:
        events.append("peer.moved")
        return msgspec.structs.replace(peer, url=fresh.url)
    return peer


def _known_card(peer: Peer, heard: Exchange) -> int:
    """Serial of our card that the peer has by what it says. A restored one has an older one, and
    knows this node by the identity in that."""
    return heard.card_known or peer.met or peer.knows


def _nothing_new(peer: Peer, heard: Exchange) -> bool:
    lineage = peer.lineage
    return (
        heard.card is None
        and not peer.former_key
        and _known_card(peer, heard) == peer.knows
        and heard.epoch == peer.epoch
        and (heard.run == lineage.run or heard.run in lineage.runs)
        and heard.run_known == peer.heard_run
        and heard.claim <= lineage.claim
        and not (heard.verdict or lineage.suspect or lineage.forked)
        and heard.run not in lineage.banned
    )


def halt(c: sa.Connection, peer: str, reason: str, now: Millis) -> None:
    """Its connections stop, and workers leave their twins alone, until `lift`."""
    for record in resync.of_peer(c, peer):
        notices.set_broken(c, record.id, reason, now)


def lift(c: sa.Connection, peer: str, reason: str, now: Millis) -> None:
    """The connections that stopped for this reason go on."""
    for record in resync.of_peer(c, peer):
        if record.standing.broken == reason:
            notices.set_broken(c, record.id, "", now)
