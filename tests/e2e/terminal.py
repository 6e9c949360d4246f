"""The command line of one node's administrator, within this process."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import msgspec

from service.cli.program import run_program
from tests.e2e.companies import eventually


class Refused(Exception):
    """The command said no; the text is what stood on standard error."""


class Terminal(msgspec.Struct, frozen=True):
    """The command line of one node's admin."""

    config: Path

    async def __call__(self, *words: str) -> Any:
        """The answer as JSON. Raises `Refused`."""
        out, err = io.StringIO(), io.StringIO()
        given = (*words, "--config", str(self.config), "--json")
        code = await asyncio.to_thread(run_program, given, {}, io.StringIO(), out, err, None)
        if code:
            raise Refused(err.getvalue())
        return json.loads(out.getvalue())

    async def refuses(self, *words: str) -> str:
        """What it says, and what to do next."""
        try:
            answer = await self(*words)
        except Refused as refused:
            problem = json.loads(str(refused))["error"]
            assert problem["remedy"], problem
            return str(problem["detail"])
        raise AssertionError(f"{words} was not refused: {answer}")

    async def show(self, name: str) -> Any:
        return await self("connection", "show", name)

    async def becomes(self, name: str, status: str) -> Any:
        async def look() -> Any:
            shown = await self.show(name)
            return shown if shown["status"] == status else None

        return await eventually(look, f"{name} becomes {status} in {self.config}", seconds=30)
