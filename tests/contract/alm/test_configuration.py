"""ALM connectors and connections in a configuration: planned, applied and removed with the rest."""

import asyncio
import io
from collections.abc import AsyncIterator
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from schemas.configuration import Configuration
from schemas.redaction import MASK
from service.cli.folder.writing import write_folder
from service.cli.program import run_program
from service.config.model import Alm
from service.store import alm
from tests.contract.alm.rig import ADMIN, Rig, rigged
from tests.contract.alm.trackers import Place, jira
from tests.support.ports import free_port

KEY = "1/The shop"


class Desk:
    """Who keeps the node's configuration, over its API."""

    def __init__(self, rig: Rig, tracker: Place) -> None:
        self.rig, self.tracker = rig, tracker

    async def held(self) -> dict[str, Any]:
        view = await self.rig.ask("GET", "/configuration")
        found: dict[str, Any] = view["configuration"]
        return found

    def wanted(self, **changes: Any) -> dict[str, Any]:
        connection = {
            "alias": "The shop",
            "project": 1,
            "connector": "Jira: shop",
            "frequency": "daily",
            "params": {**self.tracker.own, "sde_min_priority": 7},
        }
        params = dict(self.tracker.params)
        return {
            "connectors": {"sde": self.sde()},
            "alm_connectors": {"Jira: shop": {"system": "jira", "params": params}},
            "alm_connections": [connection | changes],
        }

    def sde(self) -> dict[str, Any]:
        sde = self.rig.sde
        return {"system": "sd-elements", "params": {"url": sde.url, "token": sde.config.token}}

    async def plan(self, wanted: dict[str, Any], **more: Any) -> dict[str, Any]:
        body = {"wanted": wanted, **more}
        found: dict[str, Any] = await self.rig.ask("POST", "/configuration/plan", body)
        return found

    async def apply(
        self, wanted: dict[str, Any], *, status: int = 200, **more: Any
    ) -> dict[str, Any]:
        plan = await self.plan(wanted, **{k: v for k, v in more.items() if k != "removing"})
        body = {"wanted": wanted, "edition": plan["edition"], **more}
        found: dict[str, Any] = await self.rig.ask(
            "POST", "/configuration/apply", body, status=status
        )
        return found

    async def row(self) -> alm.ConnectionRow:
        store = self.rig.node.office.desk.store
        [row] = await store.read(lambda c: alm.connections(c, store.vault))
        return row


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with jira() as tracker, rigged(tmp_path, tasks=2, alm=Alm(time_zone="UTC")) as rig:
        yield Desk(rig, tracker)


def told(plan: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(each["kind"], each["name"], each["act"]) for each in plan["changes"]]


def wrong(plan: dict[str, Any]) -> dict[str, str]:
    return {"/".join(each["place"]): each["message"] for each in plan["problems"]}


async def tidegate(
    desk: Desk, folder: Path, command: str, *words: str, **environ: str
) -> tuple[int, str]:
    url = desk.rig.api.removesuffix("/api/v2")
    given, out = [command, str(folder), "--url", url, *words], io.StringIO()
    known = {"TIDEGATE_TOKEN": ADMIN} | environ
    code = await asyncio.to_thread(run_program, given, known, io.StringIO(), out, out, None)
    return int(code), out.getvalue()


async def test_a_new_node_is_set_up_from_files_alone_and_its_jobs_run(desk: Desk) -> None:
    """With the connector to SD Elements, that is new as well."""
    await desk.rig.ask("DELETE", "/connectors/sde", status=204)
    secret = desk.tracker.params["alm_api_token"]
    masked = desk.wanted()
    masked["connectors"]["sde"]["params"] = {"url": MASK, "token": MASK}
    coming = [["connectors", "sde", "params", name] for name in ("token", "url")]
    review = await desk.plan(masked, awaited=coming)
    assert (review["problems"], review["awaited"]) == ([], coming), "names of projects can wait"
    done = await desk.apply(desk.wanted())
    assert told(done) == [
        ("connector", "sde", "create"),
        ("alm_connector", "Jira: shop", "create"),
        ("alm_connection", KEY, "create"),
    ]
    assert secret not in repr(done)
    row = await desk.row()
    assert (row.project, row.frequency, row.due is not None) == ("1", "daily", True)
    job = await desk.rig.run_job(row.id)
    assert job["succeeded"], job["result_message"]
    assert len(await desk.tracker.issues()) == 2
    held = await desk.held()
    assert held["alm_connectors"]["Jira: shop"]["params"]["alm_api_token"] == MASK
    assert list(held["connectors"]) == ["sde"], "the ends are made, and no part of it"
    assert secret not in repr(held)
    again = await desk.plan(held, prune=True)
    assert (again["changes"], again["problems"], again["kept"]) == ([], [], [])
    assert again["edition"] == done["edition"]


async def test_only_what_differs_is_changed_and_the_running_node_follows(desk: Desk) -> None:
    await desk.apply(desk.wanted())
    before = await desk.row()
    given = await desk.held()
    connector, [connection] = given["alm_connectors"]["Jira: shop"], given["alm_connections"]
    connection |= {"frequency": "monthly", "debug_mode": True}
    connection["params"] |= {"sde_min_priority": 10}
    connector["params"] |= {"alm_issue_label": "Sec"}
    connector["inaccessible"] = True
    done = await desk.apply(given)
    fields = {
        ".".join(field["at"]): (field.get("before"), field.get("after"))
        for change in done["changes"]
        for field in change["fields"]
    }
    assert fields == {
        "inaccessible": (None, True),
        "params.alm_issue_label": (None, "Sec"),
        "frequency": ("daily", "monthly"),
        "debug_mode": (False, True),
        "params.sde_min_priority": (7, 10),
    }
    row = await desk.row()
    assert row.due is not None
    assert before.due is not None
    assert row.due > before.due
    assert (row.id, row.own, row.names) == (before.id, before.own, before.names)
    job = await desk.rig.run_job(row.id)
    assert job["succeeded"], job["result_message"]
    [issue] = await desk.tracker.issues()
    assert issue.fields["labels"] == ("Sec",)
    del given["alm_connections"][0]["params"]["sde_min_priority"]
    given["alm_connectors"]["Jira: shop"]["params"]["alm_api_token"] = "another"
    plan = await desk.plan(given, check=False)
    assert [field for change in plan["changes"] for field in change["fields"]] == [
        {"at": ["params", "alm_api_token"], "before": MASK, "after": MASK},
        {"at": ["params", "sde_min_priority"], "before": 10, "after": None},
    ]


async def test_a_connector_takes_connections_along_that_no_file_names(desk: Desk) -> None:
    """As a change over the API does."""
    await desk.apply(desk.wanted())
    alone = await desk.held()
    del alone["alm_connections"]
    params = alone["alm_connectors"]["Jira: shop"]["params"]
    params["jira_issue_type"] = "Task"
    assert (await desk.apply(alone))["applied"]
    end = desk.rig.node.office.end(await desk.row())
    assert end is not None
    there = desk.rig.node.office.desk.roster.connections[end.record.counterpart]
    assert there.record.settings.issue_type == "Task"
    params["alm_parent_issue"] = ""
    params["alm_server"] = "elsewhere.example"
    plan = await desk.plan(alone, check=False)
    assert "its secrets were given for the old" in repr(wrong(plan))


async def test_a_connection_goes_over_to_a_tracker_of_another_system(desk: Desk) -> None:
    """Also over the API; nothing is under sync yet."""
    await desk.apply(desk.wanted())
    given = await desk.held()
    params = {"alm_server": "api.github.com", "github_repo_owner": "acme", "alm_api_token": "t"}
    given["alm_connectors"]["Team"] = {"system": "github", "params": params}
    given["alm_connections"][0] |= {"connector": "Team", "params": {"alm_project": "shop"}}
    assert (await desk.apply(given, check=False))["applied"]
    roster = desk.rig.node.office.desk.roster

    async def tracker() -> tuple[str, str]:
        end = desk.rig.node.office.end(await desk.row())
        assert end is not None
        there = roster.connections[end.record.counterpart].record
        return roster.connectors[there.connector].record.system, there.settings.project

    assert await tracker() == ("github", "acme/shop")
    assert len(roster.connectors) == 2, "the one before is gone"
    patch = {"connector": 1, "params": {"alm_project": "ABC"}}
    await desk.rig.ask("PATCH", "/connections/alm/1", patch)
    assert await tracker() == ("jira", "ABC")
    given = await desk.held()
    given["alm_connections"][0] |= {"connector": "Team", "params": {"alm_project": "shop"}}
    assert (await desk.plan(given, check=False))["problems"] == [], "its token is for there"
    given["alm_connections"][0]["params"]["alm_server"] = "evil.example"
    assert wrong(await desk.plan(given, check=False)) != {}


async def test_what_is_wrong_has_the_words_of_the_api_and_keeps_all_from_being_applied(
    desk: Desk,
) -> None:
    edition = (await desk.rig.ask("GET", "/configuration"))["edition"]
    base = desk.wanted()
    tracker = desk.tracker.simulator
    good = {"system": "jira", "params": {"url": tracker.url, "token": tracker.config.token}}
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"connector": "none"}, f"alm_connections/{KEY}/connector", "no ALM connector 'none'"),
        ({"params": {}}, f"alm_connections/{KEY}/params/alm_project", "This field is required."),
        (
            {"params": {"alm_project": "ABC", "sde_min_priority": 99}},
            f"alm_connections/{KEY}/params/sde_min_priority",
            "Ensure this value is from 1 to 10.",
        ),
        ({"project": 77}, "alm_connections/77/The shop/project", 'Invalid pk "77"'),
        (
            {"params": {"alm_project": "NONE"}},
            f"alm_connections/{KEY}/params",
            "The project check failed",
        ),
        (
            {"params": {"alm_project": "ABC", "alm_pass": MASK}},
            f"alm_connections/{KEY}/params/alm_pass",
            "holds no 'alm_pass'",
        ),
    ]
    for change, place, words in cases:
        given = desk.wanted(**change)
        given["connectors"]["good"] = good
        refused = await desk.apply(given, status=422)
        assert words in wrong(refused).get(place, ""), (change, refused["problems"])
    for params, place, words in (
        ({"alm_api_token": ""}, "alm_user", "This field is required."),
        ({"github_repo_owner": "x"}, "github_repo_owner", "JIRA has no such param."),
    ):
        given = deepcopy(base)
        given["alm_connectors"]["Jira: shop"]["params"] |= params
        refused = await desk.apply(given, status=422)
        assert words in wrong(refused)[f"alm_connectors/Jira: shop/params/{place}"]
    dead = deepcopy(base)
    dead["alm_connectors"]["Jira: shop"]["params"]["alm_server"] = f"127.0.0.1:{free_port()}"
    assert list(wrong(await desk.plan(dead))) == ["alm_connectors/Jira: shop/params"], "told once"
    dead["alm_connectors"]["Jira: shop"]["inaccessible"] = True
    assert wrong(await desk.plan(dead)) == {}, "as somebody says"
    twice = deepcopy(base)
    twice["alm_connections"] *= 2
    assert (
        "There are two"
        in wrong(await desk.apply(twice, status=422))[f"alm_connections/{KEY}/alias"]
    )
    strange = deepcopy(base)
    strange["alm_connectors"]["Jira: shop"]["system"] = "trac"
    assert "not supported" in repr(wrong(await desk.apply(strange, status=422)))
    view = await desk.rig.ask("GET", "/configuration")
    assert view["edition"] == edition
    assert "good" not in view["configuration"]["connectors"]


async def test_a_kept_secret_goes_nowhere_else(desk: Desk) -> None:
    await desk.apply(desk.wanted())
    held = await desk.held()
    for where in ("alm_connectors", "alm_connections"):
        for name, value in (("alm_server", "evil.example"), ("alm_method", "https")):
            given = deepcopy(held)
            named = given[where]["Jira: shop"] if where == "alm_connectors" else given[where][0]
            named["params"][name] = value
            found = wrong(await desk.plan(given, check=False))
            assert "its secrets were given for the old" in next(iter(found.values())), (name, where)
            named["params"]["alm_api_token"] = "for elsewhere"
            assert wrong(await desk.plan(given, check=False)) == {}
    fresh = deepcopy(held)
    own = {"alm_project": "ABC", "alm_server": "evil.example"}
    fresh["alm_connections"][0] |= {"alias": "Another", "params": own}
    assert list(wrong(await desk.plan(fresh, check=False))) == [
        "alm_connections/1/Another/params/alm_server"
    ]


async def test_what_is_pruned_is_counted_and_what_is_under_sync_stays_where_it_is(
    desk: Desk,
) -> None:
    alone = {name: each for name, each in desk.wanted().items() if name != "connectors"}
    done = await desk.apply(alone, prune=True)
    assert done["kept"] == ["connector sde, which a connection still uses"]
    await desk.rig.run_job((await desk.row()).id)
    held = await desk.held()
    moved = deepcopy(held)
    moved["alm_connections"][0]["params"]["alm_project"] = "OPS"
    assert wrong(await desk.plan(moved, check=False)) == {
        f"alm_connections/{KEY}/params/alm_project": "2 tasks are under sync by this connection,"
        " so its projects stay."
    }
    less = {"connectors": held["connectors"]}
    kept = await desk.plan(less)
    assert kept["kept"] == ["ALM connector Jira: shop", f"ALM connection {KEY}"]
    plan = await desk.plan(less, prune=True)
    assert told(plan) == [
        ("alm_connection", KEY, "remove"),
        ("alm_connector", "Jira: shop", "remove"),
    ]
    assert plan["changes"][0]["twins"] == 2
    refused = await desk.apply(less, prune=True, status=409)
    assert "2 issues are under sync" in refused["detail"]
    assert await desk.held() == held
    done = await desk.apply({}, prune=True, removing={KEY: 2})
    assert ("connector", "sde", "remove") in told(done)
    assert await desk.held() == {}
    assert await desk.rig.ask("GET", "/connections/alm/") == {"results": []}
    assert len(await desk.tracker.issues()) == 2, "tasks and issues stay"


async def test_a_plan_of_another_state_is_not_applied(desk: Desk) -> None:
    await desk.apply(desk.wanted())
    wanted = desk.wanted(frequency="weekly")
    plan = await desk.plan(wanted)
    patch = {"params": {"alm_api_token": desk.tracker.params["alm_api_token"]}}
    await desk.rig.ask("PATCH", "/connectors/alm/1", patch)
    body = {"wanted": wanted, "edition": plan["edition"]}
    await desk.rig.ask("POST", "/configuration/apply", body, status=412)
    assert (await desk.row()).frequency == "daily"
    edition = (await desk.plan(wanted))["edition"]
    await desk.rig.run_job((await desk.row()).id)
    assert (await desk.plan(wanted))["edition"] == edition, "a job changes nothing that is set up"


async def test_names_that_several_have_are_left_out_and_kept(desk: Desk) -> None:
    await desk.apply(desk.wanted())
    held = await desk.held()
    body = {"name": "Jira: shop", "system": {"id": "jira"}, "params": desk.tracker.params}
    await desk.rig.ask("POST", "/connectors/alm/", body, status=201)
    view = await desk.rig.ask("GET", "/configuration")
    assert view["unnamed"] == ["ALM connector Jira: shop", f"ALM connection {KEY}"]
    assert list(view["configuration"]) == ["connectors"]
    pruned = await desk.plan(view["configuration"], prune=True)
    assert pruned["changes"] == []
    assert pruned["kept"] == [f"{each}, whose name others have" for each in view["unnamed"]]
    assert "alm connector change ID --name" in repr((await desk.plan(held))["problems"])
    await desk.rig.ask("PATCH", "/connectors/alm/2", {"name": "Other"})
    assert (await desk.plan(held))["changes"] == []


async def test_who_may_not_edit_them_sees_which_params_change_and_no_more(desk: Desk) -> None:
    await desk.apply(desk.wanted())
    made = await desk.rig.ask("POST", "/tokens", {"name": "ci", "role": "viewer"}, status=201)
    given = await desk.held()
    given["alm_connections"][0]["params"]["sde_min_priority"] = 9
    given["alm_connections"][0]["frequency"] = "weekly"
    given["connectors"]["sde"]["params"] = {"url": "http://127.0.0.1:9", "token": "x"}
    seen = len(desk.rig.sde.paths)
    headers = {"Authorization": f"Token {made['token']}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        url = f"{desk.rig.api}/configuration"
        async with session.post(f"{url}/plan", json={"wanted": given}) as answer:
            plan = await answer.json()
        async with session.post(f"{url}/apply", json={"wanted": given, "edition": "x"}) as answer:
            assert answer.status == 403
        async with session.get(url) as answer:
            assert answer.status == 403
    assert plan["problems"] == [], "an address that only an admin may try is not asked"
    assert plan["untried"] == ["connector sde"]
    [change] = [each for each in plan["changes"] if each["kind"] == "alm_connection"]
    assert change["fields"] == [
        {"at": ["frequency"], "before": "daily", "after": "weekly"},
        {"at": ["params", "sde_min_priority"], "before": MASK, "after": MASK},
    ]
    assert len(desk.rig.sde.paths) == seen
    assert "127.0.0.1:9" in wrong(await desk.plan(given)).get("connectors/sde", "127.0.0.1:9")


async def test_a_review_plans_a_connector_whose_secret_only_the_apply_has(
    desk: Desk, tmp_path: Path
) -> None:
    """With a token that may only look, as CI has it."""
    made = await desk.rig.ask("POST", "/tokens", {"name": "ci", "role": "viewer"}, status=201)
    token = desk.tracker.params["alm_api_token"]
    wanted = desk.wanted()
    del wanted["connectors"]
    wanted["alm_connectors"]["Jira: shop"]["params"]["alm_api_token"] = MASK
    wanted["alm_connections"][0]["params"]["alm_pass"] = MASK
    folder = write_folder(tmp_path / "c", msgspec.convert(wanted, Configuration), prune=False)
    connector, connection = (tmp_path / "c" / each for each in sorted(folder.files)[::-1])
    kept = connector.read_text()
    connector.write_text(kept.replace("kept = true", 'env = "SHOP"'))
    run = partial(tidegate, desk, tmp_path / "c")
    review = ("--keep-secrets", "--exit-code")
    code, said = await run("plan", *review, TIDEGATE_TOKEN=made["token"])
    assert code == 1
    assert "holds no 'alm_pass'" in said, "the file says that the node has it"
    connection.write_text(connection.read_text().replace("kept = true", 'env = "PASS"'))
    for caller in (made["token"], ADMIN):
        code, said = await run("plan", *review, TIDEGATE_TOKEN=caller)
        assert code == 2, said
        for words in (
            f"{connector}:13: secret alm_api_token comes with the apply, from SHOP; until then",
            f"{connection}:10: secret alm_pass comes with the apply, from PASS; until then 1/The",
            "2 to create, 0 to change, 0 to remove",
        ):
            assert words in said, said
        assert "Not tried" not in said
    connection.write_text(connection.read_text().replace("= 7", "= 70"))
    code, said = await run("plan", *review, TIDEGATE_TOKEN=made["token"])
    assert (code, "from 1 to 10" in said) == (1, True), "all else is checked"
    connection.write_text(connection.read_text().replace("= 70", "= 7"))
    for words in (("apply", "--yes"), ("apply", "--yes", "--keep-secrets")):
        code, said = await run(*words)
        assert code == 1
        assert await desk.rig.ask("GET", "/connectors/alm/") == {"results": []}
    assert "holds no 'alm_api_token' of 'Jira: shop'" in said
    code, said = await run("apply", "--yes", SHOP=token, PASS="p")
    assert code == 0, said
    assert (await desk.row()).params["alm_pass"] == "p"
    code, said = await run("plan", *review)
    assert (code, "comes with" in said) == (0, False), said


async def test_another_address_awaits_the_secret_that_the_file_refers_to(desk: Desk) -> None:
    await desk.apply(desk.wanted())
    given = await desk.held()
    params = given["alm_connectors"]["Jira: shop"]["params"]
    secret = ["alm_connectors", "Jira: shop", "params", "token"]
    params["token"] = params.pop("alm_api_token")
    plan = await desk.plan(given, awaited=[secret])
    assert (plan["changes"], plan["awaited"]) == ([], [])
    params["alm_server"] = "elsewhere.example"
    assert "its secrets were given for the old" in repr(wrong(await desk.plan(given)))
    plan = await desk.plan(given, awaited=[secret])
    assert (plan["problems"], plan["awaited"]) == ([], [secret]), "by the name that it has there"
    refused = await desk.apply(given, status=422)
    assert "its secrets were given for the old" in repr(wrong(refused))
    body = {"wanted": given, "edition": plan["edition"], "awaited": [secret]}
    await desk.rig.ask("POST", "/configuration/apply", body, status=400)


async def test_files_are_written_planned_and_applied_by_the_command_line(
    desk: Desk, tmp_path: Path
) -> None:
    await desk.apply(desk.wanted())
    folder = tmp_path / "config"
    run = partial(tidegate, desk, folder)
    code, said = await run("export")
    assert (code, "3 files" in said) == (0, True), said
    assert await run("plan", "--exit-code", "--keep-secrets") == (0, "Nothing would change.\n")
    file = folder / "alm-connections" / "1-The-shop.toml"
    token = desk.tracker.params["alm_api_token"]
    assert token not in "".join(each.read_text() for each in folder.rglob("*.toml"))
    file.write_text(file.read_text().replace('"daily"', '"hourly"').replace("= 7", "= 70"))
    code, said = await run("plan")
    assert code == 1
    assert f"{file}:8: sde_min_priority: Ensure this value is from 1 to 10." in said
    assert (await desk.row()).frequency == "daily"
    file.write_text(file.read_text().replace("= 70", "= 9"))
    connector = folder / "alm-connectors" / "Jira-shop.toml"
    text = connector.read_text().replace(
        "[params.alm_api_token]\nkept = true", '[params.alm_api_token]\nenv = "SHOP"'
    )
    connector.write_text(text)
    assert "no variable SHOP" in (await run("plan"))[1]
    code, said = await run("apply", "--yes", SHOP="another")
    assert code == 1
    assert "credentials check failed" in said
    code, said = await run("apply", "--yes", SHOP=token)
    assert code == 0, said
    assert 'frequency: "daily" -> "hourly"' in said
    row = await desk.row()
    assert (row.frequency, row.params["sde_min_priority"]) == ("hourly", 9)
