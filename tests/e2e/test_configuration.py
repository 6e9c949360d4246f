"""A node's configuration in a Git repository: planned, applied and rolled back by the command line,
while an issue that is under sync shows what it does."""

import asyncio
import io
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from service.cli.program import run_program
from service.quickstart.stage import Stage
from tests.e2e.companies import CONNECTION, companies, eventually, people
from tests.e2e.people import Alice, Bob

RULES = f"connections/{CONNECTION}"
SNIPPET = """def ours(name: str | None) -> str:
    return (name or "").removeprefix("EU: ")
"""
CASE = {
    "issue": {"fields": {"summary": "Sprocket"}},
    "sent": {"fields": {"summary": "EU: Sprocket"}},
}


class Desk(msgspec.Struct, frozen=True):
    """What an administrator of harbor has: a repository, a shell, and a look at both trackers."""

    stage: Stage
    alice: Alice
    bob: Bob
    repository: Path

    async def tidegate(self, *words: str, **environ: str) -> tuple[int, str, str]:
        """From within the repository's configuration; `DIR` stands for its folder."""
        given = [str(self.folder) if word == "DIR" else word for word in words]
        if words[:2] != ("rules", "test"):
            given += ["--config", str(self.stage.folder / "harbor.toml")]
        out, err = io.StringIO(), io.StringIO()
        code = await asyncio.to_thread(run_program, given, environ, io.StringIO(), out, err, None)
        return int(code), out.getvalue(), err.getvalue()

    @property
    def folder(self) -> Path:
        return self.repository / "config"

    def git(self, *words: str) -> str:
        identity = ("-c", "user.name=Ann", "-c", "user.email=ann@harbor.example")
        done = subprocess.run(
            ("git", "-C", str(self.repository), *identity, *words),
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout

    def commit(self, subject: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", subject)

    def read(self, name: str) -> str:
        return (self.folder / RULES / name).read_text()

    def write(self, name: str, text: str) -> None:
        (self.folder / RULES / name).write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        text = self.read(name)
        assert old in text
        self.write(name, text.replace(old, new))

    async def exported(self) -> str:
        """What the node has that the repository does not say."""
        code, _, err = await self.tidegate("export", "DIR")
        assert code == 0, err
        return self.git("status", "--porcelain")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    folder = tmp_path_factory.mktemp("g")
    (folder / "s").mkdir()
    async with companies(folder / "s") as stage, people(stage) as (alice, bob):
        made = Desk(stage, alice, bob, folder / "repository")
        made.repository.mkdir()
        made.git("init", "--quiet", "--initial-branch=main")
        yield made


@pytest.mark.asyncio(loop_scope="module")
async def test_a_change_of_rules_tables_and_triggers_goes_through_git(desk: Desk) -> None:
    alice, bob = desk.alice, desk.bob
    first = await alice.create("Gear", "Turns")
    there = await _arrives(desk, "Gear")
    await bob.move(there, "Active")
    await _reaches(desk, first, "In Progress")
    await _begin(desk)
    await _propose(desk)
    await _check_as_ci_does(desk)
    desk.git("switch", "--quiet", "main")
    desk.git("merge", "--quiet", "--no-ff", "--message", "Merge the EU names", "eu")
    code, out, err = await desk.tidegate("apply", "DIR", "--yes")
    assert code == 0, err
    assert f"version 2 of {CONNECTION}" in out
    await alice.rename(first, "Cog")
    assert await _arrives(desk, "EU: Cog") == there
    await bob.move(there, "Resolved")
    await _reaches(desk, first, "Done")
    await alice.create("At home", "Nobody shares this")
    await alice.label(await alice.create("Shared", "For all"), "shared")
    await _arrives(desk, "EU: Shared")
    assert "EU: At home" not in await _titles(desk)
    code, out, _ = await desk.tidegate("activity", "--json")
    entries = [each for each in json.loads(out)["results"] if each.get("issue") == first]
    assert [entry["detail"]["rules"] for entry in entries] == [2, 1]
    code, out, _ = await desk.tidegate("rules", "list", CONNECTION, "--json")
    newest = json.loads(out)["results"][0]
    assert newest["message"].startswith("Merge the EU names (")
    assert newest["author"].startswith("user ")


async def _begin(desk: Desk) -> None:
    assert await desk.exported() == "?? config/\n"
    token = desk.stage.harbor.tracker_token
    everything = "".join(f.read_text() for f in desk.folder.rglob("*") if f.is_file())
    assert token not in everything
    assert desk.stage.harbor.hook_secret not in everything
    desk.commit("As it stands")
    assert await desk.exported() == "", "the second export differs"
    code, out, _ = await desk.tidegate("plan", "DIR", "--exit-code")
    assert (code, out.strip()) == (0, "Nothing would change.")


async def _propose(desk: Desk) -> None:
    desk.git("switch", "--quiet", "--create", "eu")
    desk.edit("outgoing.py", "summary=issue.summary", 'summary="EU: " + issue.summary')
    desk.edit("incoming.py", "summary=replica.summary", "summary=ours(replica.summary)")
    desk.write("incoming.py", f"from snippets.names import ours\n\n\n{desk.read('incoming.py')}")
    snippet = desk.folder / "snippets" / "names.py"
    snippet.parent.mkdir()
    snippet.write_text(SNIPPET)
    desk.edit(
        "incoming.py",
        'must_map("status", STATUS, replica.status)',
        'mapped("status", replica.status)',
    )
    lines = {"New": "To Do", "Active": "In Progress", "Resolved": "Done", "Closed": "Done"}
    rows = "".join(f'  {{ there = "{t}", here = "{h}" }},\n' for t, h in lines.items())
    desk.write("mappings.toml", f"[tables.status]\nvalues = [\n{rows}]\n")
    desk.write("triggers.toml", '[shared]\nquery = "labels = shared"\nnotes = "For lagoon"\n')
    text = desk.read("connection.toml")
    assert '[settings.trigger]\nproject = "HARBOR"\n' in text
    desk.edit("connection.toml", '[settings.trigger]\nproject = "HARBOR"\n', "")
    (desk.folder / RULES / "eu.json").write_text(json.dumps(CASE))
    desk.commit("EU names")


async def _check_as_ci_does(desk: Desk) -> None:
    code, out, err = await desk.tidegate("rules", "test", str(desk.folder / "connections"))
    assert code == 0, out + err
    code, out, err = await desk.tidegate("plan", "DIR", "--exit-code", "--keep-secrets")
    assert code == 2, err
    print(out)
    assert f"~ connection {CONNECTION}" in out
    assert '+        summary="EU: " + issue.summary,' in out
    assert 'settings.mappings.status.values.Resolved: nothing -> "Done"' in out
    assert 'triggers.shared.query: nothing -> "labels = shared"' in out
    assert 'settings.trigger.project: "HARBOR" -> nothing' in out
    assert "+ snippet names" in out
    assert "1 to create, 1 to change, 0 to remove (edition " in out


@pytest.mark.asyncio(loop_scope="module")
async def test_nothing_is_applied_of_a_change_with_one_bad_rule(desk: Desk) -> None:
    desk.edit("outgoing.py", "issue.summary", "issue.sumary")
    desk.edit("mappings.toml", 'here = "In Progress"', 'here = "Done"')
    desk.edit("triggers.toml", "For lagoon", "For nobody")
    for command in (("plan",), ("apply", "--yes")):
        code, out, err = await desk.tidegate(command[0], "DIR", *command[1:])
        assert code == 1, out + err
        assert f"{RULES}/outgoing.py:6" in out
        assert "sumary" in out
    desk.git("checkout", "--quiet", ".")
    assert await desk.exported() == ""


@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_wrong_in_tables_and_queries_is_told_with_its_line(desk: Desk) -> None:
    desk.edit("mappings.toml", 'here = "In Progress"', 'here = "In Progres"')
    desk.edit("triggers.toml", "labels = shared", "labels is shared")
    code, out, _ = await desk.tidegate("plan", "DIR")
    assert code == 1
    assert f"{RULES}/mappings.toml:4: There is no status 'In Progres' here." in out
    assert "Did you mean In Progress" in out
    assert f"{RULES}/triggers.toml:2: " in out
    desk.git("checkout", "--quiet", ".")


@pytest.mark.asyncio(loop_scope="module")
async def test_a_change_is_taken_back_by_git_and_by_the_node(desk: Desk) -> None:
    alice = desk.alice
    key = (await alice.keys())[0]
    desk.git("revert", "--no-edit", "--mainline", "1", "HEAD")
    code, out, err = await desk.tidegate("apply", "DIR", "--yes", "--prune")
    assert code == 0, err
    assert "- snippet names" in out
    assert f"version 3 of {CONNECTION}" in out
    assert await desk.exported() == ""
    await alice.rename(key, "Wheel")
    await _arrives(desk, "Wheel")
    code, _, err = await desk.tidegate("rules", "rollback", CONNECTION, "2")
    assert code == 0, err
    await alice.rename(key, "Pinion")
    await _arrives(desk, "EU: Pinion")
    # With the snippet of then, which is on the node no more.
    assert await desk.exported() == (
        f" M config/{RULES}/incoming.py\n M config/{RULES}/outgoing.py\n"
        f"?? config/{RULES}/snippets/\n"
    )
    code, _, err = await desk.tidegate("plan", "DIR", "--exit-code")
    assert code == 0, err
    desk.git("checkout", "--quiet", ".")
    desk.git("clean", "-dfq")
    code, out, _ = await desk.tidegate("plan", "DIR", "--exit-code")
    assert code == 2
    assert '-        summary="EU: " + issue.summary,' in out


@pytest.mark.asyncio(loop_scope="module")
async def test_a_plan_is_not_applied_to_a_node_that_changed_meanwhile(desk: Desk) -> None:
    code, out, _ = await desk.tidegate("plan", "DIR", "--json")
    edition = json.loads(out)["edition"]
    code, _, err = await desk.tidegate("connection", "set", CONNECTION, "--record-hours", "5")
    assert code == 0, err
    code, _, err = await desk.tidegate("apply", "DIR", "--yes", "--planned", edition)
    assert code == 1
    assert "since the plan was made" in err
    body = {"wanted": {}, "edition": edition}
    with pytest.raises(Exception, match="412"):
        await desk.stage.harbor_admin.ask("POST", "/api/v2/configuration/apply", body)


async def _arrives(desk: Desk, title: str) -> str:
    async def look() -> str | None:
        return (await _titles(desk)).get(title)

    return await eventually(look, f"{title!r} arrives", stage=desk.stage, pause=0.1)


async def _titles(desk: Desk) -> dict[str, str]:
    """Of lagoon's items, with their keys."""
    return {(await desk.bob.look(key)).summary: key for key in await desk.bob.keys()}


async def _reaches(desk: Desk, key: str, status: str) -> None:
    async def look() -> bool:
        return (await desk.alice.look(key)).status == status

    await eventually(look, f"{key} is {status}", stage=desk.stage, pause=0.1)
