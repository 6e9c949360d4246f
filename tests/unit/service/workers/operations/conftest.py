"""Two nodes with their management operations, and a wire between them in place of HTTP."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.offer import Adapter
from schemas.connection_api import ConnectionInitiate, SettingsBody
from schemas.errors import InputError, PeerError, PeerUnavailable
from schemas.node import Connector
from schemas.peer import Exchange
from schemas.rule_life import RulesPut
from service.codec import MarkdownCodec
from service.config.model import Alm
from service.peers.contact import Contacts
from service.peers.feed import Feed
from service.peers.identity import NodeIdentity
from service.peers.pairing import PairingDesk
from service.rules.monty_engine import MontyEngine, open_engine
from service.store import connectors
from service.store.store import open_store
from service.store.tasks import TaskRow
from service.store.vault import Vault
from service.workers.alm import office as alm_office
from service.workers.broadcast import Broadcast
from service.workers.bulk import Bulk
from service.workers.feed_store import FeedDesk
from service.workers.keys import KeyDesk
from service.workers.operations.alm import AlmOperations
from service.workers.operations.desk import Desk
from service.workers.operations.node import NodeOperations
from service.workers.operations.pairing import InvitationDesk, Pairing
from service.workers.operations.records import AuditDesk
from service.workers.operations.relay import RelayOperations
from service.workers.operations.relay_pairing import RelayedPairing
from service.workers.operations.tokens import TokenDesk
from service.workers.runs import Runs
from tests.simulation.model_tracker import CAPABILITIES
from tests.unit.service.workers.workshop import Workshop

OUT = """def outgoing(issue: Issue, context: Context) -> Replica | None:
    return Replica(summary=issue.summary, status=issue.status, comments=issue.comments)
"""
IN = """def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    return Wanted(summary=replica.summary, status=replica.status, comments=replica.comments)
"""


class Wire:
    """Stands for the courier: reaches the nodes that have a URL, and no other."""

    def __init__(self) -> None:
        self.reachable: dict[str, PairingDesk] = {}

    def _at(self, url: str) -> PairingDesk:
        if url not in self.reachable:
            raise PeerUnavailable(f"{url} does not answer.")
        return self.reachable[url]

    async def node_card(self, url: str) -> Any:
        if url == "https://tracker.example":
            raise PeerError("The peer's answer is malformed.")
        return self._at(url).card()

    async def pair(self, url: str, request: Any) -> Any:
        try:
            return await self._at(url).answer(request)
        except InputError as error:
            raise PeerError(error.message, remedy=error.remedy) from error


class Office:
    """One node. Its connector is `tracker`."""

    def __init__(self, shop: Workshop, wire: Wire, engine: MontyEngine, fill: bytes, url: str):
        self.shop = shop
        self.identity = NodeIdentity.generate(lambda size: fill * size)
        self.contacts = Contacts(now=shop.now)
        self.invitations = InvitationDesk(
            shop.store, self._changed, manifest=shop.roster.manifest, now=shop.now
        )
        self.keys = KeyDesk(
            shop.store,
            self.identity,
            now=shop.now,
            random_bytes=os.urandom,
            told=lambda: None,
        )
        self.runs = Runs(shop.store, now=shop.now, new_id=shop.new_id)
        self.dry_runs = shop.dry_runs(self.identity)
        desk = Desk(
            store=shop.store,
            roster=shop.roster,
            engine=engine,
            worker=shop.worker,
            courier=wire,
            identity=self.identity,
            node_name=fill.decode(),
            public_url=url,
            publish=shop.publish,
            rearrange=self._rearrange,
            open_session=lambda name: aiohttp.ClientSession(),
            now=shop.now,
            new_id=lambda: f"{fill.decode()}-{shop.new_id()}",
            random_bytes=lambda size: (fill + shop.new_id().encode() * size)[:size],
            check_url=lambda given: given,
            ring_peer=shop.peers.append,
            contacts=self.contacts,
            keys=self.keys,
            runs=self.runs,
            known=shop.known,
            dry_runs=self.dry_runs,
        )
        self.desk = desk
        self.feed = Feed(
            self.identity,
            FeedDesk(
                shop.store,
                shop.roster,
                self.identity,
                shop.publish,
                dry_runs=self.dry_runs,
                changed=self._changed,
                now=shop.now,
                new_id=shop.new_id,
            ),
        )
        self.pairing = Pairing(desk)
        answerer = PairingDesk(
            self.identity,
            name=fill.decode(),
            url=url,
            invitations=self.invitations,
            now=shop.now,
            check_url=lambda given: given,
        )
        self.relayed = RelayedPairing(desk, self.pairing, answerer)
        relay = RelayOperations(
            shop.store, self.identity, url, now=shop.now, random_bytes=desk.random_bytes
        )
        self.told: list[TaskRow] = []
        self.bulk = Bulk(shop.store, owner="daemon", now=shop.now, tell=self.told.append)
        self.tokens = TokenDesk(
            shop.store,
            admin_token="from the file",
            now=shop.now,
            new_id=shop.new_id,
            random_bytes=os.urandom,
        )
        self.broadcast = Broadcast(shop.store, desk.name_of)
        self.operations = NodeOperations(
            desk,
            self.pairing,
            self.relayed,
            relay,
            self.tokens,
            AuditDesk(shop.store, now=shop.now),
            self.bulk,
            self.broadcast,
            version="0",
            alm=AlmOperations(alm_office.Office(desk, Alm(), "", "daemon"), lambda: None),
        )
        if url:
            wire.reachable[url] = answerer

    async def _changed(self) -> None:
        await self.shop.roster.reload()

    async def _rearrange(self) -> None:
        return None

    async def says_to(self, other: "Office") -> Exchange:
        """One exchange, as a courier would carry it: the request, and what the answer does."""
        here = self.shop.roster.peers[other.identity.id]
        there = other.shop.roster.peers[self.identity.id]
        outgoing = await self.feed.pending(here)
        said = self.feed.compose(here, outgoing.position, outgoing)
        await other.feed.absorb(there, said)
        waiting = await other.feed.pending(there)
        answer = other.feed.compose(there, waiting.position, waiting)
        await self.feed.absorb(here, answer)
        return answer

    def other_end(self, name: str) -> str:
        """Of a local connection."""
        counterpart = self.shop.roster.connection_named(name).record.counterpart
        return self.shop.roster.connections[counterpart].record.name

    async def standing(self, name: str) -> tuple[str, str]:
        view = await self.operations.connection(name)
        return view.status, view.reason


@pytest.fixture
async def engine() -> AsyncIterator[MontyEngine]:
    async with open_engine(MarkdownCodec(), workers=1) as opened:
        yield opened


@pytest.fixture
async def offices(
    tmp_path: Path, engine: MontyEngine, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Office, Office]]:
    """A public node with Jira, and a private one with Azure DevOps."""
    monkeypatch.setattr("service.workers.systems.system", lambda name: _SYSTEMS[0])
    wire = Wire()
    async with AsyncExitStack() as stack:
        made = []
        for fill, url, system in (
            (b"p", "https://public.example", "jira"),
            (b"q", "", "azure_devops"),
        ):
            path = f"sqlite:///{tmp_path}/{system}.sqlite"
            store = await stack.enter_async_context(open_store(path, vault=Vault([b"k" * 32])))
            shop = Workshop(store)
            _SYSTEMS[:] = [Adapter(CAPABILITIES, shop.open_tracker)]
            record = Connector(f"tracker-{system}", "tracker", system, {}, shop.at)
            await store.write(lambda c, s=store, r=record: connectors.add(c, s.vault, r))
            await shop.roster.reload()
            stack.push_async_callback(shop.roster.close)
            made.append(Office(shop, wire, engine, fill, url))
        yield made[0], made[1]


_SYSTEMS: list[Adapter] = []


@pytest.fixture
async def local_office(
    offices: tuple[Office, Office], engine: MontyEngine, monkeypatch: pytest.MonkeyPatch
) -> Office:
    """Whose worker runs real rules; the other end of `here` is in the tracker `other`."""
    shop = offices[0].shop
    adapter = Adapter(CAPABILITIES, shop.open_tracker)
    monkeypatch.setattr("service.workers.systems.system", lambda name: adapter)
    record = Connector("other", "other", "jira", {}, shop.at)
    await shop.store.write(lambda c: connectors.add(c, shop.store.vault, record))
    await shop.roster.reload()
    shop.engine = engine
    shop.worker = shop.make_worker("scripted")
    made = Office(shop, Wire(), engine, b"s", "")
    settings = SettingsBody(project="P", record_hours=24)
    await made.operations.initiate(
        ConnectionInitiate(
            name="here",
            connector="tracker",
            local_side="left",
            remote_side="right",
            mode="script",
            remote_connector="other",
            settings=settings,
            remote_settings=SettingsBody(project="P"),
        )
    )
    for name in ("here", made.other_end("here")):
        saved = await made.operations.save_rules(name, RulesPut(OUT, IN), "ann")
        assert saved.findings == ()
    return made
