"""Awaiting the AMQP client safely, and telling people what it said."""

import asyncio
import errno
from collections.abc import Awaitable
from typing import TypeVar

from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import (
    CONNECTION_EXCEPTIONS,
    AuthenticationError,
    ChannelNotFoundEntity,
    DeliveryError,
    ProbableAuthenticationError,
)
from aiormq import Channel
from aiormq.exceptions import ConnectionNotAllowed
from yarl import URL

T = TypeVar("T")


class ConnectionLost(ConnectionError):
    """The connection or channel cannot be used any more; what was under way is unknown."""


async def amqp(awaitable: Awaitable[T]) -> T:
    """Awaits the client. Everything by which it tells a loss becomes `ConnectionLost`.

    `DeliveryError` (a negative confirm) passes: the broker answered.
    """
    try:
        return await awaitable
    except asyncio.CancelledError as cause:
        # The client cancels pending calls when it closes a dead connection. Only a cancellation
        # that somebody asked of this very task may end it.
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise ConnectionLost("the client gave the connection up") from cause
    except DeliveryError:
        raise
    except Exception as cause:
        # On a clean end of the stream the client rejects its futures with a bare Exception.
        if type(cause) is not Exception and not isinstance(cause, CONNECTION_EXCEPTIONS):
            raise
        raise ConnectionLost(explain(cause)) from cause


async def underlay(channel: AbstractChannel) -> Channel:
    """The client's lower layer: no wrapper object for each message."""
    raw = await amqp(channel.get_underlay_channel())
    if not isinstance(raw, Channel):
        raise ConnectionLost("the channel is not open")
    return raw


def explain(cause: BaseException) -> str:
    """One line for a person; never holds the URL's password."""
    if isinstance(cause, AuthenticationError | ProbableAuthenticationError):
        return "the broker refuses the user or password"
    if isinstance(cause, ConnectionNotAllowed):
        return f"the broker refuses access to the virtual host ({cause.args[0]})"
    if isinstance(cause, ChannelNotFoundEntity):
        return f"missing on the broker: {cause.args[0]}"
    if isinstance(cause, ConnectionRefusedError) or errno.ECONNREFUSED in cause.args[:1]:
        return "nothing listens at the broker's address"
    text = "; ".join(argument for argument in cause.args if isinstance(argument, str) and argument)
    return text or type(cause).__name__


def masked(url: URL) -> str:
    """The URL without user, password and options."""
    return str(url.with_user(None).with_query(None))
