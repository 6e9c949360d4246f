"""The message bus: its port, RabbitMQ and the embedded one."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from yarl import URL

from schemas.errors import ConfigurationError
from service.bus.embedded import open_embedded
from service.bus.figures import BusFigures, MeasuredBus
from service.bus.options import BusOptions
from service.bus.rabbitmq import open_rabbitmq

__all__ = ["BusFigures", "BusOptions", "MeasuredBus", "open_bus"]

_DEFAULTS = BusOptions()
_REMEDY = "Use amqp://user:password@host/vhost, amqps://user:password@host/vhost or embedded:"


def open_bus(
    url: str,
    *,
    now: Callable[[], int],
    random: Callable[[], float],
    data_dir: Path,
    options: BusOptions = _DEFAULTS,
) -> AbstractAsyncContextManager[MeasuredBus]:
    """`now` in epoch milliseconds, `random` in [0, 1).

    Entering raises `ConfigurationError` for what waiting cannot heal. A broker that is down is not
    that: the bus then opens degraded, `check` says why, and it connects by itself.
    """
    if url == "embedded:":
        return open_embedded(data_dir, now=now, random=random, options=options)
    try:
        address = URL(url)
        usable = address.scheme in ("amqp", "amqps") and bool(address.host)
    except ValueError:
        usable = False
    if not usable:
        # The address is not repeated: it may hold a password.
        raise ConfigurationError("The bus address is not one that is known.", remedy=_REMEDY)
    return open_rabbitmq(address, now=now, random=random, options=options)
