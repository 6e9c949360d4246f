"""Tasks as issues: read, create, change, find again."""

import pytest

from adapters.simulation import Fault as Failing
from schemas.errors import Fault, TrackerError
from schemas.issue import ALL_PARTS, FieldChange, Part
from schemas.rich_text import plain
from schemas.values import User

FIELDS = frozenset({Part.FIELDS})


async def test_a_task_of_the_library_reads_as_an_issue(sde, tracker) -> None:
    task = sde.state.tasks["1-T1"]
    sde.state.change(task, {"tags": ["b", "a"], "assigned_to": ["bob@example.com"]}, sde.state.me)
    issue = await tracker.read("1-T1", ALL_PARTS)
    assert issue.ref.key == "1-T1"
    assert issue.ref.url.startswith(sde.url)
    assert issue.project == "1"
    assert issue.fields["summary"] == "A task of the library"
    assert issue.fields["status"] == "Incomplete"
    assert issue.fields["meaning"] == "TODO"
    assert issue.fields["priority"] == "5"
    assert issue.fields["phase"] == "Requirements"
    assert issue.fields["labels"] == ("a", "b")
    assert issue.fields["assignee"] == User("Bob Example", "bob@example.com", "bob@example.com")
    assert (issue.comments, issue.attachments) == ((), ())


async def test_a_new_task_keeps_its_marker_where_no_reader_sees_it(sde, tracker, draft) -> None:
    made = await tracker.create(
        draft(
            status="Complete",
            priority="8",
            phase="Testing",
            labels=("one",),
            assignee=User(email="alice@example.com"),
            source_url="https://jira.example/browse/A-1",
        )
    )
    assert made.marker == "abc123"
    assert made.fields["description"] == plain("Some text")
    assert made.fields["status"] == "Complete"
    assert made.fields["priority"] == "8"
    assert made.fields["phase"] == "Testing"
    assert made.fields["labels"] == ("one",)
    held = sde.state.tasks[made.ref.id]
    assert held.artifact_proxy == "https://jira.example/browse/A-1"
    assert "tidegate:abc123" in held.text
    found = await tracker.find_by_marker("abc123", "1", 0)
    assert found == made.ref
    assert await tracker.find_by_marker("other", "1", 0) is None


async def test_an_edit_keeps_the_marker(tracker, draft) -> None:
    made = await tracker.create(draft())
    change = FieldChange({"description": plain("Other"), "summary": "שלום 😀"}, {"labels": ("x",)})
    written = await tracker.update(made, change)
    assert written.marker == "abc123"
    assert written.fields["description"] == plain("Other")
    assert written.fields["summary"] == "שלום 😀"
    assert written.fields["labels"] == ("x",)
    removed = await tracker.update(written, FieldChange(remove={"labels": ("x",)}))
    assert removed.fields["labels"] == ()


async def test_a_task_that_changed_meanwhile_is_not_written_over(sde, tracker, draft) -> None:
    made = await tracker.create(draft())
    sde.state.change(sde.state.tasks[made.ref.id], {"title": "Theirs"}, sde.state.users["bob"])
    with pytest.raises(TrackerError) as caught:
        await tracker.update(made, FieldChange({"summary": "Ours"}))
    assert caught.value.fault is Fault.CONFLICT
    assert sde.state.tasks[made.ref.id].title == "PT1: Theirs"


@pytest.mark.parametrize("name", ["summary", "description", "priority", "phase"])
async def test_what_the_library_fixes_is_refused_by_name(tracker, name: str) -> None:
    issue = await tracker.read("1-T1", FIELDS)
    value = {"description": plain("x"), "priority": "3", "phase": "Testing"}.get(name, "x")
    with pytest.raises(TrackerError) as caught:
        await tracker.update(issue, FieldChange({name: value}))
    assert (caught.value.fault, caught.value.field) == (Fault.VALIDATION, name)


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ("Complete", "Complete"),
        ("complete", "Complete"),
        ("DONE", "Complete"),
        ("NA", "Not Applicable"),
        ("Risk Accepted", "Risk Accepted"),
    ],
)
async def test_a_status_is_set_by_name_or_by_meaning(start_sde, connect, wanted, status) -> None:
    sde = await start_sde(custom_statuses={"Risk Accepted": "NA"})
    tracker = connect(sde)
    issue = await tracker.read("1-T1", FIELDS)
    written = await tracker.update(issue, FieldChange({"status": wanted}))
    assert written.fields["status"] == status


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "Nowhere"),
        ("priority", "11"),
        ("phase", "Nowhere"),
        ("assignee", User(name="Nobody")),
        ("customfield_1", "x"),
    ],
)
async def test_a_value_that_does_not_fit_is_refused_by_field(tracker, draft, field, value) -> None:
    made = await tracker.create(draft())
    with pytest.raises(TrackerError) as caught:
        await tracker.update(made, FieldChange({field: value}))
    assert (caught.value.fault, caught.value.field) == (Fault.VALIDATION, field)
    assert caught.value.remedy


async def test_a_create_whose_answer_is_lost_is_found_by_its_marker(sde, tracker, draft) -> None:
    sde.fail_next(Failing(method="POST", path="tasks", after=True, drop=True))
    with pytest.raises(TrackerError) as caught:
        await tracker.create(draft())
    assert caught.value.fault is Fault.UNKNOWN_OUTCOME
    assert (await tracker.find_by_marker("abc123", "1", 0)).key == "1-PT1"


async def test_a_task_that_stands_with_half_its_fields_is_an_unknown_outcome(
    sde, tracker, draft
) -> None:
    sde.fail_next(Failing(method="PATCH", path="tasks", status=400, body={"status": ["No."]}))
    with pytest.raises(TrackerError) as caught:
        await tracker.create(draft(status="Complete"))
    assert caught.value.fault is Fault.UNKNOWN_OUTCOME
    assert "No." in caught.value.message


@pytest.mark.parametrize("key", ["1-T99", "9-T1", "nonsense", "../../x-T1", ""])
async def test_what_is_not_there_is_not_found(tracker, key: str) -> None:
    with pytest.raises(TrackerError) as caught:
        await tracker.resolve(key)
    assert caught.value.fault is Fault.NOT_FOUND


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (401, {"detail": "Invalid token."}, Fault.CREDENTIALS),
        (403, {"detail": "No."}, Fault.PERMISSION),
        (404, {"detail": "Not found."}, Fault.NOT_FOUND),
        (429, {"detail": "Slow down."}, Fault.THROTTLED),
        (500, None, Fault.UNAVAILABLE),
        (400, {"text": ["Too long."]}, Fault.VALIDATION),
    ],
)
async def test_refusals_are_typed(sde, tracker, status: int, body, fault: Fault) -> None:
    headers = {"Retry-After": "90"} if status == 429 else {}
    sde.fail_next(Failing(status=status, body=body, headers=headers, times=9))
    with pytest.raises(TrackerError) as caught:
        await tracker.resolve("1-T1")
    assert caught.value.fault is fault
    assert caught.value.remedy
    assert sde.config.token not in str(caught.value)


async def test_files_are_refused_with_the_reason(tracker) -> None:
    with pytest.raises(TrackerError, match="no attachments"):
        await tracker.delete_attachment("1-T1", "1")
    assert tracker.capabilities.attachment_upload is False
    assert await tracker.attachment_exists("1-T1", "1") is False


async def test_users_are_found_by_name_or_address(tracker) -> None:
    (bob,) = await tracker.find_users("BOB@")
    assert bob == User("Bob Example", "bob@example.com", "bob@example.com")
    assert await tracker.find_users("nobody") == ()


async def test_the_check_stops_at_the_first_stage_that_fails(sde, tracker, connect) -> None:
    passed = await tracker.check("1")
    assert [(stage.stage, stage.passed) for stage in passed] == [
        ("server", True),
        ("credentials", True),
        ("project", True),
        ("permissions", True),
    ]
    wrong = await connect(sde, token="wrong").check("1")
    assert [(stage.stage, stage.passed) for stage in wrong] == [
        ("server", True),
        ("credentials", False),
    ]
    missing = await tracker.check("9")
    assert missing[-1].stage == "project"
    assert missing[-1].remedy


async def test_the_project_tells_its_statuses_and_phases(tracker) -> None:
    (project,) = await tracker.projects()
    assert (project.id, project.name) == ("1", "Simulated project")
    (kind,) = (await tracker.metadata("1")).types
    assert [status.name for status in kind.statuses] == [
        "Complete",
        "Incomplete",
        "Not Applicable",
    ]
    phase = next(field for field in kind.fields if field.name == "phase")
    assert "Testing" in [choice.name for choice in phase.choices]
