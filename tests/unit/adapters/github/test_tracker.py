"""Issues through the port: read, made, found again, written."""

import pytest

from schemas.errors import Fault
from schemas.issue import ALL_PARTS, AttachmentDraft, FieldChange, Part
from schemas.rich_text import RichText, plain, to_plain
from schemas.values import User

FIELDS = frozenset({Part.FIELDS})


async def test_what_is_created_comes_back_whole(tracker, draft) -> None:
    issue = await tracker.create(
        draft(
            labels=("backend", "äöü"),
            assignee=User(name="alice"),
            milestone="2.0",
            priority="High",
            field_73="ACME",
            field_74=3,
            field_75="2026-01-31",
            field_76="s1",
            field_77=("Blue", "Red"),
        )
    )
    assert issue.ref.key == "sim/project#1"
    assert issue.ref.url.endswith("/sim/project/issues/1")
    assert issue.project == "sim/project"
    assert issue.marker == "marker-1"
    fields = issue.fields
    assert to_plain(fields.pop("description")) == "Some text"
    assert fields == {
        "summary": "A summary",
        "status": "open",
        "resolution": None,
        "type": "Bug",
        "priority": "High",
        "labels": ("backend", "äöü"),
        "assignee": User(name="Alice Archer", email="alice@example.com", id="alice"),
        "reporter": User(name="Tidegate", id="tidegate"),
        "milestone": "2.0",
        "parent": None,
        "links": (),
        "field_73": "ACME",
        "field_74": 3,
        "field_75": "2026-01-31",
        "field_76": "S1",
        "field_77": ("Blue", "Red"),
    }
    read = await tracker.read(issue.ref.id, ALL_PARTS)
    assert read.fields["labels"] == ("backend", "äöü")
    assert (read.comments, read.attachments) == ((), ())


async def test_the_marker_is_shown_to_nobody_and_found_again(github, tracker, draft, clock) -> None:
    issue = await tracker.create(draft("a--b/ü 1", description=plain("Text")))
    held = github.state.issues[next(iter(github.state.issues))].body
    assert held.startswith("Text\n\n<!-- tidegate:")
    assert held.endswith(" -->")
    assert to_plain(issue.fields["description"]) == "Text"
    assert issue.marker == "a--b/ü 1"
    assert await tracker.find_by_marker("a--b/ü 1", "sim/project", clock.millis) == issue.ref
    assert await tracker.find_by_marker("another", "sim/project", clock.millis) is None


async def test_an_issue_without_text_has_a_marker_too(tracker, clock) -> None:
    from schemas.issue import IssueDraft

    issue = await tracker.create(IssueDraft("sim/project", "", {"summary": "Bare"}, "m-1"))
    assert issue.fields["description"] == RichText(())
    assert issue.fields["type"] is None
    assert await tracker.find_by_marker("m-1", "sim/project", clock.millis) == issue.ref


async def test_of_copies_of_a_text_the_oldest_is_ours(github, tracker, draft, clock, by_hand):
    issue = await tracker.create(draft())
    clock.millis += 5000
    by_hand("Duplicated", body=next(iter(github.state.issues.values())).body)
    assert await tracker.find_by_marker("marker-1", "sim/project", clock.millis) == issue.ref


async def test_the_marker_is_looked_for_beyond_one_page(github, tracker, draft, clock, by_hand):
    issue = await tracker.create(draft())
    for number in range(150):
        by_hand(f"Later {number}")
    assert await tracker.find_by_marker("marker-1", "sim/project", clock.millis) == issue.ref
    clock.millis += 3_600_000
    by_hand("Much later")
    github.calls.clear()
    assert await tracker.find_by_marker("marker-1", "sim/project", clock.millis) is None
    assert github.calls["GET /repositories/{repository}/issues"] == 1


async def test_a_marker_survives_an_edit_of_the_text_by_either(github, tracker, draft, clock):
    issue = await tracker.create(draft())
    issue = await tracker.update(issue, FieldChange({"description": plain("New")}))
    assert (to_plain(issue.fields["description"]), issue.marker) == ("New", "marker-1")
    held = next(iter(github.state.issues.values()))
    github.state.edit(held, {"body": "Before\r\n\r\n" + held.body}, github.state.users["alice"])
    issue = await tracker.read(issue.ref.id, FIELDS)
    assert to_plain(issue.fields["description"]) == "Before\n\nNew"
    issue = await tracker.update(issue, FieldChange({"description": plain("Newer")}))
    assert held.body.count("tidegate:") == 1
    assert issue.marker == "marker-1"


async def test_a_closed_draft_is_closed_for_its_reason(tracker, draft) -> None:
    issue = await tracker.create(draft(status="Closed", resolution="not planned"))
    assert (issue.fields["status"], issue.fields["resolution"]) == ("closed", "not_planned")


async def test_status_and_reason_change(tracker, draft) -> None:
    issue = await tracker.create(draft())
    issue = await tracker.update(issue, FieldChange({"status": "closed"}))
    assert issue.fields["resolution"] == "completed"
    issue = await tracker.update(issue, FieldChange({"status": "open"}))
    assert (issue.fields["status"], issue.fields["resolution"]) == ("open", None)
    issue = await tracker.update(
        issue, FieldChange({"status": "closed", "resolution": "duplicate"})
    )
    assert issue.fields["resolution"] == "duplicate"


async def test_a_plain_edit_costs_one_read_and_one_write(github, tracker, draft) -> None:
    issue = await tracker.create(draft())
    github.calls.clear()
    issue = await tracker.update(issue, FieldChange({"summary": "New"}))
    assert issue.fields["summary"] == "New"
    assert sum(github.calls.values()) == 2


async def test_labels_change_one_by_one_and_leave_others_alone(github, tracker, draft) -> None:
    issue = await tracker.create(draft(labels=("a", "b")))
    held = next(iter(github.state.issues.values()))
    by_name = {"labels": ["a", "b", "by a person"]}
    github.state.edit(held, by_name, github.state.users["alice"])
    change = FieldChange(add={"labels": ("c", "A", "with space/slash")}, remove={"labels": ("b",)})
    issue = await tracker.update(issue, change)
    assert issue.fields["labels"] == ("a", "by a person", "c", "with space/slash")
    issue = await tracker.update(issue, FieldChange({"labels": ("c", "d")}))
    assert issue.fields["labels"] == ("c", "d")


async def test_a_priority_is_a_label_that_is_exchanged(github, tracker, draft) -> None:
    issue = await tracker.create(draft(priority="High", labels=("x",)))
    held = next(iter(github.state.issues.values()))
    assert set(held.labels) == {"priority: High", "x"}
    issue = await tracker.update(issue, FieldChange({"priority": "Low"}))
    assert (issue.fields["priority"], issue.fields["labels"]) == ("Low", ("x",))
    assert set(held.labels) == {"priority: Low", "x"}
    issue = await tracker.update(issue, FieldChange({"priority": None}))
    assert (issue.fields["priority"], held.labels) == (None, ["x"])


async def test_where_the_owner_has_no_types_a_label_says_it(start_github, connect, draft) -> None:
    github = await start_github(organisations=())
    tracker = connect(github)
    issue = await tracker.create(draft())
    assert issue.fields["type"] == "Bug"
    assert next(iter(github.state.issues.values())).labels == ["type: Bug"]
    issue = await tracker.update(issue, FieldChange({"type": "Task"}))
    assert (issue.fields["type"], issue.fields["labels"]) == ("Task", ())


async def test_fields_of_issues_are_set_and_cleared(tracker, draft) -> None:
    issue = await tracker.create(draft(field_73="ACME"))
    issue = await tracker.update(issue, FieldChange({"field_73": None, "field_76": "S2"}))
    assert "field_73" not in issue.fields
    assert issue.fields["field_76"] == "S2"


@pytest.mark.parametrize(
    ("wanted", "field", "told"),
    [
        ({"status": "In Progress"}, "status", "open"),
        ({"status": "closed", "resolution": "Fixed"}, "resolution", "completed"),
        ({"milestone": "9.9"}, "milestone", "2.0"),
        ({"type": "Saga"}, "type", "Task"),
        ({"field_76": "S9"}, "field_76", "S1"),
        ({"field_74": "three"}, "field_74", ""),
        ({"field_9": "x"}, "field_9", ""),
        ({"due": "2026-01-31"}, "due", "Leave it out"),
        ({"summary": "  "}, "summary", ""),
        ({"assignee": User(name="Nobody Known")}, "assignee", "Map this person"),
        ({"links": ("duplicates 1-1",)}, "links", "blocked_by"),
        ({"parent": "SIM-1"}, "parent", ""),
    ],
)
async def test_what_github_cannot_hold_is_refused_by_name(
    github, tracker, draft, refusal, wanted, field, told
) -> None:
    issue = await tracker.create(draft())
    error = await refusal(tracker.update(issue, FieldChange(wanted)))
    assert (error.fault, error.field) == (Fault.VALIDATION, field)
    assert told in error.remedy
    assert not [call for call in github.calls if call.startswith("PATCH")]


@pytest.mark.parametrize(
    ("wanted", "login"),
    [
        (User(id="bob"), "bob"),
        (User(name="Alice"), "alice"),
        (User(name="Alice Archer"), "alice"),
        (User(name="X", email="alice@example.com"), "alice"),
        ("bob", "bob"),
        (None, None),
    ],
)
async def test_people_are_found_by_what_is_known_of_them(tracker, draft, wanted, login) -> None:
    issue = await tracker.create(draft())
    issue = await tracker.update(issue, FieldChange({"assignee": wanted}))
    assignee = issue.fields["assignee"]
    assert (assignee.id if assignee else None) == login


@pytest.mark.parametrize(
    "fields",
    [
        {"assignee": User(name="alice")},
        {"milestone": "1.0"},
        {"labels": ("x",)},
        {"assignee": User(name="alice"), "milestone": "1.0", "priority": "High"},
    ],
)
async def test_what_github_drops_without_a_word_is_noticed(
    start_github, connect, draft, refusal, clock, fields
) -> None:
    github = await start_github(rights="read")
    tracker = connect(github)
    error = await refusal(tracker.create(draft("m-1", kind="", **fields)))
    # The issue stands, so that it must be found and not made again.
    assert error.fault is Fault.UNKNOWN_OUTCOME
    assert "dropped" in error.message
    assert "Triage" in error.remedy
    found = await tracker.find_by_marker("m-1", "sim/project", clock.millis)
    issue = await tracker.read(found.id, FIELDS)
    error = await refusal(tracker.update(issue, FieldChange(fields)))
    assert error.fault is Fault.PERMISSION


async def test_whoever_cannot_be_assigned_is_named(tracker, draft, refusal) -> None:
    issue = await tracker.create(draft())
    error = await refusal(tracker.update(issue, FieldChange({"assignee": User(id="stranger")})))
    assert (error.fault, error.field) == (Fault.VALIDATION, "assignee")
    assert "stranger" in error.message


async def test_a_field_that_changed_meanwhile_is_not_written_over(
    github, tracker, draft, refusal
) -> None:
    issue = await tracker.create(draft())
    held = next(iter(github.state.issues.values()))
    github.state.edit(held, {"title": "By a person"}, github.state.users["alice"])
    error = await refusal(tracker.update(issue, FieldChange({"summary": "By us"})))
    assert (error.fault, held.title) == (Fault.CONFLICT, "By a person")
    after = await tracker.update(issue, FieldChange({"status": "closed"}))
    assert (after.fields["status"], after.fields["summary"]) == ("closed", "By a person")


async def test_parents_and_links_go_both_ways(tracker, draft) -> None:
    above = await tracker.create(draft("m-1"))
    other = await tracker.create(draft("m-2"))
    issue = await tracker.create(
        draft("m-3", parent=above.ref.id, links=(f"blocked_by {other.ref.id}",))
    )
    assert issue.fields["parent"] == above.ref.id
    assert issue.fields["links"] == (f"blocked_by {other.ref.id}",)
    seen = await tracker.read(other.ref.id, FIELDS)
    assert seen.fields["links"] == (f"blocks {issue.ref.id}",)
    change = FieldChange(
        {"parent": None},
        {"links": (f"blocks {above.ref.id}",)},
        {"links": (f"blocked_by {other.ref.id}",)},
    )
    issue = await tracker.update(issue, change)
    assert issue.fields["parent"] is None
    assert issue.fields["links"] == (f"blocks {above.ref.id}",)
    issue = await tracker.update(issue, FieldChange({"parent": other.ref.id, "links": ()}))
    assert (issue.fields["parent"], issue.fields["links"]) == (other.ref.id, ())


async def test_a_parent_in_another_repository_is_told_by_its_id(
    start_github, connect, draft
) -> None:
    github = await start_github(projects=("sim/project", "sim/other"))
    tracker = connect(github)
    other = github.state.repository("sim/other")
    above = github.state.create(other, {"title": "Above"}, github.state.me)
    issue = await tracker.create(draft(parent=f"{other.id}-{above.number}"))
    assert issue.fields["parent"] == f"{other.id}-{above.number}"


@pytest.mark.parametrize("form", ["{id}", "sim/project#1", "{url}", " Sim/Project#1 ", "#1", "1"])
async def test_an_issue_is_resolved_from_what_people_write(tracker, draft, form) -> None:
    issue = await tracker.create(draft())
    named = form.format(id=issue.ref.id, url=issue.ref.url)
    assert await tracker.resolve(named) == issue.ref


@pytest.mark.parametrize(
    "named", ["", "0", "9", "sim/project#99", "no/such#1", "../../user", "1-1/../x"]
)
async def test_what_is_no_issue_is_not_found(tracker, refusal, named) -> None:
    assert (await refusal(tracker.resolve(named))).fault is Fault.NOT_FOUND


async def test_a_deleted_issue_is_gone_and_not_just_missing(
    github, tracker, draft, refusal
) -> None:
    issue = await tracker.create(draft())
    github.state.delete(next(iter(github.state.issues.values())), github.state.users["alice"])
    assert (await refusal(tracker.read(issue.ref.id, FIELDS))).fault is Fault.GONE


async def test_pull_requests_are_no_issues(github, tracker, project, refusal) -> None:
    github.state.create(project, {"title": "PR"}, github.state.me, pull=True)
    error = await refusal(tracker.resolve("sim/project#1"))
    assert error.fault is Fault.NOT_FOUND
    assert "pull request" in error.message


async def test_a_renamed_repository_keeps_its_issues(github, tracker, project, draft) -> None:
    issue = await tracker.create(draft())
    github.state.rename(project, "renamed")
    after = await tracker.update(issue, FieldChange({"summary": "New"}))
    assert (after.ref.id, after.ref.key) == (issue.ref.id, "sim/renamed#1")
    assert (await tracker.resolve("sim/project#1")).id == issue.ref.id
    another = await tracker.create(draft("m-2"))
    assert another.ref.key == "sim/renamed#2"


async def test_a_transferred_issue_keeps_its_id_for_us(start_github, connect, draft) -> None:
    github = await start_github(projects=("sim/project", "sim/other"))
    tracker = connect(github)
    issue = await tracker.create(draft())
    held = next(iter(github.state.issues.values()))
    moved = github.state.transfer(
        held, github.state.repository("sim/other"), github.state.users["alice"]
    )
    read = await tracker.read(issue.ref.id, ALL_PARTS)
    assert (read.ref.id, read.ref.key, read.project) == (issue.ref.id, "sim/other#1", "sim/other")
    after = await tracker.update(read, FieldChange({"summary": "There"}, {"labels": ("x",)}))
    assert (after.ref.id, moved.title, moved.labels) == (issue.ref.id, "There", ["x"])
    changes = [change.issue async for change in tracker.all_issues(("sim/other",))]
    assert changes == [issue.ref.id]


async def test_files_are_refused_openly(tracker, draft, refusal) -> None:
    issue = await tracker.create(draft())

    async def never() -> None:
        raise AssertionError("opened")

    file = AttachmentDraft("plan.pdf", 5, "application/pdf", "a-1")
    error = await refusal(tracker.add_attachment(issue.ref.id, file, never))
    assert (error.fault, error.field) == (Fault.VALIDATION, "attachments")
    assert "plan.pdf" in error.message
    assert not tracker.capabilities.attachment_upload
    assert "attachments" in tracker.capabilities.degraded

    async def opened() -> None:
        async with tracker.open_attachment(issue.ref.id, "1"):
            raise AssertionError("opened")

    assert (await refusal(opened())).fault is Fault.NOT_FOUND


async def test_long_titles_and_labels_are_fitted(tracker, draft) -> None:
    issue = await tracker.create(draft(summary="x\ny" + "z" * 300, labels=("l" * 60,)))
    assert len(issue.fields["summary"]) == 256
    assert issue.fields["summary"].startswith("x y")
    assert issue.fields["labels"] == ("l" * 49 + "…",)


async def test_projects_and_metadata_are_told(tracker, start_github, connect) -> None:
    assert [choice.name for choice in await tracker.projects()] == ["sim/project"]
    all_of_it = connect(await start_github(projects=("sim/a", "sim/b")), projects=[])
    assert [choice.name for choice in await all_of_it.projects()] == ["sim/a", "sim/b"]
    metadata = await tracker.metadata("sim/project")
    assert [one.type.name for one in metadata.types] == ["Bug", "Task", "Feature"]
    fields = {field.name: field for field in metadata.types[0].fields}
    assert [choice.name for choice in fields["milestone"].choices] == ["1.0", "2.0"]
    assert (fields["field_76"].label, fields["field_76"].kind) == ("Severity", "option")
    assert [choice.name for choice in fields["field_76"].choices] == ["S1", "S2", "S3"]
    assert "alice" in {choice.name for choice in fields["assignee"].choices}
    assert [choice.name for choice in metadata.types[0].statuses] == ["open", "closed"]
    assert metadata.link_kinds == tracker.capabilities.link_kinds


async def test_users_are_found_with_their_names(tracker) -> None:
    found = await tracker.find_users("alice@example.com")
    assert found == (User(name="Alice Archer", email="alice@example.com", id="alice"),)
    assert {user.id for user in await tracker.find_users("Bob")} == {"bob"}
    assert await tracker.find_users(' " ') == ()
