"""Somebody between the two nodes alters what the public one answers: the private one believes none
of it, says so to its admin, and goes on when it is left in peace."""

from collections.abc import AsyncIterator, Callable

import msgspec
import pytest
import pytest_asyncio

from service.peers.signing import content_digest
from tests.e2e.companies import eventually
from tests.e2e.rig import Rig, open_rig
from tests.e2e.traces import digests
from tests.support.ports import free_port
from tests.support.wiretap import Alter, Answer, Wiretap

pytestmark = pytest.mark.asyncio(loop_scope="module")


KEPT = ("twins", "peers", "connections", "outbox", "attachment_requests", "activity")


class Between(msgspec.Struct, frozen=True):
    rig: Rig
    wire: Wiretap
    item: str
    key: str
    earlier: Answer
    """A genuine answer with news, from before."""

    async def shown(self, summary: str) -> bool:
        return (await self.rig.alice.look(self.key)).summary == summary

    def held(self) -> dict[str, str]:
        """What the private node has stored."""
        found = digests(self.rig.data("harbor"), {"peers": ("last_contact",)})
        return {table: found[table] for table in KEPT}

    def complaints(self) -> list[str]:
        """What its log tells about the other node."""
        log = (self.rig.stage.folder / "harbor.log").read_text()
        return [line for line in log.split("\n") if '"peer.away"' in line]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def between(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Between]:
    port = free_port()
    async with (
        Wiretap(port) as wire,
        open_rig(
            tmp_path_factory.mktemp("m"), lagoon_port=port, public_port=wire.port, settle_ms=0
        ) as rig,
    ):
        passed: list[Answer] = []

        async def keep(answer: Answer) -> Answer:
            passed.append(answer)
            return answer

        wire.alter = keep
        item = await rig.bob.create("Before", "")
        keys = await eventually(lambda: _keys(rig), "at Alice's")
        news = next(a for a in passed if msgspec.msgpack.decode(a.body).get("items"))
        wire.alter = None
        yield Between(rig, wire, item, keys[0], news)


async def _keys(rig: Rig) -> list[str] | None:
    return await rig.alice.keys() or None


def _changed(**new: object) -> Alter:
    async def alter(answer: Answer) -> Answer:
        return msgspec.structs.replace(answer, **new)

    return alter


def _without(header: str) -> Alter:
    async def alter(answer: Answer) -> Answer:
        kept = {name: value for name, value in answer.headers.items() if name.lower() != header}
        return msgspec.structs.replace(answer, headers=kept)

    return alter


def _items(change: Callable[[dict[str, object]], object]) -> Alter:
    """Another content, with the digest that fits it: only the signature tells."""

    async def alter(answer: Answer) -> Answer:
        said = msgspec.msgpack.decode(answer.body)
        change(said)
        body = msgspec.msgpack.encode(said)
        headers = answer.headers | {"Content-Digest": content_digest(body).value}
        return msgspec.structs.replace(answer, headers=headers, body=body)

    return alter


TAMPERINGS: dict[str, Callable[[Between], Alter]] = {
    "stripped: the answer's signature": lambda _: _without("signature"),
    "stripped: its parameters": lambda _: _without("signature-input"),
    "forged: an empty body": lambda _: _changed(body=b""),
    "forged: no news": lambda _: _items(lambda said: said.update(items=[])),
    "forged: confirms everything": lambda _: _items(lambda said: said.update(have=1 << 50)),
    "forged: a restored feed": lambda _: _items(lambda said: said.update(epoch="another")),
    "swapped: an earlier answer": lambda between: _swapped(between.earlier),
    "truncated: the body": lambda _: _items(lambda said: said.pop("epoch")),
    "downgraded: a version from the past": lambda _: _items(lambda said: said.update(version=0)),
    "bombed: a compressed answer": lambda _: _compressed,
    "redirected": lambda _: _redirect,
}


def _swapped(earlier: Answer) -> Alter:
    async def alter(answer: Answer) -> Answer:
        return earlier

    return alter


async def _compressed(answer: Answer) -> Answer:
    return msgspec.structs.replace(answer, headers=answer.headers | {"Content-Encoding": "gzip"})


async def _redirect(answer: Answer) -> Answer:
    headers = {"Location": "http://127.0.0.1:1/peer/v1/exchange"}
    return msgspec.structs.replace(answer, status=307, headers=headers, body=b"")


@pytest.mark.parametrize("name", sorted(TAMPERINGS))
async def test_an_altered_answer_is_not_believed(between: Between, name: str) -> None:
    news = f"Written while somebody was between: {name}"
    complaints = len(between.complaints())
    before = await eventually(lambda: _at_rest(between), "at rest")
    between.wire.alter = TAMPERINGS[name](between)
    await between.rig.bob.rename(between.item, news)
    await eventually(lambda: _complained(between, complaints), "it is noticed")
    assert not await between.shown(news)
    assert between.held() == before
    between.wire.alter = None
    await eventually(lambda: between.shown(news), "it goes on")


async def _at_rest(between: Between) -> dict[str, str] | None:
    first = between.held()
    for _ in range(5):
        if await between.rig.alice.keys() and between.held() != first:
            return None
    return first


async def _complained(between: Between, before: int) -> bool:
    return len(between.complaints()) > before
