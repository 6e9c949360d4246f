"""Status by transitions."""

import msgspec
import pytest

from adapters.jira.simulator import Fault as SimulatedFault
from adapters.jira.simulator import catalogue
from schemas.errors import Fault
from schemas.issue import FieldChange

LOOK = "GET /rest/api/2/issue/{key}/transitions"
TAKE = "POST /rest/api/2/issue/{key}/transitions"


async def test_a_usual_change_of_status_costs_one_call_more_than_an_edit(
    jira, tracker, draft
) -> None:
    first, second = await tracker.create(draft("a")), await tracker.create(draft("b"))
    await tracker.update(first, FieldChange({"status": "In Progress"}))
    jira.calls.clear()
    changed = await tracker.update(second, FieldChange({"status": "in progress"}))
    assert changed.fields["status"] == "In Progress"
    assert jira.calls == {TAKE: 1, "GET /rest/api/2/issue/{key}": 1}


async def test_a_learned_transition_that_is_refused_is_looked_up_again(
    jira, tracker, draft
) -> None:
    first, second = await tracker.create(draft("a")), await tracker.create(draft("b"))
    await tracker.update(first, FieldChange({"status": "In Progress"}))
    jira.fail_next(SimulatedFault(status=400, method="POST", path="/transitions"))
    changed = await tracker.update(second, FieldChange({"status": "In Progress"}))
    assert changed.fields["status"] == "In Progress"


async def test_the_way_back_over_two_transitions(tracker, draft) -> None:
    issue = await tracker.create(draft(status="In Review"))
    assert issue.fields["status"] == "In Review"
    back = await tracker.update(issue, FieldChange({"status": "To Do"}))
    assert back.fields["status"] == "To Do"


async def test_a_required_resolution_gets_the_default(jira, connect, draft) -> None:
    tracker = connect(jira, resolution="Won't Do")
    issue = await tracker.create(draft(status="In Progress"))
    done = await tracker.update(issue, FieldChange({"status": "Done"}))
    assert done.fields["resolution"] == "Won't Do"


async def test_a_required_resolution_without_default_is_told(jira, connect, draft, refusal) -> None:
    tracker = connect(jira, resolution="Nothing such")
    issue = await tracker.create(draft(status="In Progress"))
    error = await refusal(tracker.update(issue, FieldChange({"status": "Done"})))
    assert (error.fault, error.field) == (Fault.VALIDATION, "resolution")
    assert "Duplicate" in error.remedy
    assert jira.state.issue(issue.ref.id).status == "In Progress"


async def test_an_unknown_status_names_the_known_ones_and_moves_nothing(
    jira, tracker, draft, refusal
) -> None:
    issue = await tracker.create(draft())
    error = await refusal(tracker.update(issue, FieldChange({"status": "Blocked"})))
    assert (error.fault, error.field) == (Fault.VALIDATION, "status")
    assert "In Review" in error.remedy
    assert jira.state.issue(issue.ref.id).status == "To Do"


async def test_a_status_out_of_reach_leaves_the_issue_where_it_was(
    jira, tracker, draft, refusal, monkeypatch
) -> None:
    monkeypatch.setattr(catalogue, "TRANSITIONS", catalogue.TRANSITIONS[:2])
    issue = await tracker.create(draft())
    error = await refusal(tracker.update(issue, FieldChange({"status": "Done"})))
    assert (error.fault, error.field) == (Fault.VALIDATION, "status")
    assert jira.state.issue(issue.ref.id).status == "To Do"


async def test_a_person_who_was_faster_is_no_failure(jira, tracker, draft) -> None:
    issue = await tracker.create(draft())
    held = jira.state.issue(issue.ref.id)
    jira.state.transit(held, {"transition": {"id": "11"}}, jira.state.users["bob"])
    changed = await tracker.update(issue, FieldChange({"status": "In Progress"}))
    assert changed.fields["status"] == "In Progress"


async def test_status_and_fields_change_together(tracker, draft) -> None:
    issue = await tracker.create(draft(status="In Progress"))
    changed = await tracker.update(
        issue, FieldChange({"status": "Done", "resolution": "Duplicate", "summary": "Closed"})
    )
    assert changed.fields["status"] == "Done"
    assert changed.fields["resolution"] == "Duplicate"
    assert changed.fields["summary"] == "Closed"


@pytest.fixture
def demanding(monkeypatch):
    """A workflow whose first transition has fields on its screen."""

    def demand(screen: dict[str, bool]) -> None:
        first, *rest = catalogue.TRANSITIONS
        first = msgspec.structs.replace(first, screen=screen)
        monkeypatch.setattr(catalogue, "TRANSITIONS", (first, *rest))

    return demand


async def test_a_required_field_that_has_a_value_is_not_asked_for(
    jira, tracker, draft, demanding
) -> None:
    demanding({"fixVersions": True, "customfield_10001": True})
    issue = await tracker.create(draft(fix_versions=("1.0",)))
    change = FieldChange({"status": "In Progress", "customfield_10001": "ACME"})
    changed = await tracker.update(issue, change)
    assert changed.fields["status"] == "In Progress"
    assert (jira.calls[LOOK], jira.calls[TAKE]) == (1, 1)


async def test_a_required_field_without_a_value_is_told_and_nothing_moves(
    jira, tracker, draft, demanding, refusal
) -> None:
    demanding({"duedate": True})
    issue = await tracker.create(draft())
    error = await refusal(tracker.update(issue, FieldChange({"status": "In Progress"})))
    assert (error.fault, error.field) == (Fault.VALIDATION, "due")
    assert jira.state.issue(issue.ref.id).status == "To Do"
    both = FieldChange({"status": "In Progress", "due": "2026-12-24"})
    assert (await tracker.update(issue, both)).fields["status"] == "In Progress"


def off_screen(jira, *fields: str) -> None:
    for field in fields:
        text = f"Field '{field}' cannot be set. It is not on the appropriate screen, or unknown."
        refused = SimulatedFault(status=400, method="PUT", messages=(), errors={field: text})
        jira.fail_next(refused)


async def test_a_field_of_a_transitions_screen_alone_goes_with_the_transition(
    jira, tracker, draft, demanding
) -> None:
    demanding({"duedate": False, "customfield_10001": True})
    issue = await tracker.create(draft())
    off_screen(jira, "duedate", "customfield_10001")
    wanted = {"status": "In Progress", "due": "2026-12-24", "customfield_10001": "ACME"}
    changed = await tracker.update(issue, FieldChange({**wanted, "summary": "New"}))
    assert {name: changed.fields[name] for name in wanted} == wanted
    assert changed.fields["summary"] == "New"
    assert jira.calls[TAKE] == 1


async def test_a_field_without_a_place_anywhere_is_told(jira, tracker, draft, refusal) -> None:
    issue = await tracker.create(draft())
    off_screen(jira, "duedate", "duedate")
    change = FieldChange({"status": "In Progress", "due": "2026-12-24"})
    error = await refusal(tracker.update(issue, change))
    assert (error.fault, error.field) == (Fault.VALIDATION, "due")
    assert "screen" in error.remedy
