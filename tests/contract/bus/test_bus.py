"""What every bus promises."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from schemas.errors import BusUnavailable, InputError
from schemas.events import Event, IssueChanged, TwinDue, encode
from schemas.issue import Part

Make = Callable[[int], IssueChanged]


async def test_an_event_arrives_as_it_was_published(ground, inbox):
    sent: list[Event] = [
        IssueChanged(
            connector="Jira Ünïcode 🌊",
            issue="DEMO-1",
            version=7,
            parts=(Part.COMMENTS,),
            project="שלום",
            source="scan",
            deleted=True,
            change="c1",
            at=5,
        ),
        TwinDue(twin="t1", connection="acme"),
    ]
    async with ground.open() as bus, bus.consume(inbox, concurrency=1):
        await bus.publish(*sent)
        await inbox.until(2)
    assert inbox.events == sent


async def test_nothing_published_is_nothing(ground):
    async with ground.open() as bus:
        await bus.publish()
        assert await bus.depth() == 0


async def test_published_events_survive_a_reopen(ground, inbox, event: Make):
    async with ground.open() as bus:
        await bus.publish(*[event(number) for number in range(3)])
    async with ground.open() as bus:
        assert await bus.depth() == 3
        async with bus.consume(inbox, concurrency=1):
            await inbox.until(3)
        assert await bus.depth() == 0
    async with ground.open() as bus:
        assert await bus.depth() == 0
    assert inbox.events == [event(number) for number in range(3)]


async def test_what_waits_is_handled_in_batches(ground, event: Make):
    gate = asyncio.Event()
    started = asyncio.Event()
    sizes: list[int] = []
    done = asyncio.Event()

    async def slow(events: Sequence[Event]) -> None:
        sizes.append(len(events))
        started.set()
        await gate.wait()
        if sum(sizes) == 101:
            done.set()

    async with ground.open() as bus, bus.consume(slow, concurrency=1, batch=40):
        await bus.publish(event(0))
        await started.wait()
        await bus.publish(*[event(number) for number in range(1, 101)])
        gate.set()
        async with asyncio.timeout(15):
            await done.wait()
    assert sizes[0] == 1
    assert max(sizes) <= 40
    assert len(sizes) < 50


async def test_no_more_batches_at_a_time_than_asked_for(ground, event: Make):
    running = 0
    peak = 0
    handled = 0
    done = asyncio.Event()

    async def count(events: Sequence[Event]) -> None:
        nonlocal running, peak, handled
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(0.001)
        running -= 1
        handled += len(events)
        if handled == 60:
            done.set()

    async with ground.open() as bus, bus.consume(count, concurrency=3, batch=2):
        await bus.publish(*[event(number) for number in range(60)])
        async with asyncio.timeout(15):
            await done.wait()
    assert peak == 3


async def test_consumers_compete(ground, inbox, event: Make):
    seen: dict[str, int] = {"one": 0, "two": 0}
    both = asyncio.Event()

    def handler(name: str):
        async def handle(events: Sequence[Event]) -> None:
            seen[name] += len(events)
            if all(seen.values()):
                both.set()
            # Neither goes on before the other has got something too.
            await both.wait()
            await inbox(events)

        return handle

    async with (
        ground.open() as bus,
        bus.consume(handler("one"), concurrency=1, batch=1),
        bus.consume(handler("two"), concurrency=1, batch=1),
    ):
        await bus.publish(*[event(number) for number in range(20)])
        await inbox.until(20)
    assert sorted(e.issue for e in inbox.events) == sorted(f"DEMO-{n}" for n in range(20))


async def test_leaving_waits_for_what_is_under_way_and_takes_no_more(ground, inbox, event: Make):
    started, gate = asyncio.Event(), asyncio.Event()
    finished: list[int] = []

    async def slow(events: Sequence[Event]) -> None:
        started.set()
        await gate.wait()
        finished.append(len(events))

    async with ground.open() as bus:
        await bus.publish(*[event(number) for number in range(5)])
        consuming = bus.consume(slow, concurrency=1, batch=1)
        await consuming.__aenter__()
        await started.wait()
        leaving = asyncio.create_task(consuming.__aexit__(None, None, None))
        done, _ = await asyncio.wait({leaving}, timeout=0.3)
        assert not done
        gate.set()
        async with asyncio.timeout(10):
            await leaving
        assert finished == [1]
        assert await bus.depth() == 4
        async with bus.consume(inbox, concurrency=1):
            await inbox.until(4)
    assert {e.issue for e in inbox.events} == {f"DEMO-{n}" for n in range(1, 5)}


async def test_what_a_crashed_consumer_held_comes_back(ground, inbox, event: Make):
    started = asyncio.Event()

    async def hang(events: Sequence[Event]) -> None:
        started.set()
        await asyncio.Event().wait()

    async with ground.open() as bus:
        await bus.publish(event(1))

        async def consume() -> None:
            async with bus.consume(hang, concurrency=1):
                await asyncio.Event().wait()

        crashing = asyncio.create_task(consume())
        await started.wait()
        # The first cancellation begins an orderly leave, which waits; the second ends it.
        crashing.cancel()
        await asyncio.sleep(0.05)
        crashing.cancel()
        await asyncio.wait({crashing})
        async with bus.consume(inbox, concurrency=1):
            await inbox.until(1)
    assert inbox.events == [event(1)]


async def test_a_quick_batch_does_not_settle_a_slow_one(ground, inbox, event: Make, until):
    """The first event is still being handled when all later ones are done, and the node dies."""

    async def hang_on_first(events: Sequence[Event]) -> None:
        if events[0] == event(0):
            await asyncio.Event().wait()
        await inbox(events)

    async with ground.open() as bus:
        await bus.publish(*[event(number) for number in range(10)])
        consuming = bus.consume(hang_on_first, concurrency=2, batch=1)
        await consuming.__aenter__()
        await inbox.until(9)
        await until(lambda: _is(bus.depth, 1))
        leaving = asyncio.create_task(consuming.__aexit__(None, None, None))
        await asyncio.sleep(0.05)
        leaving.cancel()
        await asyncio.wait({leaving})
    async with ground.open() as bus, bus.consume(inbox, concurrency=1):
        await inbox.until(10)
    assert sorted(e.issue for e in inbox.events) == [f"DEMO-{n}" for n in range(10)]


async def test_a_failed_batch_comes_again(ground, inbox, event: Make):
    failures = 0

    async def fail_twice(events: Sequence[Event]) -> None:
        nonlocal failures
        if failures < 2:
            failures += 1
            raise RuntimeError("not yet")
        await inbox(events)

    async with ground.open() as bus:
        async with bus.consume(fail_twice, concurrency=1):
            await bus.publish(event(1))
            await inbox.until(1)
        assert failures == 2
        assert await bus.depth() == 0
        assert await bus.dead() == 0
        assert bus.figures().redelivered == 2


async def test_a_cancellation_raised_by_the_handler_is_a_failure(ground, inbox, event: Make):
    failed = False

    async def foreign(events: Sequence[Event]) -> None:
        nonlocal failed
        if not failed:
            failed = True
            raise asyncio.CancelledError
        await inbox(events)

    async with ground.open() as bus, bus.consume(foreign, concurrency=1):
        await bus.publish(event(1))
        await inbox.until(1)


async def test_a_poisoned_event_ends_in_the_dead_letters_alone(ground, inbox, event: Make, until):
    """Limit 3: tried once, redelivered three times, then dead. Its batch mates are handled."""
    tries = 0

    async def poison(events: Sequence[Event]) -> None:
        nonlocal tries
        if any(e.issue == "DEMO-3" for e in events):
            tries += 1
            raise ValueError("no such field: colour")
        await inbox(events)

    async with ground.open() as bus:
        await bus.publish(*[event(number) for number in range(8)])
        async with bus.consume(poison, concurrency=2, batch=8):
            await inbox.until(7)
            await until(lambda: _is(bus.dead, 1))
        assert await bus.depth() == 0
        assert bus.figures().dead == 1
    assert tries == 4
    ((body, reason),) = await ground.dead_letters()
    assert body == encode(event(3))
    assert "failed 4 times" in reason
    assert "no such field: colour" in reason
    assert {e.issue for e in inbox.events} == {f"DEMO-{n}" for n in range(8)} - {"DEMO-3"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "malformed"),
        (b"{", "malformed"),
        (b"\xff\xfe", "malformed"),
        (b'{"type":"issue_changed","connector":"jira"}', "issue"),
        (b'{"type":"issue_changed","connector":1,"issue":"A"}', "connector"),
        (b'{"type":"surprise"}', "surprise"),
        (b'{"type":"twin_due","twin":"","connection":"c"}', "twin"),
        (b'{"x":' + b"[" * 40_000 + b"]" * 20_000, "malformed"),
        (b'{"type":"issue_changed","connector":"' + b"x" * 70_000 + b'","issue":"A"}', "bytes"),
        (b"[" * 300_000, "bytes"),
    ],
    ids=["empty", "json", "utf8", "missing", "type", "tag", "short", "deep", "large", "larger"],
)
async def test_a_malformed_message_is_put_aside_with_its_reason(
    ground, inbox, event: Make, until, body: bytes, reason: str
):
    await ground.insert(body)
    async with ground.open() as bus:
        async with bus.consume(inbox, concurrency=1):
            await bus.publish(event(1))
            await inbox.until(1)
            await until(lambda: _is(bus.dead, 1))
        assert await bus.depth() == 0
    ((found, why),) = await ground.dead_letters()
    assert found == body
    assert why.startswith("malformed: ")
    assert reason in why
    assert len(why) < 600


async def test_an_event_that_is_too_large_is_refused_before_it_is_sent(ground):
    async with ground.open() as bus:
        with pytest.raises(InputError) as refused:
            await bus.publish(IssueChanged(connector="jira", issue="A", project="x" * 70_000))
        assert refused.value.status == 413
        assert await bus.depth() == 0


async def test_concurrent_publishers_and_many_events(ground, inbox, event: Make):
    async with ground.open() as bus, bus.consume(inbox, concurrency=4, batch=50):
        await asyncio.gather(*[bus.publish(event(number)) for number in range(200)])
        await bus.publish(*[event(number) for number in range(200, 1400)])
        await inbox.until(1400)
        figures = bus.figures()
    assert figures.published == figures.confirmed == 1400
    assert sorted(e.issue for e in inbox.events) == sorted(f"DEMO-{n}" for n in range(1400))


async def test_a_closed_bus_publishes_nothing_and_says_so(ground, event: Make):
    async with ground.open() as bus:
        await bus.publish(event(1))
    async with asyncio.timeout(2):
        with pytest.raises(BusUnavailable, match="closed"):
            await bus.publish(event(2))
        assert await bus.check() != ""
    async with ground.open() as bus:
        assert await bus.depth() == 1


async def test_check_finds_nothing_wrong(ground):
    async with ground.open() as bus:
        assert await bus.check() == ""
        async with bus.consume(lambda events: asyncio.sleep(0), concurrency=1):
            assert await bus.check() == ""


async def _is(count, wanted: int) -> bool:
    return await count() == wanted
