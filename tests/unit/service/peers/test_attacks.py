"""What a hostile network or peer may try. Each is refused and leaves nothing behind."""

import asyncio
import os
import random
import socket

import aiohttp
import msgspec
import pytest

from schemas.errors import PeerError
from schemas.node import Peer, PublicPeer
from schemas.peer import (
    EXCHANGE_PATH,
    FETCH_PATH,
    MAX_BODY,
    PAIR_PATH,
    AttachmentFetch,
    AttachmentWanted,
    Exchange,
    FeedItem,
)
from service.peers import signing
from service.peers.courier import Courier
from service.peers.feed import seal_message

encode = msgspec.msgpack.encode


@pytest.fixture
async def nodes(world):
    return await world.pair_of(private=True)


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


def headers_for(sender, public, body, *, path=EXCHANGE_PATH, method="POST", now=None, nonce=None):
    return signing.sign_request(
        sender.identity,
        signing.place(public.url).target(method, path),
        signing.content_digest(body),
        now=now or sender.now(),
        nonce=nonce or os.urandom(16).hex(),
    )


def message_body(sender, public, connection="shared-1", twin="twin-1", sealed=None, seq=1):
    if sealed is None:
        sealed = seal_message(
            sender.identity, public.as_peer(), connection, sender.message(twin, "hello")
        )
    items = (FeedItem(seq, connection, twin, sealed),)
    return encode(Exchange(epoch="epoch-other", items=items))


async def post(http, public, body, headers, path=EXCHANGE_PATH):
    async with http.post(public.url + path, data=body, headers=headers) as answer:
        return answer.status, await answer.read()


async def test_a_genuine_request_is_taken(nodes, http):
    public, other = nodes
    body = message_body(other, public)
    status, _ = await post(http, public, body, headers_for(other, public, body))
    assert status == 200
    assert public.summaries() == ["hello"]


async def test_an_unsigned_request_is_refused(nodes, http):
    public, other = nodes
    status, body = await post(http, public, message_body(other, public), {})
    assert status == 401
    assert msgspec.json.decode(body) == {"detail": "Not authorised."}
    assert not public.store.takes


async def test_a_stranger_and_a_forger_cannot_be_told_apart(world, nodes, http):
    public, other = nodes
    stranger = await world.node("stranger", public=False)
    body = message_body(stranger, public)
    first = await post(http, public, body, headers_for(stranger, public, body))
    forged = headers_for(stranger, public, body)
    forged["Signature-Input"] = forged["Signature-Input"].replace(stranger.id, other.id)
    second = await post(http, public, body, forged)
    assert first == second == (401, b'{"detail":"Not authorised."}')
    assert not public.store.takes


async def test_a_replayed_request_is_refused(nodes, http):
    public, other = nodes
    body = message_body(other, public)
    headers = headers_for(other, public, body)
    assert (await post(http, public, body, headers))[0] == 200
    assert (await post(http, public, body, headers))[0] == 401
    assert public.store.takes == 1


async def test_a_request_from_before_a_restart_is_refused(nodes, http):
    public, other = nodes
    body = message_body(other, public)
    early = headers_for(other, public, body, now=other.now() - 20_000)
    assert (await post(http, public, body, early))[0] == 401


@pytest.mark.parametrize("seconds", [-120, 120])
async def test_a_wrong_clock_is_named_with_the_server_time(nodes, http, seconds):
    public, other = nodes
    body = message_body(other, public)
    headers = headers_for(other, public, body, now=other.now() + seconds * 1000)
    status, answer = await post(http, public, body, headers)
    told = msgspec.json.decode(answer)
    assert status == 401
    assert "clock" in told["detail"]
    assert abs(told["server_time"] - public.now()) < 10_000
    assert not public.store.takes


async def test_a_signature_that_would_live_long_is_refused(nodes, http):
    public, other = nodes
    body = message_body(other, public)
    bound = signing.content_digest(body)
    created = other.now() // 1000
    params = (
        f'("@method" "@authority" "@path" "@query" "content-digest");created={created};'
        f'expires={created + 3600};nonce="{"a" * 32}";keyid="{other.id}";alg="ed25519";'
        'tag="tidegate-peer-1"'
    )
    target = signing.place(public.url).target("POST", EXCHANGE_PATH)
    base = signing._request_base(target, bound, params)
    headers = signing._signed_headers(other.identity, base, bound, params)
    assert (await post(http, public, body, headers))[0] == 401


async def test_a_changed_body_is_refused(nodes, http):
    public, other = nodes
    body = message_body(other, public)
    headers = headers_for(other, public, body)
    status, _ = await post(http, public, message_body(other, public, twin="twin-2"), headers)
    assert status == 401
    assert not public.store.takes


async def test_a_signature_for_another_node_path_or_method_is_refused(world, nodes, http):
    public, other = nodes
    elsewhere = await world.node("elsewhere", public=True)
    body = message_body(other, public)
    for headers in (
        headers_for(other, elsewhere, body),
        headers_for(other, public, body, path=FETCH_PATH),
        headers_for(other, public, body, method="PUT"),
    ):
        assert (await post(http, public, body, headers))[0] == 401
    headers = headers_for(other, public, body)
    assert (await post(http, public, body, headers, EXCHANGE_PATH + "?x=1"))[0] == 401
    assert not public.store.takes


async def test_our_own_request_reflected_at_us_is_refused(nodes, http):
    public, _ = nodes
    body = message_body(public, public)
    assert (await post(http, public, body, headers_for(public, public, body)))[0] == 401


async def test_messages_meant_elsewhere_are_refused_one_by_one(world, nodes):
    public, other = nodes
    third = await world.node("third", public=False)
    public.peers[third.id] = third.as_peer()
    message = other.message("twin-1", "secret")
    good = seal_message(other.identity, public.as_peer(), "shared-1", message)
    to_third = seal_message(other.identity, third.as_peer(), "shared-1", message)
    from_third = seal_message(third.identity, public.as_peer(), "shared-1", message)
    flipped = good[:-1] + bytes([good[-1] ^ 1])
    items = (
        FeedItem(1, "shared-2", "twin-1", good),
        FeedItem(2, "shared-1", "twin-2", good),
        FeedItem(3, "shared-1", "twin-1", to_third),
        FeedItem(4, "shared-1", "twin-1", from_third),
        FeedItem(5, "shared-1", "twin-1", flipped),
        FeedItem(6, "shared-1", "twin-1", good[:-20]),
        FeedItem(7, "shared-1", "twin-1", b""),
        FeedItem(8, "shared-1", "twin-1", good, kind="unheard-of"),
        FeedItem(9, "shared-1", "twin-1", good),
    )
    peer = public.as_peer()
    assert isinstance(peer, PublicPeer)
    answer = await other.courier.exchange(peer, Exchange(epoch="epoch-other", items=items))
    assert [r.seq for r in answer.refused] == list(range(1, 9))
    assert answer.have == 9
    assert public.summaries() == ["secret"]


async def test_reordered_items_are_refused_as_a_whole(nodes):
    public, other = nodes
    sealed = seal_message(
        other.identity, public.as_peer(), "shared-1", other.message("twin-1", "x")
    )
    items = (FeedItem(2, "shared-1", "twin-1", sealed), FeedItem(1, "shared-1", "twin-1", sealed))
    with pytest.raises(PeerError, match="rise"):
        await other.courier.exchange(public.as_peer(), Exchange(epoch="e", items=items))
    assert not public.store.takes


async def test_an_oversized_body_is_refused_declared_or_not(nodes, http):
    public, other = nodes
    body = bytes(MAX_BODY + 1)

    async def portions():
        for at in range(0, len(body), 1 << 20):
            yield body[at : at + (1 << 20)]

    assert (await post(http, public, body, headers_for(other, public, body)))[0] == 413
    headers = headers_for(other, public, body)
    async with http.post(public.url + EXCHANGE_PATH, data=portions(), headers=headers) as answer:
        assert answer.status == 413
    assert not public.store.takes


async def test_a_compressed_body_is_refused(nodes, http):
    public, other = nodes
    body = message_body(other, public)
    headers = {**headers_for(other, public, body), "Content-Encoding": "gzip"}
    status, _ = await post(http, public, body, headers)
    assert status in (400, 415)
    assert not public.store.takes


async def test_mutated_messages_change_nothing_and_break_nothing(nodes, http):
    public, other = nodes
    draw = random.Random(7)
    whole = message_body(other, public)
    for _ in range(400):
        mutated = bytearray(whole)
        for _ in range(draw.randint(1, 4)):
            mutated[draw.randrange(len(mutated))] = draw.randrange(256)
        body = bytes(mutated[: draw.randint(1, len(mutated))])
        status, _ = await post(http, public, body, headers_for(other, public, body))
        assert status in (200, 400)
        status, _ = await post(http, public, body, {}, PAIR_PATH)
        assert 400 <= status < 500
    assert set(public.summaries()) <= {"hello"}


async def test_deeply_nested_messages_are_refused(nodes, http):
    public, other = nodes
    body = b"\x91" * 200_000
    status, _ = await post(http, public, body, headers_for(other, public, body))
    assert status == 400


async def test_an_answer_by_somebody_else_is_not_believed(world, nodes):
    public, other = nodes
    impostor = await world.node("impostor", public=True)
    impostor.peers[other.id] = other.as_peer()
    peer = public.as_peer()
    at_impostor = PublicPeer(
        peer.id, peer.name, peer.identity_key, peer.message_key, "", impostor.url
    )
    with pytest.raises(PeerError, match="not signed by the paired node"):
        await other.courier.exchange(at_impostor, Exchange(epoch="e"))
    assert not other.store.takes


async def test_an_answer_to_another_request_is_not_believed(nodes):
    public, other = nodes
    target = signing.place(public.url).target("POST", EXCHANGE_PATH)
    bound = signing.content_digest(b"answer")
    asked = [
        signing.sign_request(other.identity, target, bound, now=other.now(), nonce=c * 32)
        for c in "ab"
    ]
    signatures = [signing.request_signature(headers) for headers in asked]
    answer = signing.sign_answer(public.identity, 200, bound, signatures[0], now=public.now())
    key = public.identity.identity_key
    signing.check_answer(answer, 200, bound, identity_key=key, request_signature=signatures[0])
    for status, signature in ((200, signatures[1]), (404, signatures[0])):
        with pytest.raises(PeerError):
            signing.check_answer(
                answer, status, bound, identity_key=key, request_signature=signature
            )


async def test_a_redirect_is_not_followed(world, nodes):
    from aiohttp import web

    public, other = nodes
    app = web.Application()

    async def redirect(request):
        raise web.HTTPTemporaryRedirect(public.url + request.path)

    app.router.add_route("*", "/{path:.*}", redirect)
    runner = web.AppRunner(app)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listener).start()
    peer = public.as_peer()
    moved = PublicPeer(
        peer.id,
        peer.name,
        peer.identity_key,
        peer.message_key,
        "",
        f"http://127.0.0.1:{listener.getsockname()[1]}",
    )
    try:
        with pytest.raises(PeerError, match="redirects"):
            await other.courier.exchange(moved, Exchange(epoch="e"))
    finally:
        await runner.cleanup()
    assert not public.store.takes


async def test_attachments_of_others_cannot_be_fetched_or_pushed(nodes, http):
    public, other = nodes
    wanted = AttachmentWanted("r1", "shared-1", "twin-1", "not-offered")
    body = encode(AttachmentFetch(wanted))
    status, _ = await post(
        http, public, body, headers_for(other, public, body, path=FETCH_PATH), FETCH_PATH
    )
    assert status == 404
    path = "/peer/v1/attachments/never-asked"
    headers = signing.sign_request(
        other.identity,
        signing.place(public.url).target("PUT", path),
        signing.Bound(signing.STREAM, "AAAA"),
        now=other.now(),
        nonce="n" * 32,
    )
    async with http.put(public.url + path, data=b"x", headers=headers) as answer:
        assert answer.status == 404
    assert not public.contents.kept


async def test_a_private_peer_has_no_address_to_ask(nodes):
    public, other = nodes
    private = other.as_peer()
    assert type(private) is Peer
    assert not hasattr(private, "url")
    with pytest.raises(AttributeError):
        await public.courier.exchange(private, Exchange(epoch="e"))


async def test_a_request_that_is_cancelled_leaves_the_courier_usable(nodes):
    public, other = nodes
    assert isinstance(other.courier, Courier)
    peer = public.as_peer()
    poll = Exchange(epoch="epoch-other", wait=25.0, limit=1)
    task = asyncio.create_task(other.courier.exchange(peer, poll))
    await asyncio.wait_for(public.bell.waited.wait(), 5)
    task.cancel()
    await asyncio.wait([task])
    assert (await other.courier.exchange(peer, Exchange(epoch="epoch-other"))).have == 0


async def test_the_admin_learns_by_how_much_the_clocks_differ(nodes):
    public, other = nodes
    real = other.now
    other.now = lambda: real() + 300_000
    with pytest.raises(PeerError, match="differ by 300 seconds") as caught:
        await other.courier.exchange(public.as_peer(), Exchange(epoch="e"))
    assert "NTP" in caught.value.remedy


async def test_a_body_that_drips_is_given_up(nodes, http):
    public, other = nodes
    public.endpoints._body_seconds = 0.05
    never = asyncio.Event()

    async def dripping():
        yield b"x"
        await never.wait()

    headers = headers_for(other, public, b"xy")
    async with http.post(public.url + EXCHANGE_PATH, data=dripping(), headers=headers) as answer:
        assert answer.status == 408
    assert not public.store.takes
