"""What strangers and broken callers send: refused clearly, stored nowhere, told to nobody."""

import asyncio
import gzip
import json
import random
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator

import aiohttp
import msgspec
import pytest
import pytest_asyncio

from schemas.peer import EXCHANGE_PATH, FETCH_PATH, PAIR_PATH, UPLOAD_PATH
from service.peers.signing import DIGEST, STREAM, Bound, content_digest
from tests.e2e import nonsense
from tests.e2e.companies import eventually
from tests.e2e.door import BODY_LIMIT, Door, open_door

pytestmark = pytest.mark.asyncio(loop_scope="module")

GENERATED = 20_000
AT_A_TIME = 16
SEED = 20_260_101
LARGE = b'{"webhookEvent":"' + b"a" * BODY_LIMIT + b'"}'


class Attempt(msgspec.Struct, frozen=True):
    path: str
    headers: dict[str, str]
    body: bytes
    expected: tuple[int, ...]
    method: str = "POST"
    chunked: bool = False


Make = Callable[[Door], Attempt]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    async with open_door(tmp_path_factory.mktemp("d")) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def caller(door: Door) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(door.url, timeout=aiohttp.ClientTimeout(total=60)) as session:
        yield session


def _jira(body: bytes, *expected: int, chunked: bool = False, **changed: str) -> Make:
    return lambda door: Attempt(*door.jira(body, **changed), body, expected, chunked=chunked)


def _azure(body: bytes, *expected: int, **changed: str) -> Make:
    return lambda door: Attempt(*door.azure(**changed), body, expected)


def _to(path: str, body: bytes, *expected: int, method: str = "POST", **headers: str) -> Make:
    return lambda _: Attempt(path, headers, body, expected, method)


def _signed(path: str, body: bytes, *expected: int) -> Make:
    return lambda door: Attempt(
        path, door.signed("POST", path, content_digest(body)), body, expected
    )


REFUSED = {
    "an unknown connector": _to("/hooks/nobody/secret", b"{}", 404),
    "a wrong path secret": lambda door: Attempt(
        f"/hooks/jira/{door.secrets.sent}", door.jira(b"{}")[1], b"{}", (401,)
    ),
    "no path secret": lambda door: Attempt("/hooks/jira", door.jira(b"{}")[1], b"{}", (401,)),
    "a signature of another body": lambda door: Attempt(*door.jira(b"{}"), b'{"a":1}', (401,)),
    "no signature": _jira(b"{}", 401, **{"X-Hub-Signature": ""}),
    "a wrong password": _azure(b"{}", 401, Authorization="Basic aG9vazp3cm9uZw=="),
    "a broken Authorization header": _azure(b"{}", 401, Authorization="Basic =="),
    "malformed JSON from Jira": _jira(b'{"webhookEvent": ', 400),
    "malformed JSON from Azure DevOps": _azure(b"{'eventType': 1}", 400),
    "wrong types from Jira": _jira(b'{"webhookEvent": 7}', 400),
    "wrong types from Azure DevOps": _azure(
        b'{"eventType": "workitem.updated", "resource": 7}', 400
    ),
    "endless nesting": _jira(b'{"webhookEvent":"jira:issue_created","x":' + b"[" * 50_000, 400),
    "no body": _jira(b"", 400),
    "too large, as declared": _jira(LARGE, 413),
    "too large, in chunks": _jira(LARGE, 413, chunked=True),
    "a compressed body": _jira(gzip.compress(b"{}"), 415, **{"Content-Encoding": "gzip"}),
    "an unknown compression": _azure(b"{}", 415, **{"Content-Encoding": "zstd, br"}),
    "another method": _to("/hooks/jira/x", b"", 405, method="GET"),
    "an unknown path": _to("/peer/v1/../../etc/passwd", b"", 404),
    "an exchange without a signature": _to(EXCHANGE_PATH, b"\x80", 401),
    "an exchange signed for another body": lambda door: Attempt(
        EXCHANGE_PATH, door.signed("POST", EXCHANGE_PATH, content_digest(b"x")), b"\x80", (401,)
    ),
    "an exchange signed for another path": lambda door: Attempt(
        EXCHANGE_PATH, door.signed("POST", FETCH_PATH, content_digest(b"\x80")), b"\x80", (401,)
    ),
    "a signed exchange that says nothing": _signed(EXCHANGE_PATH, b"\x80", 400),
    "a compressed exchange": _to(EXCHANGE_PATH, b"\x80", 415, **{"Content-Encoding": "gzip"}),
    "a pairing that is too large": _to(PAIR_PATH, b"a" * 1_000_000, 413),
    "a pairing that is none": _to(PAIR_PATH, b"\xc1", 400),
    "an attachment that nobody offered": _signed(
        FETCH_PATH,
        msgspec.msgpack.encode(
            {"wanted": {"request": "r", "connection": "c", "twin": "t", "attachment": "a"}}
        ),
        404,
    ),
    "an upload that nobody wants": lambda door: Attempt(
        f"{UPLOAD_PATH}r",
        door.signed("PUT", f"{UPLOAD_PATH}r", Bound(STREAM, "head")),
        b"a",
        (404,),
        method="PUT",
    ),
}  # fmt: skip


@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in REFUSED.items()])
async def test_is_refused_clearly_and_stored_nowhere(
    door: Door, caller: aiohttp.ClientSession, make: Make
) -> None:
    before = door.rows()
    attempt = make(door)
    status, body = await send(caller, attempt)
    assert status in attempt.expected, body
    assert json.loads(body)["detail"]
    assert door.rows() == before
    check_secrets(door)


async def test_a_signed_request_counts_once(door: Door, caller: aiohttp.ClientSession) -> None:
    headers = door.signed("POST", EXCHANGE_PATH, content_digest(b"\x80"))
    attempt = Attempt(EXCHANGE_PATH, headers, b"\x80", ())
    assert [(await send(caller, attempt))[0] for _ in range(2)] == [400, 401]


@pytest.mark.parametrize(
    "raw",
    [
        b"{canary}\r\n\r\n",
        b"GET /{canary} HTTP/9.9\r\n\r\n",
        b"POST /hooks/jira/x HTTP/1.1\r\nHost: a\r\n{canary}\r\n\r\n",
        b"POST /hooks/jira/x HTTP/1.1\r\nHost: a\r\nContent-Length: {canary}\r\n\r\n",
        b"POST /hooks/jira/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{canary}\r\n",
        b"POST /hooks/jira/x HTTP/1.1\r\nHost: a\r\nX: " + b"{canary}" * 5_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03{canary}",
    ],
    ids=["no request", "version", "header", "length", "chunks", "long header", "TLS"],
)
async def test_what_is_no_http_is_refused_and_not_logged(door: Door, raw: bytes) -> None:
    sent = raw.replace(b"{canary}", door.secrets.sent.encode())
    answer = await asyncio.to_thread(speak, door, sent)
    assert answer == b"" or answer.split()[1].startswith(b"4"), answer
    assert await alive(door)
    check_secrets(door)


async def test_twenty_thousand_bad_bodies_break_nothing(
    door: Door, caller: aiohttp.ClientSession
) -> None:
    before = door.rows()
    queue = generated(door)
    told: Counter[str] = Counter()
    wrong: list[str] = []
    began = time.monotonic()

    async def work() -> None:
        for attempt in queue:
            status, body = await send(caller, attempt)
            kind = _kind(attempt.path)
            told[f"{kind} {status}"] += 1
            if status not in attempt.expected:
                wrong.append(f"{status} for {kind} {attempt.body[:120]!r}: {body[:200]!r}")

    async with asyncio.TaskGroup() as tasks:
        for _ in range(AT_A_TIME):
            tasks.create_task(work())
    seconds = time.monotonic() - began
    print(f"{told.total():,} bad bodies in {seconds:.1f} s: {dict(sorted(told.items()))}")
    assert told.total() >= GENERATED
    assert not wrong, "\n".join([str(len(wrong)), *wrong[:20]])
    assert await alive(door)
    await eventually(lambda: _same_rows(door, before), "nothing is left of them", pause=0.5)
    assert '"web.incident"' not in door.log()
    assert "Traceback" not in door.log()
    check_secrets(door)


def generated(door: Door) -> Iterator[Attempt]:
    for draw in nonsense.parts(random.Random(SEED), GENERATED):
        yield draw.choices(_MAKERS, (6, 6, 3, 4, 1, 1, 1, 1))[0](door, draw)


def _bad_jira(door: Door, draw: random.Random) -> Attempt:
    body = nonsense.jira(draw, door.secrets.sent)
    return Attempt(*door.jira(body), body, (400, 413))


def _bad_azure(door: Door, draw: random.Random) -> Attempt:
    return Attempt(*door.azure(), nonsense.azure(draw, door.secrets.sent), (400, 413))


def _mangled(door: Door, draw: random.Random) -> Attempt:
    body = nonsense.mangled(draw, door.secrets.sent)
    path, headers = door.jira(body) if draw.random() < 0.5 else door.azure()
    return Attempt(path, headers, body, (200, 202, 400))


def _bad_exchange(door: Door, draw: random.Random) -> Attempt:
    body = nonsense.exchange(draw)
    return Attempt(
        EXCHANGE_PATH, door.signed("POST", EXCHANGE_PATH, content_digest(body)), body, (400,)
    )


def _unsigned(door: Door, draw: random.Random) -> Attempt:
    """Signed, and then something of the signature is changed."""
    body = nonsense.exchange(draw)
    headers = door.signed("POST", EXCHANGE_PATH, content_digest(body))
    name = draw.choice(("Signature", "Signature-Input", DIGEST))
    # Base64's last letter before the padding has bits that say nothing.
    at = draw.randrange(len(headers[name]) - 4)
    other = draw.choice([c for c in "aZ09+;=" if c != headers[name][at]])
    headers[name] = headers[name][:at] + other + headers[name][at + 1 :]
    return Attempt(EXCHANGE_PATH, headers, body, (401,))


def _bad_pair(door: Door, draw: random.Random) -> Attempt:
    return Attempt(PAIR_PATH, {}, nonsense.pairing(draw), (400, 404))


def _bad_fetch(door: Door, draw: random.Random) -> Attempt:
    body = nonsense.fetching(draw)
    return Attempt(
        FETCH_PATH, door.signed("POST", FETCH_PATH, content_digest(body)), body, (400, 404)
    )


def _bad_put(door: Door, draw: random.Random) -> Attempt:
    path = f"{UPLOAD_PATH}{draw.choice(('r', 'a.b', 'x' * 200, '%F0%9F%9B%A2'))}"
    headers = door.signed("PUT", path, Bound(STREAM, draw.choice(("head", "", "a" * 4000))))
    return Attempt(path, headers, draw.randbytes(draw.randint(0, 2000)), (401, 404), method="PUT")


_MAKERS: tuple[Callable[[Door, random.Random], Attempt], ...] = (
    _bad_jira,
    _bad_azure,
    _mangled,
    _bad_exchange,
    _unsigned,
    _bad_pair,
    _bad_fetch,
    _bad_put,
)


def _kind(path: str) -> str:
    """Without what differs from one to the next."""
    return path[: path.rindex("/") + 1] if path.startswith(("/hooks", UPLOAD_PATH)) else path


async def send(caller: aiohttp.ClientSession, attempt: Attempt) -> tuple[int, bytes]:
    data = _in_chunks(attempt.body) if attempt.chunked else attempt.body
    async with caller.request(
        attempt.method, attempt.path, data=data, headers=attempt.headers, allow_redirects=False
    ) as answer:
        return answer.status, await answer.read()


async def _in_chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 4096):
        yield body[start : start + 4096]


def speak(door: Door, raw: bytes) -> bytes:
    host, _, port = door.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        try:
            return connection.recv(65536)
        except ConnectionResetError:
            return b""


async def _same_rows(door: Door, before: dict[str, int]) -> bool:
    return door.rows() == before


async def alive(door: Door) -> bool:
    door.processes.check()
    return (await door.admin.ask("GET", "/readyz")) is not None


def check_secrets(door: Door) -> None:
    log = door.log()
    assert [name for name in door.secrets.all() if name in log] == []
