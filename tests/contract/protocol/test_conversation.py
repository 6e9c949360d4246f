"""The second implementation speaks to the product's endpoints over HTTP, as a private node does."""

import base64
import json
from collections.abc import AsyncIterator
from typing import NamedTuple

import aiohttp
import pytest
from aiohttp import web

from schemas.peer import FeedItem
from tests.contract.protocol import make
from tests.contract.protocol.answerer import WANTED, Memory, endpoints
from tests.contract.protocol.handshake import INVITATION, Inviter
from tests.contract.protocol.material import (
    CONNECTION,
    HARBOR,
    LAGOON,
    NOW,
    TWIN,
    content,
    known,
    private,
)
from tests.contract.protocol.other import hpke, keys, pairing, signatures, streams, wire
from tests.contract.protocol.other.client import Client
from tests.support.ports import free_port

VECTORS = make.recorded()
OURS = pairing.Keys(*(bytes.fromhex(each) for each in VECTORS["private_keys"]["lagoon"].values()))
SAID = {"epoch": "e-lagoon"}


class Line(NamedTuple):
    client: Client
    memory: Memory
    inviter: Inviter


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    url = f"http://127.0.0.1:{free_port()}"
    item = FeedItem(7, CONNECTION, TWIN, bytes.fromhex(VECTORS["sealed"]["twin"]))
    memory, inviter = Memory(item), Inviter()
    app = endpoints(url, private(LAGOON), memory, inviter.desk, lambda: NOW)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", int(url.rpartition(":")[2])).start()
        async with aiohttp.ClientSession() as session:
            client = Client(session, OURS, url, NOW // 1000, HARBOR.identity_key)
            yield Line(client, memory, inviter)
    finally:
        await runner.cleanup()


def message(twin: str = TWIN) -> dict[str, object]:
    """An item of ours, sealed to the product."""
    said = {"twin": twin, "issue": "9", "version": 1, "have": 0, "replica": {"fields": {"n": 1.5}}}
    info = hpke.info_of(LAGOON.id, HARBOR.id, (CONNECTION, twin, "twin", ""))
    sealed = hpke.seal(OURS.identity, HARBOR.message_key, info, wire.pack(said), known("once"))
    return {"seq": 3, "connection": CONNECTION, "twin": twin, "sealed": sealed}


async def test_it_pairs(line: Line) -> None:
    card = keys.check_node_card((await line.client.send("GET", "/peer/v1/node", b"", {})).body)
    key = pairing.verifier(INVITATION.id, INVITATION.secret)
    party = wire.slices(bytes.fromhex(VECTORS["pairing"]["request_content"]))["party"]
    request, asked = pairing.ask(OURS, card, INVITATION.id, key, party, known("once"))
    answer = wire.decode((await line.client.send("POST", "/peer/v1/pair", request, {})).body)
    info = pairing.answer_info(INVITATION.id, asked)
    agreed = pairing.read_answer(hpke.open_raw(OURS.message, answer["sealed"], info), asked, key)
    assert pairing.check_string(agreed.transcript) == VECTORS["pairing"]["check"]


async def test_a_wrong_secret_looks_like_an_unknown_invitation(line: Line) -> None:
    card = keys.check_node_card((await line.client.send("GET", "/peer/v1/node", b"", {})).body)
    party = wire.slices(bytes.fromhex(VECTORS["pairing"]["request_content"]))["party"]
    for id in (INVITATION.id, "anotherone"):
        key = pairing.verifier(id, bytes(16))
        request, _ = pairing.ask(OURS, card, id, key, party, known("once"))
        assert (await line.client.send("POST", "/peer/v1/pair", request, {})).status == 404
    assert line.inviter.store.tries == 1


async def test_both_feeds_in_one_exchange(line: Line) -> None:
    heard = await line.client.exchange({**SAID, "items": [message()], "limit": 100, "wait": 25.0})
    assert (heard["have"], heard["have_epoch"]) == (3, "e-lagoon")
    assert line.memory.taken[0].items[0].message.replica.fields == {"n": 1.5}
    (item,) = heard["items"]
    info = hpke.info_of(HARBOR.id, LAGOON.id, (CONNECTION, item["twin"], "twin", ""))
    payload = hpke.open_sealed(OURS.message, HARBOR.identity_key, info, item["sealed"])
    assert wire.decode(payload)["replica"]["key"] == "HAR-42"
    confirmed = {**SAID, "have": item["seq"], "have_epoch": heard["epoch"], "limit": 100}
    assert "items" not in await line.client.exchange(confirmed)


async def test_items_that_cannot_be_taken_are_refused_one_by_one(line: Line) -> None:
    good, moved, odd = message(), {**message(), "seq": 4, "twin": "elsewhere"}, message()
    items = [good, moved, {**odd, "seq": 5, "kind": "of a newer version"}]
    heard = await line.client.exchange({**SAID, "items": items})
    assert [each["seq"] for each in heard["refused"]] == [4, 5]
    assert "of a newer version" in heard["refused"][1]["reason"]
    assert heard["have"] == 5


async def test_items_out_of_order_spoil_the_exchange(line: Line) -> None:
    items = [message(), message()]
    answer = await line.client.ask("POST", "/peer/v1/exchange", wire.pack({**SAID, "items": items}))
    assert answer.status == 400
    assert not line.memory.taken


@pytest.mark.parametrize("seconds", [-61, 6])
async def test_the_time_is_told_to_who_signs_at_another(line: Line, seconds: int) -> None:
    body = wire.pack(SAID)
    headers = _signed(line, body, NOW // 1000 + seconds)
    answer = await line.client.send("POST", "/peer/v1/exchange", body, headers)
    assert answer.status == 401
    assert json.loads(answer.body)["server_time"] == NOW


async def test_a_request_counts_once_and_for_its_body_only(line: Line) -> None:
    body = wire.pack(SAID)
    headers = _signed(line, body, NOW // 1000)
    sent = [
        await line.client.send("POST", "/peer/v1/exchange", each, headers) for each in (body, body)
    ]
    assert [answer.status for answer in sent] == [200, 401]
    headers = _signed(line, b"another body", NOW // 1000, "another-of-ours-1")
    answer = await line.client.send("POST", "/peer/v1/exchange", body, headers)
    assert (answer.status, "server_time" in json.loads(answer.body)) == (401, False)


def _signed(line: Line, body: bytes, created: int, nonce: str = "0" * 16) -> dict[str, str]:
    bound = ("content-digest", signatures.digest_of(body))
    url = line.client.url + "/peer/v1/exchange"
    return signatures.sign_request(OURS, "POST", url, bound, created, nonce)


async def test_a_content_is_fetched_from_where_it_broke_off(line: Line) -> None:
    wanted = {"request": "q", "connection": CONNECTION, "twin": TWIN, "attachment": "f"}
    body = wire.pack({"wanted": {**wanted, "skip": 5000}})
    answer = await line.client.ask("POST", "/peer/v1/attachments/fetch", body, answers_stream=True)
    info = hpke.info_of(HARBOR.id, LAGOON.id, (CONNECTION, TWIN, "attachment", "f"))
    sealed = base64.b64decode(answer.headers["tidegate-stream"])
    head = hpke.open_sealed(OURS.message, HARBOR.identity_key, info, sealed)
    whole = content(300_000)
    assert streams.opened(head, answer.body, whole[:5000]) == whole


async def test_a_content_that_is_wanted_is_uploaded_from_where_it_broke_off(line: Line) -> None:
    heard = await line.client.exchange({**SAID, "limit": 100})
    path = "/peer/v1/attachments/" + heard["wanted"][0]["request"]
    wanted = wire.decode((await line.client.ask("GET", path, b"")).body)
    assert wanted["skip"] == WANTED.skip
    head = known("content key") + wanted["skip"].to_bytes(8, "big")
    info = hpke.info_of(LAGOON.id, HARBOR.id, (CONNECTION, TWIN, "attachment", "theirs"))
    sealed = hpke.seal(OURS.identity, HARBOR.message_key, info, head, known("once"))
    body = b"".join(streams.frames(head, content(600_000)))
    header = base64.b64encode(sealed).decode()
    assert (await line.client.ask("PUT", path, body, header)).status == 200
    assert line.memory.file == content(600_000)
    assert (await line.client.ask("GET", path, b"")).status == 404
