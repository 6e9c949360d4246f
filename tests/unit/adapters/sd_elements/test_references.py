"""References: the issues elsewhere that stand for a task."""

import pytest

from adapters.simulation import Fault as Failing
from schemas.errors import Fault, TrackerError
from schemas.issue import FieldChange, Part

FIELDS = frozenset({Part.FIELDS})
ONE, TWO = "https://jira.example/browse/A-1", "https://jira.example/browse/A-2"


@pytest.fixture
def tracker(sde, connect):
    return connect(sde, alm_connection=7)


async def test_they_are_kept_under_the_connection_that_is_named(sde, tracker, draft) -> None:
    made = await tracker.create(draft(references=(ONE,)))
    (held,) = sde.state.tasks[made.ref.id].references
    assert (held.alm_connection, held.reference, held.name, held.link) == (7, "A-1", "A-1", ONE)
    assert made.fields["references"] == (ONE,)


async def test_they_change_by_element_and_cost_no_reading_of_their_own(sde, tracker, draft) -> None:
    made = await tracker.create(draft(references=(ONE,)))
    before = sum(sde.faults.calls.values())
    read = await tracker.read(made.ref.id, FIELDS)
    assert sum(sde.faults.calls.values()) == before + 1
    change = FieldChange(add={"references": (TWO,)}, remove={"references": (ONE,)})
    after = await tracker.update(read, change)
    assert after.fields["references"] == (TWO,)
    assert (await tracker.update(after, change)).fields["references"] == (TWO,)


async def test_what_somebody_else_wrote_is_read_by_what_it_is_called(sde, tracker, draft) -> None:
    made = await tracker.create(draft())
    task = sde.state.tasks[made.ref.id]
    sde.state.add_reference(task, {"alm_connection": 3, "reference": "CQ 12"})
    read = await tracker.read(made.ref.id, FIELDS)
    assert read.fields["references"] == ("CQ 12",)
    after = await tracker.update(read, FieldChange({"references": ()}))
    assert after.fields["references"] == ()
    assert task.references == []


async def test_without_a_connection_they_are_refused_before_anything_is_written(
    sde, connect, draft
) -> None:
    tracker = connect(sde)
    before = len(sde.state.tasks)
    with pytest.raises(TrackerError) as caught:
        await tracker.create(draft(references=(ONE,)))
    error = caught.value
    assert (error.fault, error.field) == (Fault.CONFIGURATION, "references")
    assert "alm_connection" in error.remedy
    assert len(sde.state.tasks) == before


async def test_a_failure_after_the_task_was_made_is_unknown(sde, tracker, draft) -> None:
    sde.fail_next(Failing(status=400, method="POST", path="/references/"))
    with pytest.raises(TrackerError) as caught:
        await tracker.create(draft(references=(ONE,)))
    assert caught.value.fault is Fault.UNKNOWN_OUTCOME
    assert await tracker.find_by_marker("abc123", "1", 0) is not None


@pytest.mark.parametrize("priority", ["0", "10"])
async def test_priorities_go_from_0_to_10(tracker, draft, priority: str) -> None:
    made = await tracker.create(draft(priority=priority))
    assert made.fields["priority"] == priority


@pytest.mark.parametrize("named", ["Testing", "testing", "X4"])
async def test_a_phase_is_known_by_name_slug_and_id(sde, tracker, draft, named: str) -> None:
    made = await tracker.create(draft(phase=named))
    assert made.fields["phase"] == "Testing"
    assert sde.state.tasks[made.ref.id].phase.id == "X4"
