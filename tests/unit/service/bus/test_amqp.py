import asyncio

import pytest
from aio_pika.exceptions import ChannelInvalidStateError, DeliveryError
from aiormq import spec
from yarl import URL

from service.bus.amqp import ConnectionLost, amqp, explain, masked


async def fails(error: BaseException) -> None:
    raise error


async def test_a_cancellation_by_the_client_is_a_lost_connection():
    with pytest.raises(ConnectionLost):
        await amqp(fails(asyncio.CancelledError()))


async def test_our_own_cancellation_stays_one():
    waiting = asyncio.create_task(amqp(asyncio.Event().wait()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_timeout_around_it_stays_a_timeout():
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await amqp(asyncio.Event().wait())


@pytest.mark.parametrize(
    "error",
    [Exception(), OSError("gone"), ChannelInvalidStateError("closed"), StopAsyncIteration()],
    ids=repr,
)
async def test_every_way_to_tell_a_loss_becomes_one(error):
    with pytest.raises(ConnectionLost):
        await amqp(fails(error))


async def test_other_errors_and_the_brokers_answers_pass():
    with pytest.raises(KeyError):
        await amqp(fails(KeyError("bug")))
    with pytest.raises(DeliveryError):
        await amqp(fails(DeliveryError(None, spec.Basic.Nack(1))))


def test_a_masked_address_holds_no_secret():
    url = URL("amqps://user:swordfish@broker.example:5671/vhost?keyfile=secret.pem")
    assert masked(url) == "amqps://broker.example:5671/vhost"


def test_a_refused_connection_is_explained():
    assert "nothing listens" in explain(ConnectionRefusedError(111, "Connect call failed"))
    assert explain(Exception()) == "Exception"
