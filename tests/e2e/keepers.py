"""The administrators of two paired nodes, with an issue that travels both ways."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from tests.e2e.companies import CONNECTION, eventually
from tests.e2e.rig import Rig, open_rig
from tests.e2e.terminal import Terminal
from tests.support.ports import free_port


class Keepers(msgspec.Struct, frozen=True):
    """The two administrators. Harbor is private, with Jira; lagoon public, with Azure DevOps."""

    rig: Rig
    harbor: Terminal
    lagoon: Terminal
    issue: str
    """In Jira."""
    work_item: str
    """Its mirror."""

    async def travels(self, words: str) -> None:
        """An edit of either side reaches the other."""
        await self.reaches_lagoon(f"{words} of harbor")
        await self.rig.bob.rename(self.work_item, f"{words} of lagoon")

        async def arrived() -> bool:
            return (await self.rig.alice.look(self.issue)).summary == f"{words} of lagoon"

        await eventually(arrived, f"{words}: from lagoon", stage=self.rig.stage, seconds=20)

    async def reaches_lagoon(self, summary: str) -> None:
        await self.rig.alice.rename(self.issue, summary)
        await self.arrives(summary)

    async def arrives(self, summary: str) -> None:
        async def look() -> bool:
            return (await self.rig.bob.look(self.work_item)).summary == summary

        await eventually(look, f"{summary} arrives", stage=self.rig.stage, seconds=20)

    async def twins(self) -> list[Any]:
        """What both nodes have under sync, by the pair's id and issues."""
        found = []
        for terminal in (self.harbor, self.lagoon):
            items = (await terminal("twins", "--connection", CONNECTION))["results"]
            found.append([(t["id"], t["issue"], t["remote_issue"]) for t in items])
        return found

    async def told(self, terminal: Terminal) -> Any:
        """The peer has the newest keys of this node."""

        async def look() -> Any:
            keys = await terminal("node", "keys")
            return keys if not keys["waiting"] else None

        return await eventually(look, f"{terminal.config} has told its keys", seconds=20)


@asynccontextmanager
async def keepers(folder: Path, peers: str = "") -> AsyncIterator[Keepers]:
    port = free_port()
    async with open_rig(
        folder, lagoon_port=port, public_port=port, settle_ms=100, peers=peers
    ) as rig:
        harbor, lagoon = (Terminal(folder / f"{name}.toml") for name in ("harbor", "lagoon"))
        issue = await rig.alice.create("first", "words")

        async def mirrored() -> str | None:
            keys = await rig.bob.keys()
            return keys[0] if keys else None

        work_item = await eventually(mirrored, "the first issue arrives", stage=rig.stage)
        made = Keepers(rig, harbor, lagoon, issue, work_item)
        await made.travels("at first")
        yield made
