"""Every way to a connection and to its end, from the command line alone, between whole nodes."""

import asyncio
import csv
import io
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from service.quickstart.admin import Admin
from service.quickstart.options import parse
from service.quickstart.processes import free_port
from service.quickstart.stage import Stage, open_stage
from tests.e2e.companies import eventually
from tests.e2e.terminal import Terminal

HARBOR = ("--project", "HARBOR", "--type", "Task")
LAGOON = ("--project", "Lagoon", "--type", "Bug")
_REEF = """\
data = "{folder}/reef"
[node]
name = "reef"
public_url = "{url}"
[listen]
address = "{address}"
[peers]
allow_http_hosts = ["127.0.0.1"]
allow_networks = ["127.0.0.0/8"]
[trackers]
allow_networks = ["127.0.0.0/8"]
"""


class Field(msgspec.Struct, frozen=True):
    stage: Stage
    harbor: Terminal
    """Private, with Jira."""
    lagoon: Terminal
    """Public, with Azure DevOps, and a connector of its own to that Jira."""
    reef: Terminal
    """Public, with that Jira too."""
    lagoon_url: str
    reef_url: str

    async def travels(self, source: Terminal, name: str, target: Terminal, other: str) -> Any:
        """A new Jira issue comes under sync by command, and arrives. Answers its twin there."""
        key = await self.stage.harbor_person.create(f"by {name}", "…")
        await source("sync", key, "--connection", name)

        async def arrived() -> Any:
            twins = (await target("twins", "--connection", other))["results"]
            return next((t for t in twins if t["remote_issue"] == key and t["issue"]), None)

        return await eventually(arrived, f"{key} arrives by {name}", stage=self.stage, seconds=30)


@asynccontextmanager
async def field(folder: Path) -> AsyncIterator[Field]:
    options = parse(["--once", "--folder", str(folder)])
    async with open_stage(options, folder, lambda _: None) as stage:
        address = f"127.0.0.1:{free_port('127.0.0.1')}"
        config, url = folder / "reef.toml", f"http://{address}"
        text = _REEF.format(folder=folder, url=url, address=address)
        await asyncio.to_thread(config.write_text, text)
        (folder / "reef").mkdir(mode=0o700)
        command = (sys.executable, "-m", "service.cli", "run", "--config", str(config))
        await stage.processes.start("reef", *command)
        async with Admin("reef", folder / "reef" / "tidegate.sock") as admin:
            await admin.wait_until_ready(stage.processes)
        harbor, lagoon = (Terminal(folder / f"{name}.toml") for name in ("harbor", "lagoon"))
        made = Field(stage, harbor, lagoon, Terminal(config), stage.lagoon.node_url, url)
        await _connectors(made)
        yield made


async def _connectors(at: Field) -> None:
    jira, azure = at.stage.harbor, at.stage.lagoon
    by_jira = ("jira", jira.tracker_url, "--param", f"token={jira.tracker_token}")
    for terminal, name in ((at.harbor, "tracker"), (at.reef, "tracker"), (at.lagoon, "jira")):
        await terminal("connector", "add", name, *by_jira)
    await at.lagoon(
        *("connector", "add", "tracker", "azure-devops", azure.tracker_url + "/simulation"),
        *("--param", f"token={azure.tracker_token}", "--param", f"project={azure.project}"),
    )


def initiate(*more: str, local: str, remote: str) -> tuple[str, ...]:
    sides = ("--local-side", local, "--remote-side", remote)
    return ("connection", "initiate", "--connector", "tracker", *sides, *more)


def accept(code: str, *more: str) -> tuple[str, ...]:
    return ("connection", "accept", code, "--connector", "tracker", *more)


async def test_every_way_to_a_connection_and_every_refusal(folder: Path) -> None:
    async with field(folder) as at:
        await _public_invites_whom_it_cannot_reach(at)
        await _public_invites_a_url(at)
        await _private_invites_a_url(at)
        await _both_trackers_on_one_node(at)
        await _refusals(at)
        await _paused_on_either_side(at)
        await _removed_and_paired_again(at)


async def _public_invites_whom_it_cannot_reach(at: Field) -> None:
    begun = await at.lagoon(*initiate(*LAGOON, "--mode", "script", local="lagoon", remote="harbor"))
    name = begun["connection"]["name"]
    assert name == "lagoon-harbor"
    assert (begun["connection"]["status"], begun["connection"]["peer"]) == ("pending", "unknown")
    joined = await at.harbor(*accept(begun["invitation"], *HARBOR))
    assert (joined["status"], joined["mode"], joined["type"]) == ("pending", "script", "private")
    here = await at.lagoon.show(name)
    assert here["check"] == joined["check"]
    await at.harbor("connection", "confirm", name, here["check"])
    await at.lagoon("connection", "confirm", name, joined["check"])
    assert (await at.harbor.becomes(name, "active"))["confirmed"] == "both"
    assert (await at.lagoon.becomes(name, "active"))["peer"] == "harbor"
    assert (await at.harbor("invitation", "list"))["results"] == []
    assert (await at.lagoon("invitation", "show", name))["status"] == "used"
    await at.travels(at.harbor, name, at.lagoon, name)
    shown = await at.lagoon.show(name)
    assert shown["twins"] == 1
    assert shown["last_sync"] > shown["status_since"] > 0


async def _public_invites_a_url(at: Field) -> None:
    probed = await at.lagoon("connection", "probe", at.reef_url)
    assert "script" in probed["modes"]
    assert probed["release"]
    to_reef = (*LAGOON, "--destination", at.reef_url, "--trust")
    begun = await at.lagoon(*initiate(*to_reef, local="lagoon", remote="reef"))
    said = await at.harbor.refuses(*accept(begun["invitation"], *HARBOR))
    assert "another node" in said
    joined = await at.reef(*accept(begun["invitation"], *HARBOR, "--trust"))
    assert (joined["status"], joined["type"]) == ("active", "public")
    assert (await at.lagoon.show("lagoon-reef"))["type"] == "public"
    await at.travels(at.reef, "lagoon-reef", at.lagoon, "lagoon-reef")


async def _private_invites_a_url(at: Field) -> None:
    to_lagoon = (*HARBOR, "--destination", at.lagoon_url, "--trust")
    begun = await at.harbor(*initiate("of-harbor", *to_lagoon, local="harbor", remote="lagoon"))
    await at.lagoon(*accept(begun["invitation"], "--name", "from-harbor", *LAGOON, "--trust"))
    await at.harbor.becomes("of-harbor", "active")
    await at.lagoon.becomes("from-harbor", "active")
    await at.travels(at.harbor, "of-harbor", at.lagoon, "from-harbor")


async def _both_trackers_on_one_node(at: Field) -> None:
    begun = await at.lagoon(
        *("connection", "initiate", "inside", "--connector", "jira", *HARBOR),
        *("--local-side", "jira", "--remote-side", "boards", "--remote-connector", "tracker"),
        *("--remote-project", "Lagoon", "--remote-type", "Bug"),
    )
    assert (begun["connection"]["status"], begun["connection"]["type"]) == ("active", "local")
    await at.travels(at.lagoon, "inside", at.lagoon, "inside.boards")


async def _refusals(at: Field) -> None:
    script = (*LAGOON, "--mode", "script")
    begun = await at.lagoon(*initiate("spare", *script, local="lagoon", remote="x"))
    code = begun["invitation"]
    letter = "A" if code[20] != "A" else "B"
    mangled = await at.harbor.refuses(*accept(code[:20] + letter + code[21:], *HARBOR))
    assert "group 3" in mangled
    assert "this very node" in await at.lagoon.refuses(*accept(code, *LAGOON))
    assert "mode 'script'" in await at.harbor.refuses(*accept(code, *HARBOR, "--mode", "basic"))
    wrong_project = ("--project", "NOWHERE")
    assert "NOWHERE" in await at.harbor.refuses(*accept(code, *wrong_project))
    again = (await at.lagoon("invitation", "reissue", "spare"))["invitation"]
    assert "revoked" in await at.harbor.refuses(*accept(code, *HARBOR))
    assert (await at.lagoon("invitation", "revoke", "spare"))["status"] == "revoked"
    assert "revoked" in await at.harbor.refuses(*accept(again, *HARBOR))
    used = (await at.lagoon("invitation", "reissue", "spare"))["invitation"]
    await at.harbor(*accept(used, *HARBOR))
    assert "used" in await at.reef.refuses(*accept(used, *HARBOR))
    assert "used" in await at.lagoon.refuses("invitation", "revoke", "spare")

    def towards(url: str) -> tuple[str, ...]:
        return initiate(*HARBOR, "--destination", url, local="harbor", remote="y")

    nowhere = f"http://127.0.0.1:{free_port('127.0.0.1')}"
    assert "Nothing answers" in await at.harbor.refuses(*towards(nowhere))
    tracker = at.stage.lagoon.tracker_url
    assert "not a node" in await at.harbor.refuses(*towards(tracker))
    assert "very node" in await at.lagoon.refuses("connection", "probe", at.lagoon_url)
    assert "private" in await at.harbor.refuses(*initiate(*HARBOR, local="harbor", remote="y"))
    two_private = await at.harbor(
        *initiate("to-reef", *HARBOR, "--destination", at.reef_url, local="harbor", remote="y")
    )
    assert "another node" in await at.lagoon.refuses(*accept(two_private["invitation"], *LAGOON))
    await at.harbor("connection", "remove", "to-reef")


async def _paused_on_either_side(at: Field) -> None:
    name = "lagoon-harbor"
    await at.lagoon("connection", "pause", name)
    assert (await at.harbor.becomes(name, "paused"))["reason"] == "Paused by lagoon."
    assert "paused by lagoon" in await at.harbor.refuses("connection", "resume", name)
    await at.lagoon("connection", "resume", name)
    await at.harbor.becomes(name, "active")
    await at.travels(at.harbor, name, at.lagoon, name)


async def _removed_and_paired_again(at: Field) -> None:
    name, file = "lagoon-harbor", at.harbor.config.parent / "pairs.csv"
    theirs = file.with_name("theirs.csv")
    await at.lagoon("connection", "pairs", name, "--out", str(theirs))
    assert "under sync" in await at.harbor.refuses("connection", "remove", name)
    await at.harbor("connection", "remove", name, "--pairs", str(file), "--yes")
    pairs = list(csv.DictReader(io.StringIO(file.read_text())))
    assert len(pairs) == 2

    async def gone() -> bool:
        listed = (await at.lagoon("connection", "list"))["results"]
        ended = [c for c in listed if c["status"] == "removed"]
        return any(c["reason"] == "Removed by harbor." and c["twins"] == 0 for c in ended)

    await eventually(gone, "lagoon is told of the removal", stage=at.stage, seconds=30)
    begun = await at.lagoon(
        *initiate(*LAGOON, "--mode", "script", "--trust", local="lagoon", remote="harbor")
    )
    await at.harbor(*accept(begun["invitation"], *HARBOR, "--trust"))
    before = (await at.stage.harbor_person.keys(), await at.stage.lagoon_person.keys())
    report = await at.harbor("connection", "pair-again", name, str(file))
    assert [row["outcome"] for row in report] == ["paired", "paired"]
    await at.lagoon("connection", "pair-again", name, str(theirs))
    key = pairs[0]["local_key"]

    async def in_step() -> bool:
        twins = (await at.harbor("twins", "--connection", name))["results"]
        return len(twins) == 2 and all(t["included"] for t in twins)

    await eventually(in_step, "both sides have heard each other", stage=at.stage, seconds=30)
    await at.stage.harbor_person.rename(key, "renamed after all")
    await at.harbor("sync", key, "--connection", name)

    async def renamed() -> bool:
        seen = await at.stage.lagoon_person.look(pairs[0]["remote_key"])
        return seen.summary == "renamed after all"

    await eventually(renamed, "an edit reaches the issue of before", stage=at.stage, seconds=30)
    after = (await at.stage.harbor_person.keys(), await at.stage.lagoon_person.keys())
    assert after == before
