"""`simulate`: a pretended tracker, to play with."""

import argparse
import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine
from functools import partial
from pkgutil import resolve_name
from typing import Any

from adapters.offer import Option, Simulator
from schemas.errors import ConfigurationError
from service.cli.ending import Ending, failed
from service.cli.parsing import NOWHERE, Commands, command, group
from service.cli.session import Session

NAME = "simulate"
_TOKEN = "simulator-token"  # noqa: S105 - opens a pretended tracker only
_SECRET = "@file or env:NAME"  # noqa: S105 - where a secret may stand


def add_to(commands: Commands, *, load: bool) -> None:
    """Without `load` only its name: loading every adapter takes longer than most commands."""
    simulators = group(commands, NAME, "Pretended trackers to play with")
    if not load:
        return
    from adapters import registry  # noqa: PLC0415 - see above

    for system in registry.names():
        try:
            simulator = registry.find(system).simulator
        except ConfigurationError as error:
            command(
                simulators,
                system,
                "is broken",
                partial(_refuse, error),
                examples=f"simulate {system}",
                place=NOWHERE,
            )
            continue
        if simulator is not None:
            _add(simulators, system, simulator)


def _add(simulators: Commands, system: str, simulator: Simulator) -> None:
    parser = command(
        simulators,
        system,
        f"pretend to be {simulator.title} until stopped",
        partial(_run, simulator),
        examples=f"simulate {system} --port {simulator.port} --project {simulator.project}",
        place=NOWHERE,
    )
    port, project = simulator.port, simulator.project
    parser.add_argument("--port", type=int, default=port, help=f"{port} if not given, 0: any free")
    parser.add_argument("--host", default="127.0.0.1", help="loopback if not given")
    parser.add_argument("--project", default=project, help=f"its project ({project})")
    parser.add_argument("--webhook", metavar="URL", help="told of every change, where it can be")
    parser.add_argument(
        "--token",
        default=_TOKEN,
        metavar="TOKEN",
        help=f"what a connector must show: {_SECRET}; {_TOKEN} if not given",
    )
    for option in simulator.options:
        _add_option(parser, option)


def _add_option(parser: argparse.ArgumentParser, option: Option) -> None:
    words = f"{option.help}: {_SECRET}" if option.secret else option.help
    kind = "SECRET" if option.secret else "TEXT"
    parser.add_argument(_flag(option), default="", metavar=kind, help=words)


def _flag(option: Option) -> str:
    return "--" + option.name.replace("_", "-")


def _refuse(error: ConfigurationError, session: Session) -> int:
    raise error


def _run(simulator: Simulator, session: Session) -> int:
    serve: Callable[..., Coroutine[Any, Any, None]] = resolve_name(simulator.run)
    serving = serve(
        session.number("port"),
        webhook=session.text("webhook") or None,
        token=session.given(session.text("token"), "--token"),
        project=session.text("project"),
        host=session.text("host"),
        announce=session.out.line,
        **{option.name: _value(option, session) for option in simulator.options},
    )
    try:
        asyncio.run(_until_told_to_stop(serving))
    except OSError as error:
        raise failed(
            f"Cannot listen on {session.text('host')}:{session.number('port')}: {error.strerror}.",
            "Choose another --port.",
        ) from error
    return Ending.OK


def _value(option: Option, session: Session) -> str:
    text = session.text(option.name)
    return session.given(text, _flag(option)) if option.secret else text


async def _until_told_to_stop(serving: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(serving)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
