"""`run` and `migrate`."""

import asyncio
from collections.abc import Callable, Coroutine
from importlib.util import find_spec
from pkgutil import resolve_name
from typing import Any

from service.cli.ending import Ending
from service.cli.parsing import CONFIG, Commands, command
from service.cli.session import Session
from service.cli.whereabouts import configuration
from service.config import Config


def add_to(commands: Commands) -> None:
    command(
        commands,
        "run",
        "run a node until it is told to stop",
        run,
        examples="run --config /etc/tidegate/tidegate.toml",
        place=CONFIG,
    )
    command(
        commands,
        "migrate",
        "bring the store's tables up to date (`run` does it by itself)",
        migrate,
        examples="migrate --config /etc/tidegate/tidegate.toml",
        place=CONFIG,
    )


def run(session: Session) -> int:
    config = configuration(session.arguments, session.environ)
    # Loaded late: other commands must not wait for all of the daemon's parts.
    run_node: Callable[..., Coroutine[Any, Any, int]] = resolve_name("service.node:run_node")

    def reread() -> Config:
        return configuration(session.arguments, session.environ)

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(run_node(config, reread))


def migrate(session: Session) -> int:
    config = configuration(session.arguments, session.environ)
    migrate_store: Callable[[str], None] = resolve_name("service.store.migration:migrate")
    migrate_store(config.store.url)
    session.out.answer({"migrated": True}, "The store is up to date.")
    return Ending.OK


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's where it is installed; it has no Windows version."""
    if find_spec("uvloop") is None:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = resolve_name("uvloop:new_event_loop")
    return factory
