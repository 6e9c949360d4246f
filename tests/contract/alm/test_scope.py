"""Which tasks of an SD Elements project become issues, filter by filter, over one set of tasks."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from adapters.sd_elements.simulator.state import PHASES
from tests.contract.alm.rig import Rig, rigged
from tests.contract.alm.trackers import Place, jira

REQUIREMENTS, ARCHITECTURE, DEVELOPMENT, TESTING = PHASES
TASKS: dict[str, dict[str, Any]] = {
    "T1": {"priority": 10, "tags": ["pci", "web"], "verification_status": "pass"},
    "T2": {"priority": 9, "phase": DEVELOPMENT, "tags": ["pci"], "verification_status": "partial"},
    "T3": {"priority": 3},
    "T4": {"priority": 8, "phase": TESTING, "verification_status": "fail"},
    "T5": {"priority": 7, "phase": ARCHITECTURE},
    "T6": {"priority": 10, "status": "DONE", "tags": ["web"]},
    "T7": {"priority": 7, "status": "Not ours"},
    "T8": {"priority": 10, "accepted": False},
}
"""Where nothing else is said: of the requirements, to do, without tags and verification."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Rig, Place]]:
    own = {"Not ours": "NA"}
    folder = tmp_path_factory.mktemp("r")
    async with jira() as office, rigged(folder, tasks=len(TASKS), custom_statuses=own) as rig:
        words = {word: status for status in rig.sde.state.statuses
                 for word in (status.name, status.meaning)}  # fmt: skip
        for short, change in TASKS.items():
            task = rig.task(short)
            for name, value in change.items():
                setattr(task, name, words[value] if name == "status" else value)
        yield rig, office


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("params", "tasks"),
    [
        ({}, "T1 T2 T5"),
        ({"alm_phases": "development,testing"}, "T2 T4"),
        ({"sde_min_priority": "9"}, "T1 T2"),
        ({"sde_min_priority": 1}, "T1 T2 T3 T5"),
        ({"sde_statuses_in_scope": "DONE,NA"}, "T6 T7"),
        ({"sde_tags_filter": "pci"}, "T1 T2"),
        ({"sde_tags_filter": "web, pci"}, "T1"),
        ({"sde_tags_filter": "web", "sde_statuses_in_scope": ["TODO", "DONE"]}, "T1 T6"),
        ({"sde_verification_filter": "none"}, "T5"),
        ({"sde_verification_filter": "partial,pass"}, "T1 T2"),
        ({"sde_verification_filter": "fail", "alm_phases": "testing"}, "T4"),
        ({"selected_tasks": "T3,T6,T8,T99", "sde_tags_filter": "pci"}, "T3 T6"),
    ],
)
async def test_a_filter_lets_through(
    params: dict[str, Any], tasks: str, place: tuple[Rig, Place], request: pytest.FixtureRequest
) -> None:
    rig, office = place
    # Each connection by titles of its own, so that none takes the issues of another.
    name = request.node.callspec.id
    own = office.own | {"alm_context": name, "alm_title_format": "[$context] $task_id $title"}
    scope = {name: value for name, value in params.items() if name == "selected_tasks"}
    given = office.params | {n: value for n, value in params.items() if n not in scope}
    connection = await rig.connect("jira", given, own | scope)
    job = await rig.run_job(connection)
    assert job["succeeded"], job["result_message"]
    titles = [str(issue.fields["summary"]) for issue in await office.issues()]
    ours = [title.split("] ")[1].split(":")[0] for title in titles if title.startswith(f"[{name}]")]
    assert ours == tasks.split()
    assert job["progress"]["created"] == len(ours)
    assert job["progress"]["tasks"] == len(TASKS) - 1


@pytest.mark.asyncio(loop_scope="module")
async def test_a_phase_that_sd_elements_lacks_is_told(place: tuple[Rig, Place]) -> None:
    rig, office = place
    connection = await rig.connect("jira", office.params | {"alm_phases": "design"}, office.own)
    job = await rig.run_job(connection)
    assert not job["succeeded"]
    assert job["result_message"] == (
        "SD Elements has no phase design. Choose among: architecture-design, development,"
        " requirements, testing."
    )
