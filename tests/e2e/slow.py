"""Callers that take their time: they hold a connection and say as little as they can."""

import asyncio
import time
from collections.abc import Callable, Mapping

import msgspec

from schemas.peer import EXCHANGE_PATH, PAIR_PATH
from tests.e2e.attacker import Attacker

EACH = 10
"""Connections of each kind, all at the same time."""
LONG = bytes(10_000)
_PAUSE = 0.5
_LONGEST = 60.0


class Ended(msgspec.Struct, frozen=True):
    """How the node got rid of one of them."""

    kind: str
    seconds: float
    answer: bytes


def _head(path: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: door", f"Content-Length: {len(LONG)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


KINDS: Mapping[str, Callable[[Attacker], bytes]] = {
    "nothing at all": lambda _: b"",
    "the header, letter by letter": lambda _: b"POST /peer/v1/exchange HTTP/1.1\r\nX-Slow: ",
    "an exchange, byte by byte": lambda a: _head(EXCHANGE_PATH, a.signed(LONG)),
    "a pairing, byte by byte": lambda _: _head(PAIR_PATH, {}),
    "a webhook, byte by byte": lambda a: _head(*a.door.jira(LONG)),
}
"""What each says at once; one more byte follows now and then, but for the first."""


async def all_at_once(attacker: Attacker) -> list[Ended]:
    kinds = [kind for kind in KINDS for _ in range(EACH)]
    return await asyncio.gather(*(_slow(attacker, kind) for kind in kinds))


async def _slow(attacker: Attacker, kind: str) -> Ended:
    host, _, port = attacker.door.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    said = KINDS[kind](attacker)
    began = time.monotonic()
    answer = asyncio.create_task(reader.read(4096))
    writer.write(said)
    try:
        while not (answer.done() or writer.is_closing()) and time.monotonic() - began < _LONGEST:
            await asyncio.wait([answer], timeout=_PAUSE)
            if said and not answer.done():
                writer.write(b"a")
        return Ended(kind, time.monotonic() - began, _told(answer))
    finally:
        answer.cancel()
        writer.close()


def _told(answer: asyncio.Task[bytes]) -> bytes:
    """Nothing from one that was closed without a word, or not at all."""
    return answer.result() if answer.done() and not answer.exception() else b""
