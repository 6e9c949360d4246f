"""Limits: waited for briefly, else told, and never run into knowingly."""

import asyncio

import msgspec
import pytest

from adapters.http import Call, retry_after
from adapters.http.waits import Pace
from schemas.errors import Fault

READ = Call(what="read it", path="/it")
WRITE = Call(what="write it", path="/it", method="POST", body=b"{}", write=True)


@pytest.mark.parametrize("call", [READ, WRITE])
async def test_a_short_limit_is_waited_for(server, http, clock, call) -> None:
    server.queue(429, b"", Retry_After="1")
    await http.send(call)
    assert clock.pauses == [1.0]


async def test_a_long_limit_is_told_and_holds_the_next_call_back(
    server, http, clock, refusal
) -> None:
    server.queue(429, b"", Retry_After="30")
    error = await refusal(http.send(WRITE))
    assert (error.fault, error.retry_after) == (Fault.THROTTLED, 30.0)
    assert (await refusal(http.send(READ))).fault is Fault.THROTTLED
    assert len(server.seen) == 1
    clock.millis += 30_000
    await http.send(READ)
    assert clock.pauses == []


async def test_the_waits_of_one_call_are_bounded_together(server, http, clock, refusal) -> None:
    for _ in range(9):
        server.queue(429, b"", Retry_After="0.9")
    assert (await refusal(http.send(READ))).fault is Fault.THROTTLED
    assert sum(clock.pauses) <= 2.0


async def test_a_limit_of_no_length_does_not_spin(server, http, clock, refusal) -> None:
    for _ in range(99):
        server.queue(429, b"", Retry_After="0")
    assert (await refusal(http.send(READ))).fault is Fault.THROTTLED
    assert len(server.seen) <= 6


async def test_a_good_answer_may_slow_the_next_call(server, http, clock) -> None:
    server.queue(Retry_After="1.5")
    await http.send(READ)
    await http.send(READ)
    assert clock.pauses == [1.5]


async def test_writes_alone_may_be_slowed(server, http, clock) -> None:
    server.queue(X_Slow_Writes="1")
    await http.send(WRITE)
    await http.send(READ)
    assert clock.pauses == []
    await http.send(WRITE)
    assert clock.pauses == [1.0]


async def test_the_connectors_own_rate_holds(server, connect, clock, refusal) -> None:
    http = connect(rate=2.0, burst=3)
    for _ in range(4):
        await http.send(READ)
    assert clock.pauses == [0.5]
    slow = connect(rate=0.1, burst=1)
    await slow.send(READ)
    assert (await refusal(slow.send(READ))).fault is Fault.THROTTLED


async def test_writes_have_a_rate_of_their_own(server, connect, clock) -> None:
    http = connect(write_rate=1.0, write_burst=1)
    for _ in range(3):
        await http.send(READ)
    await http.send(WRITE)
    assert clock.pauses == []
    await http.send(WRITE)
    assert clock.pauses == [1.0]


def test_a_pace_lets_a_burst_through_and_then_one_by_one() -> None:
    pace, waits = Pace(1.0, 3), []
    for _ in range(5):
        waits.append(pace.wait(0))
        pace.take(0)
    assert waits == [0.0, 0.0, 0.0, 1.0, 2.0]
    assert pace.wait(10_000) == 0.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3", 3.0),
        ("0.5", 0.5),
        ("-1", 0.0),
        ("Thu, 01 Jan 1970 00:00:20 GMT", 10.0),
        ("Thu, 01 Jan 1970 00:00:05 GMT", 0.0),
        ("soon", None),
        ("", None),
        ("nan", 0.0),
        ("inf", 365 * 86400.0),
    ],
)
def test_retry_after_is_read_in_every_form(text, seconds) -> None:
    assert retry_after({"Retry-After": text}, 10_000) == seconds


async def test_a_rate_is_kept_by_calls_that_come_together(server, connect, clock) -> None:
    began = clock.millis
    http = connect(rate=4.0, burst=1)
    await asyncio.gather(*(http.send(READ) for _ in range(3)))
    assert clock.millis - began == 500


async def test_a_repeat_keeps_its_body(server, http) -> None:
    server.queue(429, b"", Retry_After="1")
    await http.send(msgspec.structs.replace(WRITE, body=b'{"a":1}'))
    assert [seen[3] for seen in server.seen] == [b'{"a":1}'] * 2


async def test_a_limit_may_hold_back_one_lane_or_group_alone(server, http, clock, refusal) -> None:
    lane = msgspec.structs.replace(WRITE, lane="7", group="POST /it")
    for scope, same, other in (
        ("lane", lane, msgspec.structs.replace(lane, lane="8")),
        ("group", lane, msgspec.structs.replace(lane, group="PUT /it")),
    ):
        server.queue(429, b"", Retry_After="30", X_Scope=scope)
        assert (await refusal(http.send(same))).retry_after == 30.0
        await http.send(other)
        await http.send(READ)
        assert (await refusal(http.send(same))).fault is Fault.THROTTLED
        assert clock.pauses == []
        clock.millis += 30_000
        await http.send(same)
