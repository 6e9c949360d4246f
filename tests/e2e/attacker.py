"""A node that is really paired, holds a genuine key and keeps to no rule; and its neighbour, paired
with the same node, whose business it is after."""

import os
import secrets
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, Self

import aiohttp
import msgspec

from schemas.invitation import Invitation
from schemas.node import Peer
from schemas.peer import EXCHANGE_PATH, Exchange, FeedItem, Party, Terms
from schemas.replica import Replica, TwinMessage
from service.peers import signing
from service.peers.courier import Courier, open_session
from service.peers.feed import seal_message
from service.peers.guard import AddressPolicy
from service.peers.identity import NodeIdentity
from service.peers.invitation import from_code
from service.peers.pairing import pair
from service.peers.signing import Bound, content_digest
from service.quickstart.admin import Admin
from tests.e2e.door import HOST, Door, now, open_door

encode = msgspec.msgpack.Encoder().encode
OWN_REQUEST, NEIGHBOURS_REQUEST = "request-to-the-attacker", "request-to-the-neighbour"
"""Attachments that the attacked node waits for."""


class Sent(msgspec.Struct, frozen=True):
    """A request, and the statuses that may answer it."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    expected: tuple[int, ...]
    method: str = "POST"
    chunked: bool = False

    @classmethod
    def exchange(cls, headers: Mapping[str, str], body: bytes, *expected: int) -> Self:
        return cls(EXCHANGE_PATH, headers, body, expected)


class Side(msgspec.Struct, frozen=True):
    """One paired node, as the attacked one knows it."""

    identity: NodeIdentity
    node: Peer
    """The attacked one."""
    connection: str
    """The shared id."""

    def message(self, twin: str, summary: str = "Seen") -> bytes:
        """Sealed to the attacked node as it should be."""
        said = TwinMessage(twin, "1", 1, 0, Replica({"summary": summary}))
        return seal_message(self.identity, self.node, self.connection, said)


class Attacker(msgspec.Struct, frozen=True):
    door: Door
    own: Side
    neighbour: Side
    session: aiohttp.ClientSession
    used: str
    """The invitation by which the attacker came, whose secret it knows."""

    @property
    def data(self) -> Path:
        return self.door.folder / "data"

    def signed(
        self,
        body: bytes,
        *,
        path: str = EXCHANGE_PATH,
        method: str = "POST",
        by: NodeIdentity | None = None,
        at: int | None = None,
        bound: Bound | None = None,
        url: str = "",
    ) -> dict[str, str]:
        target = signing.place(url or self.door.url).target(method, path)
        return signing.sign_request(
            by or self.own.identity,
            target,
            bound or content_digest(body),
            now=at or now(),
            nonce=secrets.token_urlsafe(18),
        )

    def saying(self, *items: FeedItem, **said: Any) -> bytes:
        return encode(Exchange(**({"epoch": "attacker", "items": items} | said)))

    async def send(self, sent: Sent) -> tuple[int, Mapping[str, str], bytes]:
        data = _in_chunks(sent.body) if sent.chunked else sent.body
        async with self.session.request(
            sent.method, sent.path, data=data, headers=sent.headers, allow_redirects=False
        ) as answer:
            return answer.status, answer.headers, await answer.read()

    async def exchange(self, body: bytes, side: Side | None = None) -> Exchange:
        """One that is in order: raises when it is refused."""
        by = (side or self.own).identity
        status, _, answer = await self.send(Sent.exchange(self.signed(body, by=by), body, 200))
        assert status == 200, answer
        return msgspec.msgpack.decode(answer, type=Exchange)


async def _in_chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 1 << 16):
        yield body[start : start + (1 << 16)]


@asynccontextmanager
async def open_attack(folder: Path) -> AsyncIterator[Attacker]:
    async with open_door(folder) as door:
        own, used = await _side(door, "attacker")
        neighbour, _ = await _side(door, "neighbour")
        timeout = aiohttp.ClientTimeout(total=60)
        async with aiohttp.ClientSession(door.url, timeout=timeout, auto_decompress=False) as http:
            attacker = Attacker(door, own, neighbour, http, used)
            for side in (own, neighbour):
                item = FeedItem(1, side.connection, "twin-1", side.message("twin-1"))
                await attacker.exchange(attacker.saying(item), side)
            _plant_request(attacker, OWN_REQUEST, own)
            _plant_request(attacker, NEIGHBOURS_REQUEST, neighbour)
            yield attacker


async def _side(door: Door, name: str) -> tuple[Side, str]:
    """Its connection is paused: then nothing happens in the store but what a peer causes."""
    invitation = await invite(door.admin, name)
    identity = NodeIdentity.generate(os.urandom)
    paired = await join(door.url, identity, invitation)
    await door.admin.ask("POST", f"/api/v2/connections/{name}/pause", {})
    return Side(identity, paired.peer, paired.terms.shared), invitation.id


async def join(url: str, identity: NodeIdentity, invitation: Invitation) -> Any:
    party = Party("a peer", identity.identity_key, identity.message_key, Terms(trusted=True))
    async with open_session(AddressPolicy.of((f"{HOST}/32",))) as session:
        courier = Courier(session, identity, now=now, random_bytes=os.urandom)
        return await pair(
            courier, identity, invitation, role="joiner", party=party, url=url, now=now
        )


async def invite(admin: Admin, name: str) -> Invitation:
    body = {
        "name": name,
        "connector": "jira",
        "local_side": "door",
        "remote_side": name,
        "settings": {"project": "DOOR", "issue_type": "Task"},
        "check": False,
        "trusted": True,
    }
    return from_code((await admin.ask("POST", "/api/v2/connections", body))["invitation"])


def _plant_request(attacker: Attacker, id: str, side: Side) -> None:
    row = {
        "id": id,
        "peer": side.identity.id,
        "connection": own_id(attacker, side),
        "twin": "twin-1",
        "attachment": "a1",
        "filename": "plan.pdf",
        "size": 100,
        "state": "wanted",
        "path": "",
        "sha256": "",
        "reason": "",
        "created": now(),
    }
    places = ", ".join(f":{name}" for name in row)
    with closing(sqlite3.connect(attacker.data / "tidegate.db")) as c:
        c.execute(f"INSERT INTO attachment_requests ({', '.join(row)}) VALUES ({places})", row)
        c.commit()


def own_id(attacker: Attacker, side: Side) -> str:
    """Of the connection, as the attacked node numbers its own."""
    with closing(sqlite3.connect(attacker.data / "tidegate.db")) as c:
        query = "SELECT id FROM connections WHERE shared = ?"
        return str(c.execute(query, (side.connection,)).fetchone()[0])
