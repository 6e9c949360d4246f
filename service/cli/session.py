"""What every command is given, and the type of a command."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TextIO

import msgspec

from service.cli.ending import Ending, failed
from service.cli.node_client import NodeClient, open_client
from service.cli.output import Output
from service.cli.whereabouts import whereabouts

Ask = Callable[[str], str]
"""Prompts for a secret without echo."""


class Session(msgspec.Struct, frozen=True):
    arguments: argparse.Namespace
    out: Output
    environ: Mapping[str, str]
    ask: Ask | None
    """None where nobody is there to ask."""
    stdin: TextIO

    def text(self, name: str) -> str:
        """An argument that is text; '' when it was not given."""
        value: str | None = getattr(self.arguments, name, None)
        return value or ""

    def flag(self, name: str) -> bool:
        return bool(getattr(self.arguments, name, False))

    def number(self, name: str) -> int:
        value: int = getattr(self.arguments, name)
        return value

    def number_or(self, name: str, default: float) -> float:
        value: float | None = getattr(self.arguments, name, None)
        return default if value is None else value

    def words(self, name: str) -> tuple[str, ...]:
        value: list[str] | None = getattr(self.arguments, name, None)
        return tuple(value or ())

    def agreed(self, question: str, option: str) -> bool:
        """Asks a person; where nobody is there to answer, the option has to be given."""
        if self.ask is None:
            raise failed(question, f"Add {option} when you are sure.", Ending.USAGE)
        self.out.warn(f"{question} Go on? [y/N]")
        return self.stdin.readline().strip().lower() in ("y", "yes")

    def given(self, text: str, what: str) -> str:
        """A value that may stand elsewhere: `@file`, `env:NAME`, or `-` for standard input."""
        if text == "-":
            return self.stdin.read().strip()
        if text.startswith("@"):
            return read_text(Path(text[1:]), what).strip()
        if text.startswith("env:"):
            name = text.removeprefix("env:")
            if name not in self.environ:
                raise failed(
                    f"{what}: the environment has no variable {name}.", "Set it, or correct it."
                )
            return self.environ[name]
        return text


Call = Callable[[Session], int]
NodeCall = Callable[[Session, NodeClient], Awaitable[int | None]]
"""Answers the exit code where it is another one than 0."""


def on_node(call: NodeCall) -> Call:
    """A command that talks to a running node."""

    async def talk(session: Session) -> int:
        place = whereabouts(session.arguments, session.environ)
        token = session.given(place.token, "--token") if place.token else ""
        async with open_client(place, token) as node:
            return await call(session, node) or Ending.OK

    def run(session: Session) -> int:
        return asyncio.run(talk(session))

    return run


def read_text(path: Path, what: str) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise failed(
            f"{what}: cannot read {path}: {error.strerror}.", "Name a file that you may read."
        ) from error
    except UnicodeDecodeError as error:
        raise failed(f"{what}: {path} is not UTF-8 text.", "Save it as UTF-8.") from error
