"""Issues that stand for a task before the first job: taken by their titles, and no others."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from schemas.issue import FieldChange
from tests.contract.alm.rig import Rig, rigged
from tests.contract.alm.trackers import TRACKERS, Place, jira, rally

CLOSED = {"github": "closed", "jira": "Done", "tfs": "Closed", "rally": "Completed",
          "hp_alm": "Passed"}  # fmt: skip
FAR = "Imported from SD Elements: [{0}]({0})".format(
    "https://sde.example/bunits/shop/app/2025/tasks/9-T3/"
)


async def run(rig: Rig, system: str, office: Place, **params: Any) -> dict[str, Any]:
    connection = await rig.connect(system, office.params | params, office.own)
    return await rig.run_job(connection)


@pytest.mark.parametrize("system", TRACKERS)
async def test_an_issue_with_a_tasks_title_is_taken(system: str, tmp_path: Path) -> None:
    async with TRACKERS[system]() as office, rigged(tmp_path, tasks=3) as rig:
        colon = "-" if system == "hp_alm" else ":"
        mine = await office.make(f"T1{colon} As people called it", "Words of people.")
        await office.tracker.update(mine, FieldChange(set={"status": CLOSED[system]}))
        other = await office.make(f"T2{colon} Of another project", FAR.replace("9-T3", "9-T2"))
        near = await office.make(f"PT3{colon} No task of the library")
        job = await run(rig, system, office, alm_reference_context=14)
        assert job["succeeded"], job["result_message"]
        titles = [str(issue.fields["summary"]) for issue in await office.issues()]
        assert len(titles) == 5, titles
        assert rig.task("T1").artifact_proxy == mine.ref.key
        assert rig.task("T1").references[0].reference == mine.ref.key
        others = {rig.task("T2").artifact_proxy, rig.task("T3").artifact_proxy}
        assert not others & {other.ref.key, near.ref.key}
        # The tracker's word counts, as the policy says where nothing else is set.
        assert rig.task("T1").status.meaning == "DONE"


async def test_the_first_of_several_is_taken_and_a_duplicate_is_not(tmp_path: Path) -> None:
    async with TRACKERS["github"]() as office, rigged(tmp_path, tasks=1) as rig:
        await office.make("T1: Said twice", labels=("duplicate",))
        mine = await office.make("T1: Said once")
        await run(rig, "github", office)
        assert rig.task("T1").artifact_proxy == mine.ref.key
        assert len(await office.issues()) == 2


async def test_lookup_fields_narrow_the_search_of_rally(tmp_path: Path) -> None:
    async with rally() as office, rigged(tmp_path, tasks=1) as rig:
        await office.make("T1: A defect", type="Defect", status="In-Progress")
        await office.make("T1: Not ready")
        mine = await office.make("T1: Ready", status="In-Progress")
        lookup = '{"ScheduleState": "In-Progress"}'
        job = await run(rig, "rally", office, alm_custom_lookup_fields=lookup)
        assert job["succeeded"], job["result_message"]
        assert rig.task("T1").artifact_proxy == mine.ref.key


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Rig, Place]]:
    """For tests that look at a task of their own each."""
    async with jira() as office, rigged(tmp_path_factory.mktemp("r"), tasks=9) as rig:
        yield rig, office


async def run_one(place: tuple[Rig, Place], short: str, **params: Any) -> dict[str, Any]:
    rig, office = place
    own = office.own | {"selected_tasks": short} | params
    policy = {"conflict_policy": own.pop("conflict_policy", "alm")}
    lookup = {"alm_custom_lookup_fields": own.pop("alm_custom_lookup_fields", "")}
    connection = await rig.connect("jira", office.params | policy | lookup, own)
    return await rig.run_job(connection)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("short", "policy", "later", "meaning", "status"),
    [
        ("T1", "alm", "task", "DONE", "Done"), ("T2", "sde", "issue", "TODO", "To Do"),
        ("T3", "timestamp", "task", "TODO", "To Do"), ("T4", "timestamp", "issue", "DONE", "Done"),
    ],
)  # fmt: skip
async def test_the_policy_decides_between_the_statuses_of_those_that_meet(
    short: str, policy: str, later: str, meaning: str, status: str, place: tuple[Rig, Place]
) -> None:
    rig, office = place
    if later == "issue":
        rig.task(short).updated = rig.sde.state.tick()
        await asyncio.sleep(0.02)
    await office.make(f"{short}: Known")
    await office.set(short, status="Done")
    if later == "task":
        await asyncio.sleep(0.02)
        rig.task(short).updated = rig.sde.state.tick()
    await run_one(place, short, conflict_policy=policy)
    assert rig.task(short).status.meaning == meaning
    assert (await office.issue(short)).fields["status"] == status


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("short", "form", "title"),
    [
        ("T5", "[$application - $context] $task_id $title",
         "[Simulated application - W\"eb] T5: Old"),
        ("T6", "$title ($task_id)", "Quite old (T6:)"),
    ],
)  # fmt: skip
async def test_titles_of_other_formats_are_found(
    short: str, form: str, title: str, place: tuple[Rig, Place]
) -> None:
    rig, office = place
    mine = await office.make(title)
    await run_one(place, short, alm_title_format=form, alm_context='W"eb')
    assert rig.task(short).artifact_proxy == mine.ref.key


@pytest.mark.asyncio(loop_scope="module")
async def test_lookup_fields_narrow_the_search_of_jira(place: tuple[Rig, Place]) -> None:
    rig, office = place
    lookup = '{"labels": ["simulated-project", "${context}"]}'
    given = {"alm_custom_lookup_fields": lookup, "alm_context": "green"}
    await office.make("T7: Another team's", labels=("red",))
    mine = await office.make("T7: Ours", labels=("simulated-project",))
    green = await office.make("T8: Ours too", labels=("green",))
    before = len(await office.issues())
    await run_one(place, "T7,T8", **given)
    assert rig.task("T7").artifact_proxy == mine.ref.key
    assert rig.task("T8").artifact_proxy == green.ref.key
    assert len(await office.issues()) == before


@pytest.mark.asyncio(loop_scope="module")
async def test_a_wrong_lookup_field_stops_the_job_before_anything_is_made(
    place: tuple[Rig, Place],
) -> None:
    _, office = place
    before = len(await office.issues())
    job = await run_one(place, "T9", alm_custom_lookup_fields='{"Nonsense": "x"}')
    assert not job["succeeded"]
    assert "'nonsense' does not exist" in job["result_message"].lower()
    assert len(await office.issues()) == before
