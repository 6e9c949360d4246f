"""Peers of another version: what both understand goes on, and an administrator is told the rest."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import schemas.peer
import schemas.relay
import schemas.replica
from adapters.offer import Adapter
from schemas.errors import PeerError
from schemas.peer import MINIMUM, PROTOCOL, UNKNOWN_KIND, FeedItem, Refusal
from service.store import activity
from tests.simulation.model_tracker import CAPABILITIES
from tests.unit.service.workers.company import OPENERS, Company, connect
from tests.unit.service.workers.test_acquaintance import OLD, opened

MESSAGES = [
    found
    for module in (schemas.peer, schemas.relay, schemas.replica)
    for found in vars(module).values()
    if isinstance(found, type)
    and issubclass(found, msgspec.Struct)
    and found.__module__ == module.__name__
]


@pytest.fixture(autouse=True)
def systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "service.workers.systems.system", lambda name: Adapter(CAPABILITIES, OPENERS[name])
    )


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[tuple[Company, Company]]:
    async with (
        opened(tmp_path / "acme", "acme", OLD) as acme,
        opened(tmp_path / "globex", "globex", "") as globex,
    ):
        await connect(acme, globex)
        await globex.ask(acme)
        await globex.ask(acme)
        yield acme, globex


def sample(kind: Any) -> Any:
    """Any value that fits."""
    match kind:
        case msgspec.inspect.StructType():
            needed = {f.name: sample(f.type) for f in kind.fields if f.required}
            return kind.cls(**needed)
        case msgspec.inspect.BytesType():
            return b"k" * (kind.min_length or 4)
        case msgspec.inspect.StrType():
            return "inviter" if kind.pattern is None else "id"
        case msgspec.inspect.IntType() | msgspec.inspect.FloatType():
            return 1
        case msgspec.inspect.BoolType():
            return True
        case msgspec.inspect.LiteralType():
            return kind.values[0]
        case msgspec.inspect.DictType():
            return {}
        case msgspec.inspect.VarTupleType():
            return ()
        case msgspec.inspect.UnionType():
            return sample(kind.types[0])
        case msgspec.inspect.RawType():
            return msgspec.Raw(b"\x80")
        case msgspec.inspect.CustomType() | msgspec.inspect.AnyType():
            return None
    raise AssertionError(f"no sample of {kind}")


@pytest.mark.parametrize("message", MESSAGES, ids=lambda found: found.__name__)
def test_a_field_of_a_newer_version_is_passed_over(message: Any) -> None:
    known = sample(msgspec.inspect.type_info(message))
    plain = msgspec.msgpack.decode(msgspec.msgpack.encode(known))
    newer = [*plain, "new"] if isinstance(plain, list) else plain | {"new_field": {"deep": [1]}}
    # An array may only grow where all that it has now is given.
    if isinstance(plain, list):
        assert len(plain) == len(message.__struct_fields__)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(newer), type=message) == known


async def test_an_unknown_kind_is_refused_by_name_and_its_neighbour_is_taken(
    pair, issue_of
) -> None:
    acme, globex = pair
    await globex.shop.sync("c", issue_of(globex.shop.trackers["k"]))
    said = await globex.say()
    (item,) = said.items
    odd = FeedItem(item.seq + 1, "shared", "t2", item.sealed, "poll")
    answer = await acme.answer(msgspec.structs.replace(said, items=(item, odd)))
    (refusal,) = answer.refused
    assert (refusal.twin, refusal.code) == ("t2", UNKNOWN_KIND)
    assert "'poll'" in refusal.reason
    assert len(await acme.shop.rows()) == 1


async def test_a_kind_that_the_peer_does_not_know_parks_nothing_and_is_noted_once(
    pair, issue_of
) -> None:
    acme, globex = pair
    twin = await globex.shop.sync("c", issue_of(globex.shop.trackers["k"]))
    answer = await acme.answer(await globex.say())
    refusal = Refusal(1, "shared", twin, "I do not know 'poll'.", UNKNOWN_KIND)
    for _ in range(3):
        told = msgspec.structs.replace(answer, refused=(refusal,))
        await globex.feed.absorb(globex.only_peer, told)
    assert await globex.shop.parked() == []
    rows = await globex.shop.store.read(lambda c: activity.page(c))
    assert [row.activity.event for row in rows].count("peer.older") == 1


@pytest.mark.parametrize(
    ("version", "minimum", "remedy"),
    [(MINIMUM - 1, MINIMUM - 1, "the other node"), (PROTOCOL + 1, PROTOCOL + 1, "this node")],
)
async def test_no_version_in_common_says_who_has_to_update(pair, version, minimum, remedy) -> None:
    acme, globex = pair
    answer = await acme.answer(await globex.say())
    odd = msgspec.structs.replace(answer, version=version, minimum=minimum)
    with pytest.raises(PeerError, match=f"protocol {min(version, PROTOCOL)}") as caught:
        await globex.feed.absorb(globex.only_peer, odd)
    assert remedy in caught.value.remedy


async def test_a_newer_version_that_still_speaks_ours_is_understood(pair) -> None:
    acme, globex = pair
    said = msgspec.structs.replace(await globex.say(), version=PROTOCOL + 5, minimum=PROTOCOL)
    assert (await acme.answer(said)).verdict == ""


async def test_a_message_for_one_connection_cannot_be_used_in_another(pair, issue_of) -> None:
    acme, globex = pair
    for at, other in ((acme, globex), (globex, acme)):
        sides = {"local_side": at.name, "remote_side": other.name, "shared": "shared-2"}
        await at.shop.add_connection("c2", "k", peer=at.only_peer.id, **sides)
        await at.shop.roster.reload()
    assert len(globex.shop.roster.peers) == 1
    await globex.shop.sync("c", issue_of(globex.shop.trackers["k"]))
    said = await globex.say()
    (item,) = said.items
    moved = msgspec.structs.replace(item, connection="shared-2")
    answer = await acme.answer(msgspec.structs.replace(said, items=(moved,)))
    assert [r.seq for r in answer.refused] == [item.seq]
    assert await acme.shop.rows() == []
