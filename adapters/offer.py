"""What an adapter's package offers to the daemon, be it built in or installed."""

from collections.abc import Callable
from typing import Any

import aiohttp
import msgspec

from adapters.port import Capabilities, Tracker
from schemas.values import Millis

OpenTracker = Callable[[str, dict[str, Any], aiohttp.ClientSession, Callable[[], Millis]], Tracker]


class Option(msgspec.Struct, frozen=True):
    """A setting of a simulator on the command line: `webhook_secret` becomes --webhook-secret."""

    name: str
    help: str
    secret: bool = False
    """May then also stand in a file or in the environment."""


class Simulator(msgspec.Struct, frozen=True):
    """A pretended tracker, for `tidegate simulate <system>`."""

    run: str
    """`package.module:function`, loaded only when it is to run. A coroutine function that serves
    until it is cancelled: `run(port, *, webhook, token, project, host, announce)`, and the options
    by name; `webhook` is a URL or None, `announce` gets one line per thing worth knowing."""
    title: str
    """With its article, such as "a Redmine"."""
    port: int
    project: str
    options: tuple[Option, ...] = ()


class Adapter(msgspec.Struct, frozen=True):
    capabilities: Capabilities
    """`capabilities.system` is the name under which a connector asks for it."""
    open: OpenTracker
    """(connector's name, params, session, clock); raises `ConfigurationError` for wrong params."""
    simulator: Simulator | None = None
