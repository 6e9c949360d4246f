"""Listens: on a TCP address or on a private Unix socket, hardened against slow and many callers."""

import asyncio
import os
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import structlog
from aiohttp import web

from schemas.errors import ConfigurationError
from service.web.callers import Callers
from service.web.doorkeeper import NO_PROXIES, Doorkeeper
from service.web.malformed import server_logger
from service.web.refusals import Door, Refusals

log = structlog.get_logger()

_LONGEST_SOCKET_PATH = 107


class Hardening(msgspec.Struct, frozen=True):
    keepalive_seconds: float = 20.0
    """Closes idle connections and slow headers. Longer than the 15 s of aiohttp's own client, so
    that a peer does not write into a connection that we are closing."""
    lingering_seconds: float = 2.0
    connections: int = 2_000
    """More are closed at once; each private peer holds one."""
    per_address: int = 500
    """Connections from one address that is none of the trusted proxies."""
    shutdown_seconds: float = 5.0
    line_bytes: int = 16_384
    """Of a request's first line: a query with several filters, all of it escaped."""


DEFAULT = Hardening()


@asynccontextmanager
async def listening(
    app: web.Application,
    host: str,
    port: int,
    hardening: Hardening = DEFAULT,
    *,
    door: Door = "other",
    callers: Callers = NO_PROXIES,
    refusals: Refusals | None = None,
) -> AsyncIterator[tuple[str, int]]:
    """Gives the address bound (port 0 takes a free one). Raises `ConfigurationError` when taken."""
    keeper = Doorkeeper(hardening.connections, hardening.per_address, callers, door, refusals)
    async with _running(app, hardening, keeper) as runner:
        site = _TcpSite(runner, host, port, keeper)
        try:
            await site.start()
        except OSError as error:
            raise ConfigurationError(
                f"Cannot listen on {host}:{port}: {error.strerror or error}",
                remedy="Choose another address in [listen], or stop what holds this one.",
            ) from error
        bound_host, bound_port = runner.addresses[0][:2]
        log.info("web.listening", address=f"{bound_host}:{bound_port}")
        yield str(bound_host), int(bound_port)


@asynccontextmanager
async def listening_on_socket(
    app: web.Application, path: Path, hardening: Hardening = DEFAULT
) -> AsyncIterator[None]:
    """A Unix socket that its owner alone may use."""
    if len(os.fsencode(path)) > _LONGEST_SOCKET_PATH:
        raise ConfigurationError(
            f"The path of the admin socket is too long: {path}",
            remedy="Choose a data folder with a shorter path.",
        )
    async with _running(app, hardening, None) as runner:
        try:
            _clear(path)
            bound = _bind(path)
        except OSError as error:
            raise ConfigurationError(
                f"Cannot make the admin socket {path}: {error.strerror or error}",
                remedy="Check that the data folder exists and is writable.",
            ) from error
        try:
            await _UnixSite(runner, bound).start()
            log.info("web.listening", address=str(path))
            yield
        finally:
            _remove(path)


@asynccontextmanager
async def _running(
    app: web.Application, hardening: Hardening, keeper: Doorkeeper | None
) -> AsyncIterator[web.AppRunner]:
    logger = server_logger(keeper.door, keeper.malformed) if keeper else server_logger("admin")
    runner = web.AppRunner(
        app,
        handle_signals=False,
        access_log=None,
        logger=logger,
        # Bodies are never unpacked, also not those that are refused and read to their end.
        auto_decompress=False,
        keepalive_timeout=hardening.keepalive_seconds,
        lingering_time=hardening.lingering_seconds,
        shutdown_timeout=hardening.shutdown_seconds,
        max_line_size=hardening.line_bytes,
    )
    await runner.setup()
    try:
        yield runner
    finally:
        await runner.cleanup()


class _TcpSite(web.BaseSite):
    """Like aiohttp's, with a keeper who lets in only so many."""

    def __init__(self, runner: web.AppRunner, host: str, port: int, keeper: Doorkeeper) -> None:
        super().__init__(runner)
        self._host = host
        self._port = port
        self._keeper = keeper

    @property
    def name(self) -> str:
        return f"http://{self._host}:{self._port}"

    async def start(self) -> None:
        await super().start()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._protocol, self._host, self._port, backlog=self._backlog
        )

    def _protocol(self) -> asyncio.Protocol:
        return self._keeper.entrance(self._runner.server)


class _UnixSite(web.BaseSite):
    def __init__(self, runner: web.AppRunner, bound: socket.socket) -> None:
        super().__init__(runner)
        self._bound = bound

    @property
    def name(self) -> str:
        return f"unix:{self._bound.getsockname()}"

    async def start(self) -> None:
        await super().start()
        server = self._runner.server
        if server is not None:
            self._server = await asyncio.get_running_loop().create_unix_server(
                server, sock=self._bound, backlog=self._backlog
            )


def _bind(path: Path) -> socket.socket:
    """The mode is set before anybody can connect: that needs `listen`, which comes later."""
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bound.bind(str(path))
        path.chmod(0o600)
    except OSError:
        bound.close()
        raise
    bound.setblocking(False)
    return bound


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _clear(path: Path) -> None:
    """Removes the socket of a node that died; refuses when one still answers."""
    if not path.exists() or not stat.S_ISSOCK(path.stat().st_mode):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            _remove(path)
            return
    raise ConfigurationError(
        f"Another node is running on {path.parent}",
        remedy="Give each node its own data folder, or stop the other one.",
    )
