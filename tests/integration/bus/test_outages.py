"""A real broker is killed, blocked, cut off and robbed of its queues."""

import asyncio
import logging

import aio_pika
import pytest
import structlog

from schemas.errors import BusUnavailable, ConfigurationError
from schemas.events import IssueChanged
from tests.support.broker import Broker
from tests.support.ports import free_port
from tests.support.proxy import FaultProxy

pytestmark = [pytest.mark.rabbitmq, pytest.mark.slow]


def change(number: int) -> IssueChanged:
    return IssueChanged(connector="jira", issue=f"DEMO-{number}")


def through(proxy: FaultProxy, **query: object) -> str:
    options = "&".join(f"{key}={value}" for key, value in query.items())
    return f"amqp://guest:guest@127.0.0.1:{proxy.port}/?{options}"


async def test_a_call_that_the_client_cancels_by_itself_is_not_our_cancellation(
    broker, open_on, inbox
):
    """In a black hole the client ends the connection after three missed heartbeats, and cancels the
    publish that waits. The publish outlives that and succeeds once bytes flow again."""
    async with (
        FaultProxy(broker.port) as proxy,
        open_on(through(proxy, heartbeat=1), publish_timeout=90, probe_interval=300) as bus,
        bus.consume(inbox, concurrency=1),
    ):
        await bus.publish(change(1))
        await inbox.until({"DEMO-1"})
        proxy.black_hole()
        publishing = asyncio.create_task(bus.publish(change(2)))
        lost = asyncio.create_task(_problem(bus))
        async with asyncio.timeout(60):
            await lost
        assert not publishing.done()
        proxy.heal(reset=True)
        async with asyncio.timeout(60):
            await publishing
        await inbox.until({"DEMO-2"})
        assert bus.figures().reconnects >= 2


async def _problem(bus) -> None:
    # Reads the reason alone: a check would itself find out that nothing answers.
    while not bus._link.problem:
        await asyncio.sleep(0.05)


async def test_our_own_cancellation_ends_a_publish(broker, open_on):
    async with FaultProxy(broker.port) as proxy, open_on(through(proxy), publish_timeout=30) as bus:
        proxy.black_hole()
        publishing = asyncio.create_task(bus.publish(change(1)))
        await asyncio.sleep(0.1)
        publishing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await publishing
        proxy.heal(reset=True)


async def test_an_unroutable_publish_makes_the_queue_anew(broker, open_on, prefix, inbox):
    async with open_on(broker.url, publish_timeout=20) as bus:
        await _delete(broker, f"{prefix}.work")
        await bus.publish(change(1), change(2))
        figures = bus.figures()
        assert figures.returned >= 1
        assert figures.confirmed == 2
        assert await bus.depth() == 2


async def test_a_deleted_exchange_is_made_anew(broker, open_on, prefix):
    async with open_on(broker.url, publish_timeout=20) as bus:
        async with await aio_pika.connect(broker.url) as connection:
            channel = await connection.channel()
            await channel.exchange_delete(f"{prefix}.changes")
        await bus.publish(change(1))
        assert await bus.depth() == 1


async def test_a_queue_deleted_under_a_consumer_is_made_anew_and_consumed(
    broker, open_on, prefix, inbox
):
    async with (
        open_on(broker.url, publish_timeout=20) as bus,
        bus.consume(inbox, concurrency=2),
    ):
        await bus.publish(change(1))
        await inbox.until({"DEMO-1"})
        await _delete(broker, f"{prefix}.work")
        await bus.publish(change(2))
        await inbox.until({"DEMO-2"})


async def test_acks_for_a_lost_channel_harm_nobody(broker, open_on, prefix, inbox):
    """The queue goes while a handler runs: its late ack must not cost the new connection."""
    started, gate = asyncio.Event(), asyncio.Event()

    async def slow(events):
        if not started.is_set():
            started.set()
            await gate.wait()
        await inbox(events)

    async with open_on(broker.url, publish_timeout=20) as bus, bus.consume(slow, concurrency=2):
        await bus.publish(change(1))
        await started.wait()
        await _delete(broker, f"{prefix}.work")
        await bus.publish(change(2))
        await inbox.until({"DEMO-2"})
        before = bus.figures().reconnects
        gate.set()
        await bus.publish(change(3))
        await inbox.until({"DEMO-1", "DEMO-3"})
        assert await bus.check() == ""
        assert bus.figures().reconnects == before


async def test_publishing_in_an_outage_fails_in_time_and_says_why(broker, open_on):
    async with FaultProxy(broker.port) as proxy, open_on(through(proxy)) as bus:
        proxy.cut()
        async with asyncio.timeout(5):
            with pytest.raises(BusUnavailable) as failed:
                await bus.publish(change(1))
        assert failed.value.remedy
        assert await bus.check() != ""
        with pytest.raises(BusUnavailable):
            await bus.depth()
        proxy.heal()
        await _published(bus, change(2))
        assert await bus.check() == ""


async def test_a_node_starts_while_the_broker_is_down(open_on, inbox):
    broker = Broker()
    try:
        async with open_on(broker.url) as bus, bus.consume(inbox, concurrency=1):
            assert "RabbitMQ" in await bus.check()
            with pytest.raises(BusUnavailable):
                await bus.publish(change(1))
            await asyncio.to_thread(broker.start)
            await _published(bus, change(2))
            await inbox.until({"DEMO-2"})
            assert await bus.check() == ""
    finally:
        await asyncio.to_thread(broker.close)


async def test_nothing_confirmed_is_lost_when_the_broker_is_killed(open_on, inbox):
    """Publishes all the time while the broker is killed twice and restarted once."""
    confirmed: set[str] = set()
    stop = asyncio.Event()

    async def stream(bus, lane: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            event = IssueChanged(connector="jira", issue=f"L{lane}-{number}")
            try:
                await bus.publish(event)
            except BusUnavailable:
                await asyncio.sleep(0.02)
                continue
            confirmed.add(event.issue)
            await asyncio.sleep(0)

    with Broker() as broker:
        async with open_on(broker.url) as bus, bus.consume(inbox, concurrency=4):
            # A queue younger than half a second is not yet in the broker's own register of queues
            # on disk: a kill then would test RabbitMQ's first second and not ours.
            await asyncio.sleep(2)
            lanes = [asyncio.create_task(stream(bus, lane)) for lane in range(4)]
            for again in (broker.kill, broker.kill, broker.stop):
                before = len(confirmed)
                async with asyncio.timeout(60):
                    while len(confirmed) < before + 50:
                        await asyncio.sleep(0.02)
                await asyncio.to_thread(again)
                await asyncio.to_thread(broker.start)
            before = len(confirmed)
            async with asyncio.timeout(60):
                while len(confirmed) < before + 50:
                    await asyncio.sleep(0.02)
            stop.set()
            await asyncio.gather(*lanes)
            await inbox.until(confirmed)
            assert bus.figures().dead == 0


async def test_the_watchdog_replaces_a_connection_that_is_silent(broker, open_on, inbox):
    """Without heartbeats nobody else would notice for hours."""
    async with (
        FaultProxy(broker.port) as proxy,
        open_on(
            through(proxy, heartbeat=0), probe_interval=0.3, probe_timeout=0.3, connect_timeout=1
        ) as bus,
        bus.consume(inbox, concurrency=1),
    ):
        await _published(bus, change(1))
        before = proxy.accepted
        proxy.black_hole()
        async with asyncio.timeout(60):
            while proxy.accepted < before + 2:
                await asyncio.sleep(0.05)
        proxy.heal()
        await _published(bus, change(2))
        await inbox.until({"DEMO-2"})
        assert bus.figures().reconnects >= 2


async def test_a_memory_alarm_is_named_and_passes(broker, open_on, until):
    async with open_on(broker.url, publish_timeout=3) as bus:
        await bus.publish(change(1))
        await asyncio.to_thread(broker.ctl, "set_vm_memory_high_watermark", "0.0000001")
        try:
            with pytest.raises(BusUnavailable, match="alarm"):
                await bus.publish(change(2))
            assert "alarm" in await bus.check()
        finally:
            await asyncio.to_thread(
                broker.ctl, "set_vm_memory_high_watermark", "absolute", "1073741824"
            )
        await _published(bus, change(3))
        assert await bus.check() == ""


async def test_a_full_queue_is_back_pressure(broker, open_on):
    async with open_on(broker.url, max_length_bytes=2000) as bus:
        with pytest.raises(BusUnavailable, match="full"):
            await bus.publish(*[change(number) for number in range(500)])
        assert await bus.check() == ""


async def test_another_queue_of_the_same_name_is_a_configuration_error(broker, open_on, prefix):
    async with open_on(broker.url):
        pass
    with pytest.raises(ConfigurationError) as wrong:
        async with open_on(broker.url, delivery_limit=7):
            pass
    assert f"{prefix}.work" in str(wrong.value)
    assert "x-delivery-limit" in str(wrong.value)
    assert f"{prefix}.work" in wrong.value.remedy


async def test_a_wrong_password_is_told_and_never_shown(broker, open_on, caplog):
    caplog.set_level(logging.DEBUG)
    url = broker.url.replace("guest:guest", "guest:swordfish")
    with structlog.testing.capture_logs() as lines:
        async with open_on(url) as bus:
            problem = await bus.check()
            with pytest.raises(BusUnavailable) as failed:
                await bus.publish(change(1))
    assert "password" in problem
    said = f"{problem}{failed.value}{failed.value.remedy}{lines}{caplog.text}{bus!r}"
    assert "swordfish" not in said


async def test_checks_and_counts_leave_no_channel_behind(broker, open_on, inbox):
    async with open_on(broker.url) as bus, bus.consume(inbox, concurrency=1):
        for _ in range(30):
            assert await bus.check() == ""
            await bus.depth()
            await bus.dead()
        channels = await asyncio.to_thread(broker.ctl, "list_channels", "pid")
    assert len([line for line in channels.splitlines() if line.startswith("<")]) == 2


async def test_the_connection_survives_an_orderly_leave(broker, open_on, inbox):
    async with open_on(broker.url) as bus:
        for number in range(5):
            async with bus.consume(inbox, concurrency=2):
                await bus.publish(change(number))
                await inbox.until({f"DEMO-{number}"})
        assert bus.figures().reconnects == 0
        assert bus.figures().redelivered == 0
        assert await bus.depth() == 0


async def test_an_address_without_a_listener(open_on):
    async with open_on(f"amqp://guest:guest@127.0.0.1:{free_port()}/") as bus:
        assert "RabbitMQ" in await bus.check()


async def _delete(broker: Broker, queue: str) -> None:
    async with await aio_pika.connect(broker.url) as connection:
        channel = await connection.channel()
        await channel.queue_delete(queue)


async def _published(bus, event: IssueChanged) -> None:
    """As a webhook's sender does: again, until it is taken."""
    async with asyncio.timeout(60):
        while True:
            try:
                await bus.publish(event)
            except BusUnavailable:
                await asyncio.sleep(0.05)
            else:
                return
