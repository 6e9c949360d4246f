"""Runs one node from its configuration until it is told to stop."""

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from schemas.errors import ConfigurationError
from service.background import Background
from service.config.model import Config, Limits
from service.config.reload import reloaded
from service.entrances import Entrances
from service.log import Redactor, configure_logging
from service.parts import Parts, Runners, api_rate, peer_rate, refusal_rate

log = structlog.get_logger()

SWITCH_SECONDS = 0.0005
"""Threads that run the store must get the interpreter soon, also from a busy event loop."""


async def run_node(config: Config, reread: Callable[[], Config] | None = None) -> int:
    """Until SIGTERM or SIGINT. On SIGHUP `reread` tells the configuration anew.

    Raises `ConfigurationError` for what waiting cannot heal.
    """
    redactor = Redactor(config.secrets())
    configure_logging(config.log.format, config.log.level, redactor=redactor)
    sys.setswitchinterval(SWITCH_SECONDS)
    stop, reload_ = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reload_.set)
    async with open_node(config, redactor) as node:
        # What stands by now stays: no full collection has to stop the loop to walk over it.
        gc.freeze()
        await node.run(stop, reload_, reread or (lambda: config))
    return 0


@asynccontextmanager
async def open_node(config: Config, redactor: Redactor) -> AsyncIterator["Node"]:
    async with AsyncExitStack() as stack:
        node = Node(config, redactor, stack)
        await node.open()
        yield node


class Node:
    def __init__(self, config: Config, redactor: Redactor, stack: AsyncExitStack) -> None:
        self.parts = Parts(config, redactor, stack)
        self._background = Background(self.parts)
        self._entrances = Entrances(self.parts, stack)

    async def open(self) -> None:
        tasks = self._background
        await self.parts.open(Runners(tasks.scan, tasks.watch, tasks.reach))

    async def run(
        self, stop: asyncio.Event, reload_: asyncio.Event, reread: Callable[[], Config]
    ) -> None:
        parts = self.parts
        self._background.start()
        await parts.arrangement.arrange()
        await self._entrances.open()
        parts.board.open()
        kind = "public" if parts.config.node.public else "private"
        parts.notifier.ready(f"{kind} node, listening on {self._entrances.address}")
        log.info("node.ready", node=parts.config.node.name, id=parts.identity.id, kind=kind)
        while not stop.is_set():
            await _first(stop, reload_)
            if reload_.is_set() and not stop.is_set():
                reload_.clear()
                await self._reload(reread)
        await self._stop()

    async def _reload(self, reread: Callable[[], Config]) -> None:
        """Takes over what can change while running; a wrong file changes nothing."""
        parts = self.parts
        parts.notifier.reloading()
        try:
            fresh = reread()
        except ConfigurationError as error:
            log.error("node.reload_refused", error=error)
            parts.notifier.ready()
            return
        changed, parts.config = reloaded(parts.config, fresh)
        configure_logging(parts.config.log.format, parts.config.log.level, redactor=parts.redactor)
        self._take_limits(parts.config.limits)
        await parts.changed()
        await parts.arrangement.begin_anew()
        parts.notifier.ready()
        log.info("node.reloaded", changed=changed.taken, needs_restart=changed.left)

    def _take_limits(self, limits: Limits) -> None:
        parts = self.parts
        parts.worker.settle = limits.settle_ms
        parts.sink.partial_hours = limits.partial_hours
        parts.asked_often.allow(*peer_rate(limits))
        parts.refused_often.allow(*refusal_rate(limits))
        parts.api_often.allow(*api_rate(limits))

    async def _stop(self) -> None:
        parts = self.parts
        parts.board.close("stopping")
        parts.notifier.stopping()
        log.info("node.stopping", drain_seconds=parts.config.limits.drain_seconds)
        parts.broadcast.close()
        await parts.bulk.close()
        self._entrances.release()
        parts.dry_runs.release()
        await parts.supervisor.stop(parts.config.limits.drain_seconds)
        log.info("node.stopped")


async def _first(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*waits)
