"""Tasks become issues and their status comes back, with each tracker; jobs that are interrupted,
doubled or due are run once."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from adapters.github.simulator import GitHubSimulator
from service.store import alm
from service.workers.alm import bringing, catalogue
from service.workers.alm.office import Office
from service.workers.alm.shift import CLOCK, Shift
from tests.contract.alm.rig import Rig, rigged
from tests.contract.alm.trackers import TRACKERS, Place, jira, jira_cloud

DONE, TODO, NA = "TS1", "TS2", "TS3"
CLOSED = {"github": "closed", "jira": "Done", "tfs": "Closed", "rally": "Completed",
          "hp_alm": "Passed"}  # fmt: skip
PRIORITY = {"jira": "Highest", "tfs": "1", "hp_alm": "5-Urgent"}


async def facts(office: Place) -> dict[str, tuple[str, bool]]:
    """Short id of each task -> its issue's title, and whether it is closed."""
    closed = set(CLOSED.values())
    found = {}
    for issue in await office.issues():
        title = str(issue.fields["summary"])
        found[title.replace("-", ":").partition(":")[0]] = title, issue.fields["status"] in closed
    return found


def said(rig: Rig, short: str) -> list[str]:
    return [note.text for note in rig.task(short).notes]


def comments(office: Place, issue: Any) -> int:
    return len(issue.comments or ())


@pytest.mark.parametrize("system", TRACKERS)
async def test_tasks_and_issues_are_kept_in_step(system: str, tmp_path: Path) -> None:
    async with TRACKERS[system]() as office, rigged(tmp_path, tasks=4) as rig:
        # T4 has the priority 7; T3 is done already.
        rig.edit("T3", status=DONE)
        rig.task("T1").text = "Use **TLS** – überall."
        own = office.own | {"alm_reference_context": 14}
        connection = await rig.connect(system, office.params, own)
        job = await rig.run_job(connection)
        assert job["succeeded"], job["result_message"]
        issues = await facts(office)
        assert {short: closed for short, (_, closed) in issues.items()} == {
            "T1": False, "T2": False, "T4": False,
        }  # fmt: skip
        first = await office.issue("T1")
        assert issues["T1"][0] in ("T1: A task of the library", "T1- A task of the library")
        if system in PRIORITY:
            assert first.fields["priority"] == PRIORITY[system]
        if system == "github":
            assert set(first.fields["labels"]) == {"High", "SD Elements"}
        words = str(first.fields["description"])
        assert "überall" in words
        assert "Imported from SD Elements" in words
        assert rig.task("T1").artifact_proxy == first.ref.key
        assert [(r.alm_connection, r.reference) for r in rig.task("T1").references] == [
            (14, first.ref.key)
        ]

        # People go on at both sides.
        rig.edit("T1", status=DONE)
        rig.edit("T4", status=NA)
        rig.sde.state.add_note(rig.task("T1"), {"text": "Seen."}, rig.sde.state.users["alice"])
        await office.set("T2", status=CLOSED[system])
        await office.say("T2", "I **did** it.")
        job = await rig.run_job(connection)
        assert job["succeeded"], job["result_message"]
        assert {short: closed for short, (_, closed) in (await facts(office)).items()} == {
            "T1": True, "T2": True, "T4": True,
        }  # fmt: skip
        assert rig.task("T2").status.meaning == "DONE"
        assert rig.task("T4").status.meaning == "NA", "A person's choice stays."
        name = catalogue.find(system).short_name
        reference = rig.task("T2").artifact_proxy
        assert said(rig, "T2")[:1] == [f"Task synchronized in {name}. Reference: {reference}"]
        assert f"Task status changed to DONE via {name}" in said(rig, "T2")[1:]
        assert any("I **did** it." in text for text in said(rig, "T2")[1:])
        assert len(said(rig, "T2")) == 3
        # What a person noted has gone over, what was noted by us has not.
        assert comments(office, await office.issue("T1")) == 1

        # What left the scope is closed, and is not done for that; what comes back is opened.
        rig.edit("T1", status=TODO)
        await rig.run_job(connection)
        assert not (await facts(office))["T1"][1]
        rig.task("T1").priority = 3
        job = await rig.run_job(connection)
        assert job["progress"]["left"] == 1
        assert (await facts(office))["T1"][1]
        assert rig.task("T1").status.meaning == "TODO"
        await rig.run_job(connection)
        assert rig.task("T1").status.meaning == "TODO"
        rig.task("T1").priority = 9
        await rig.run_job(connection)
        assert not (await facts(office))["T1"][1]
        assert len(await office.issues()) == 3


async def test_jira_cloud_is_the_same_system(tmp_path: Path) -> None:
    async with jira_cloud() as office, rigged(tmp_path, tasks=2) as rig:
        await office.make("T2: Known here", priority="Low")
        connection = await rig.connect("jira", office.params, office.own)
        job = await rig.run_job(connection)
        assert job["succeeded"], job["result_message"]
        assert [i.fields["priority"] for i in await office.issues()] == ["Highest", "Highest"]
        rig.edit("T1", status=DONE)
        await office.set("T2", status="Done")
        await rig.run_job(connection)
        assert [over for _, over in (await facts(office)).values()] == [True, True]
        assert rig.task("T2").status.meaning == "DONE"


@pytest.mark.parametrize(
    ("policy", "change", "wins"),
    [
        ("alm", "sde last", "alm"), ("sde", "alm last", "sde"),
        ("timestamp", "sde last", "sde"), ("timestamp", "alm last", "alm"),
    ],
)  # fmt: skip
async def test_conflicts_go_as_the_policy_says(
    policy: str, change: str, wins: str, tmp_path: Path
) -> None:
    """The task is done, and its issue is under way: in the tracker that is not over."""
    async with jira() as office, rigged(tmp_path, tasks=1) as rig:
        connection = await rig.connect(
            "jira", office.params | {"conflict_policy": policy}, office.own
        )
        await rig.run_job(connection)
        steps = [lambda: office.set("T1", status="In Progress"), lambda: done(rig)]
        for step in steps if change == "sde last" else reversed(steps):
            await step()
            # Another moment, by the clocks of both.
            await asyncio.sleep(0.02)
        job = await rig.run_job(connection)
        assert job["succeeded"], job["result_message"]
        await rig.run_job(connection)
        issue = await office.issue("T1")
        if wins == "sde":
            assert issue.fields["status"] == "Done"
            assert rig.task("T1").status.meaning == "DONE"
        else:
            assert issue.fields["status"] == "In Progress"
            assert rig.task("T1").status.meaning == "TODO"


async def done(rig: Rig) -> None:
    rig.edit("T1", status=DONE)


async def test_one_tasks_failure_is_its_own_and_is_tried_again(tmp_path: Path) -> None:
    async with jira() as office, rigged(tmp_path, tasks=3) as rig:
        rig.task("T1").priority = 9
        wrong = office.params | {"alm_priority_map": '{"10": "Nonsense", "1-9": "Low"}'}
        connection = await rig.connect("jira", wrong, office.own)
        job = await rig.run_job(connection)
        assert job["progress"]["created"] == 3
        rig.task("T1").priority, rig.task("T1").updated = 10, rig.sde.state.tick()
        rig.edit("T2", status=DONE)
        job = await rig.run_job(connection)
        assert not job["succeeded"]
        assert job["progress"]["failed"] == 1
        assert "1-T1: " in job["result_message"]
        assert "one of: Highest, High" in job["result_message"]
        assert (await facts(office))["T2"][1]
        right = {"params": {"alm_priority_map": '{"10": "Highest", "1-9": "Low"}'}}
        await rig.ask("PATCH", f"/connections/alm/{connection}/", right)
        job = await rig.run_job(connection)
        assert job["succeeded"], job["result_message"]
        assert (await office.issue("T1")).fields["priority"] == "Highest"


async def test_an_issue_that_a_reference_names_is_taken_and_none_made(tmp_path: Path) -> None:
    async with jira() as office, rigged(tmp_path, tasks=2) as rig:
        made = office.simulator.state.create(
            {"fields": {"project": {"key": "ABC"}, "issuetype": {"name": "Bug"},
                        "summary": "Made long ago"}},
            office.simulator.state.me,
        )  # fmt: skip
        state = rig.sde.state
        state.add_reference(rig.task("T1"), {"alm_connection": 14, "reference": made.key})
        state.add_reference(rig.task("T2"), {"alm_connection": 15, "reference": made.key})
        own = office.own | {"alm_reference_context": "14"}
        connection = await rig.connect("jira", office.params, own)
        job = await rig.run_job(connection)
        assert job["succeeded"], job["result_message"]
        issues = await office.issues()
        assert [issue.ref.key for issue in issues] == [made.key, "ABC-2"]
        assert "T1: A task" in str(issues[0].fields["summary"])


async def test_a_task_that_cannot_be_seen_any_more_closes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing that is tried again is waited for.
    monkeypatch.setattr(bringing, "_SOON", 0)
    async with jira() as office, rigged(tmp_path, tasks=2) as rig:
        connection = await rig.connect("jira", office.params, office.own)
        await rig.run_job(connection)
        rig.sde.state.remove(rig.task("T1"))
        rig.task("T2").accepted = False
        job = await rig.run_job(connection)
        closed = {short: over for short, (_, over) in (await facts(office)).items()}
        assert closed == {"T1": False, "T2": True}
        assert "1-T1" in job["result_message"]


async def test_a_connector_does_not_take_what_is_under_sync_elsewhere(tmp_path: Path) -> None:
    async with jira() as office, rigged(tmp_path, tasks=2) as rig:
        connection = await rig.connect("jira", office.params | office.own, {})
        before = await rig.ask("PATCH", "/connectors/alm/1/", {"params": {"alm_project": "OPS"}})
        assert before["params"]["alm_project"] == "OPS", "nothing is under sync yet"
        await rig.ask("PATCH", "/connectors/alm/1/", {"params": office.own})
        assert (await rig.run_job(connection))["succeeded"]
        moved = {"name": "Other", "params": {"alm_project": "OPS"}}
        answer = await rig.ask("PATCH", "/connectors/alm/1/", moved, status=409)
        assert answer["detail"] == (
            "Of the connection 1/jira of 1: 2 tasks are under sync by this connection, so its"
            " projects stay."
        )
        assert "Create another connection" in answer["remedy"]
        stands = await rig.ask("GET", "/connectors/alm/1/")
        assert (stands["name"], stands["params"]["alm_project"]) == ("jira", "ABC")
        for kept in ({"alm_issue_label": "Sec"}, {"alm_project": "ABC"}):
            await rig.ask("PATCH", "/connectors/alm/1/", {"name": "Other", "params": kept})
        assert (await rig.ask("GET", "/connectors/alm/1/"))["name"] == "Other"


async def test_without_the_standard_workflow_statuses_are_left_alone(tmp_path: Path) -> None:
    async with jira() as office, rigged(tmp_path, tasks=2) as rig:
        params = office.params | {
            "alm_standard_workflow": "false", "title_format": "[$application] $task_id $title",
            "how_tos_in_scope": True,
        }  # fmt: skip
        rig.task("T1").how_tos = [("With nginx", "Set `ssl_protocols`.")]
        connection = await rig.connect("jira", params, office.own)
        await rig.run_job(connection)
        issue = await office.issue("T1")
        assert issue.fields["summary"] == "[Simulated application] T1: A task of the library"
        assert "ssl_protocols" in str(issue.fields["description"])
        rig.edit("T1", status=DONE)
        await office.set("T2", status="Done")
        await rig.run_job(connection)
        assert (await office.issue("T1")).fields["status"] == "To Do"
        assert rig.task("T2").status.meaning == "TODO"


async def test_two_thousand_tasks_come_in_pages_and_the_unchanged_cost_no_call(
    tmp_path: Path,
) -> None:
    async with jira() as office, rigged(tmp_path, tasks=2000) as rig:
        for number, task in enumerate(rig.sde.state.tasks.values()):
            task.priority = 9 if number % 50 == 0 else 4
        connection = await rig.connect("jira", office.params, office.own)
        job = await rig.run_job(connection)
        assert job["succeeded"], job["result_message"]
        assert (job["progress"]["tasks"], job["progress"]["created"]) == (2000, 40)
        # Two reads with notes, a note left, a change with its own look before it.
        of_task = [path for path in rig.sde.paths if "/tasks/1-" in path]
        assert len(of_task) <= 40 * 7
        rig.sde.paths.clear()
        job = await rig.run_job(connection)
        assert job["progress"]["unchanged"] == 40
        assert not [path for path in rig.sde.paths if "/tasks/1-" in path]
        assert len([path for path in rig.sde.paths if path.endswith("/tasks/")]) == 20
        assert len(rig.sde.paths) < 30, rig.sde.paths

        rig.edit("T51", status=DONE)
        rig.sde.paths.clear()
        await rig.run_job(connection)
        of_task = [path for path in rig.sde.paths if "/tasks/1-" in path]
        assert {path.split("/tasks/")[1].split("/")[0] for path in of_task} == {"1-T51"}
        assert len(of_task) <= 3


@pytest.mark.parametrize("frequency", ["hourly", "daily", "weekly", "monthly"])
async def test_a_restart_within_a_frequency_neither_skips_nor_doubles(
    frequency: str, tmp_path: Path
) -> None:
    async with GitHubSimulator() as github, rigged(tmp_path, tasks=0) as rig:
        params = {"alm_method": "http", "alm_server": github.url.removeprefix("http://"),
                  "github_repo_owner": "sim", "alm_api_token": "simulator-token"}  # fmt: skip
        own = {"alm_project": "project"}
        await rig.connect("github", params, own, frequency=frequency)
        due = await due_at(rig)

        async def at(moment: int) -> int:
            """How many jobs the calendar has begun, when a daemon starts at that moment."""
            await Shift(Later(rig.node.office, moment)).look()
            async with asyncio.timeout(20):
                while (await rig.ask("GET", "/jobs/alm/?ready=false"))["results"]:
                    await asyncio.sleep(0.01)
            return len((await rig.ask("GET", f"/jobs/alm/?user={CLOCK}"))["results"])

        assert await at(due - 1) == 0
        assert await at(due) == 1
        assert await at(due + 1) == 1
        # Off for long: what was missed is one job, and the next is due by the calendar.
        late = due + 100 * 86_400_000
        assert await at(late) == 2
        assert await at(late + 1) == 2
        assert late < await due_at(rig) <= late + 31 * 86_400_000


class Later(Office):
    """By another clock."""

    def __init__(self, office: Office, moment: int) -> None:
        super().__init__(office.desk, office.config, office.socket, office.owner)
        self._moment = moment

    def now(self) -> int:
        return self._moment


async def due_at(rig: Rig) -> int:
    store = rig.node.store
    [row] = await store.read(lambda c: alm.connections(c, store.vault))
    assert row.due is not None
    return row.due


async def test_jobs_are_listed_started_and_told_of(tmp_path: Path) -> None:
    async with jira() as office, rigged(tmp_path, tasks=1) as rig:
        connection = await rig.connect("jira", office.params, office.own)
        first = await rig.run_job(connection)
        body = {"connection": str(connection), "result_message": "Ran there.", "succeeded": False,
                "automatic": True}  # fmt: skip
        told = await rig.ask("POST", "/projects/1/jobs/alm", body, status=201)
        assert (told["ready"], told["succeeded"], told["automatic"]) == (True, False, True)
        for query, ids in (
            ("", [told["id"], first["id"]]),
            ("?succeeded=true", [first["id"]]),
            ("?automatic=true", [told["id"]]),
            ("?ready=false", []),
            (f"?connection={connection}&page_size=1", [told["id"]]),
        ):
            found = await rig.ask("GET", f"/jobs/alm/{query}")
            assert [job["id"] for job in found["results"]] == ids, query
        body = {"connection": connection}
        refused = await rig.ask("POST", "/projects/2/jobs/alm/", body, status=400)
        assert refused["connection"] == [f'Invalid pk "{connection}" - object does not exist.']
