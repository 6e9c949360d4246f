"""A name server that lies and a server behind every address, for tests of what a client asks.

Runs in a network namespace of its own: `python -m tests.support.trap PORT FILE NAME=ANSWERS …`,
where ANSWERS are addresses by commas, and `/` parts what one question after the other is told.
Each connection is noted in FILE as a line with the address that it came to; each lie as `dns …`.
"""

import asyncio
import ipaddress
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO, cast

_A, _AAAA = 1, 28
MOVED = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/\r\nContent-Length: 0\r\n\r\n"


class _Names(asyncio.DatagramProtocol):
    def __init__(self, answers: dict[str, str], notes: TextIO) -> None:
        # Both kinds of addresses are asked for in one look-up, in any order: each turns by itself.
        self._turns: dict[tuple[str, int], Iterator[str]] = {
            (name, kind): itertools.cycle(given.split("/"))
            for name, given in answers.items()
            for kind in (_A, _AAAA)
        }
        self._notes = notes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        labels, at = [], 12
        while length := data[at]:
            labels.append(data[at + 1 : at + 1 + length].decode())
            at += 1 + length
        name, kind = ".".join(labels).lower(), int.from_bytes(data[at + 1 : at + 3])
        turn = self._turns.get((name, kind))
        told = [a for a in next(turn).split(",") if _kind(a) == kind] if turn else []
        if told:
            print("dns", name, *told, file=self._notes, flush=True)
        question = data[12 : at + 5]
        head = data[:2] + b"\x84\x00\x00\x01" + len(told).to_bytes(2) + bytes(4)
        self._transport.sendto(head + question + b"".join(map(_record, told)), addr)


def _kind(address: str) -> int:
    return _A if ipaddress.ip_address(address).version == 4 else _AAAA


def _record(address: str) -> bytes:
    """Good for no time at all."""
    packed = ipaddress.ip_address(address).packed
    kind = _kind(address).to_bytes(2)
    return b"\xc0\x0c" + kind + b"\x00\x01" + bytes(4) + len(packed).to_bytes(2) + packed


async def _run(port: int, notes: TextIO, answers: dict[str, str]) -> None:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        print(writer.get_extra_info("sockname")[0], file=notes, flush=True)
        await reader.read(4096)
        writer.write(MOVED % port)
        writer.close()

    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(
        lambda: _Names(answers, notes), local_addr=("127.0.0.1", 53)
    )
    server = await asyncio.start_server(accept, ["0.0.0.0", "::"], port)
    print("ready", file=notes, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with Path(sys.argv[2]).open("a") as file:
        asyncio.run(_run(int(sys.argv[1]), file, dict(a.split("=") for a in sys.argv[3:])))
