import pytest

from adapters.azure_devops.simulator.process import SAM
from schemas.errors import Fault, TrackerError
from schemas.issue import ALL_PARTS, CommentDraft, FieldChange, IssueDraft, Part
from schemas.rich_text import (
    Cell,
    CodeBlock,
    Heading,
    ListBlock,
    ListItem,
    Paragraph,
    RichText,
    Row,
    Table,
    Text,
    plain,
)
from schemas.values import Digest, User

FIELDS_ONLY = frozenset({Part.FIELDS})
TEXT = "naïve 中文 עברית مرحبا 👩‍👩‍👧 <b>&amp; 'quotes' \"here\""


async def test_created_item_reads_back_as_written(tracker, draft):
    body = RichText(
        (
            Heading(2, (Text("Steps"),)),
            Paragraph((Text("Press "), Text("Save", marks=("strong",)))),
            ListBlock((ListItem((Paragraph((Text("one"),)),)),), ordered=True),
            CodeBlock("if a < b:\n    pass"),
            Table((Row((Cell((Paragraph((Text("x"),)),), header=True),)),)),
        )
    )
    created = await tracker.create(
        draft(summary=TEXT, description=body, labels=("b", "a"), priority="1", status="Active")
    )
    read = await tracker.read(created.ref.id, ALL_PARTS)
    assert read.fields["summary"] == TEXT
    assert read.fields["description"] == body
    assert read.fields["labels"] == ("a", "b")
    assert read.fields["priority"] == "1"
    assert read.fields["status"] == "Active"
    assert read.fields["type"] == "Task"
    assert read.fields["reporter"] == User("Tidegate Sync", "sync@example.com", "sync@example.com")
    assert read.project == "Tidegate"
    assert read.fields == created.fields
    assert (read.version, read.updated) == (created.version, created.updated)
    assert read.ref.key == read.ref.id == "1"
    assert (read.comments, read.attachments) == ((), ())


async def test_a_bug_keeps_its_description_in_its_own_field(tracker, simulator, draft):
    created = await tracker.create(draft(type="Bug", description=plain("what happened")))
    held = simulator.state.item(int(created.ref.id)).fields
    assert "what happened" in held["Microsoft.VSTS.TCM.ReproSteps"]
    assert "System.Description" not in held
    changed = await tracker.update(created, FieldChange(set={"description": plain("other")}))
    assert changed.fields["description"] == plain("other")


async def test_reading_without_comments_is_one_request(tracker, simulator, draft):
    created = await tracker.create(draft())
    simulator.state.comment(simulator.state.item(1), "<p>hi</p>")
    simulator.calls.clear()
    read = await tracker.read(created.ref.id, FIELDS_ONLY)
    assert sum(simulator.calls.values()) == 1
    assert read.comments is None
    assert read.comment_count == 1


async def test_update_is_one_request_and_answers_the_fields(tracker, simulator, draft):
    issue = await tracker.create(draft(labels=("keep", "drop")))
    simulator.calls.clear()
    change = FieldChange(
        set={"summary": "Login fails again", "status": "Active"},
        add={"labels": ("new",)},
        remove={"labels": ("DROP",)},
    )
    updated = await tracker.update(issue, change)
    assert dict(simulator.calls) == {"PATCH /_apis/wit/workitems/{id}": 1}
    assert updated.fields["summary"] == "Login fails again"
    assert updated.fields["status"] == "Active"
    assert updated.fields["labels"] == ("keep", "new")
    assert updated == await tracker.read(issue.ref.id, FIELDS_ONLY)


async def test_update_over_a_newer_revision_is_a_conflict_and_changes_nothing(
    tracker, simulator, draft
):
    issue = await tracker.create(draft())
    simulator.state.save(simulator.state.item(1), {"System.Title": "by Sam"}, [], SAM)
    with pytest.raises(TrackerError) as caught:
        await tracker.update(issue, FieldChange(set={"summary": "ours"}))
    assert caught.value.fault is Fault.CONFLICT
    assert simulator.state.item(1).fields["System.Title"] == "by Sam"


async def test_empty_values_clear_a_field(tracker, draft):
    issue = await tracker.create(
        draft(description=plain("text"), assignee=User(email="zoe@example.com"), labels=("a",))
    )
    assert issue.fields["assignee"] == User("Zoë Müller", "zoe@example.com", "zoe@example.com")
    change = FieldChange(set={"description": None, "assignee": None, "labels": ()})
    cleared = await tracker.update(issue, change)
    assert cleared.fields["description"] is None
    assert cleared.fields["assignee"] is None
    assert cleared.fields["labels"] == ()


async def test_change_that_changes_nothing_asks_nothing(tracker, simulator, draft):
    issue = await tracker.create(draft(labels=("a",)))
    simulator.calls.clear()
    same = await tracker.update(
        issue, FieldChange(add={"labels": ("A",)}, remove={"labels": ("z",)})
    )
    assert same is issue
    assert not simulator.calls


async def test_refused_status_names_the_field_and_the_possible_ones(tracker, draft):
    issue = await tracker.create(draft())
    with pytest.raises(TrackerError) as caught:
        await tracker.update(issue, FieldChange(set={"status": "In Review"}))
    assert caught.value.fault is Fault.VALIDATION
    assert caught.value.field == "status"
    assert "In Review" in caught.value.message
    assert "New, Active, Closed" in caught.value.remedy


async def test_status_refused_while_creating_does_not_invite_a_second_create(
    tracker, simulator, draft
):
    created = await tracker.create(draft(status="In Review"))
    assert created.fields["status"] == "New"
    assert len(simulator.state.items) == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"priority": "9"}, "priority"),
        ({"assignee": User(name="Nobody")}, "assignee"),
        ({"reporter": User(name="Sam Okafor")}, "reporter"),
        ({"flavour": "sweet"}, "flavour"),
        ({"description": Digest("0" * 64)}, "description"),
        ({"parent": "ACME-1"}, "parent"),
    ],
)
async def test_refused_value_names_its_field(tracker, simulator, draft, fields, field):
    with pytest.raises(TrackerError) as caught:
        await tracker.create(draft(**fields))
    assert caught.value.fault is Fault.VALIDATION
    assert caught.value.field == field
    assert caught.value.remedy
    assert not simulator.state.items


async def test_unknown_type_and_project_are_not_found(tracker, draft):
    for wrong in (draft(type="Epic"), draft(project="Nowhere")):
        with pytest.raises(TrackerError) as caught:
            await tracker.create(wrong)
        assert caught.value.fault is Fault.NOT_FOUND


async def test_marker_is_found_again_in_its_project_only(make_tracker, simulator, draft, clock):
    tracker = make_tracker(page_size=2)
    for number in range(5):
        await tracker.create(draft(marker=f"m-{number}", project="Ünïcode & Söhne"))
    since = clock()
    found = await tracker.find_by_marker("m-4", "Ünïcode & Söhne", since)
    assert found is not None
    assert found.id == "5"
    assert "%C3%9Cn%C3%AFcode%20%26%20S%C3%B6hne" in found.url
    assert await tracker.find_by_marker("m-4", "Tidegate", since) is None
    assert await tracker.find_by_marker("m-", "Ünïcode & Söhne", since) is None
    assert await tracker.find_by_marker("m-4", "Ünïcode & Söhne", since + 3_600_000) is None


async def test_marker_needs_no_link_to_the_other_side(tracker, simulator):
    await tracker.create(IssueDraft("Tidegate", "Task", {"summary": "s"}, "m-9"))
    assert simulator.state.item(1).relations[0]["url"].startswith("https://tidegate.invalid/")
    assert await tracker.find_by_marker("m-9", "Tidegate", 0) is not None


async def test_deleted_is_gone_and_unknown_is_not_found(tracker, simulator, draft):
    issue = await tracker.create(draft())
    simulator.state.delete(simulator.state.item(1))
    with pytest.raises(TrackerError) as gone:
        await tracker.read(issue.ref.id, ALL_PARTS)
    assert gone.value.fault is Fault.GONE
    for unknown in ("77", "ACME-1", "../1", ""):
        with pytest.raises(TrackerError) as missing:
            await tracker.read(unknown, ALL_PARTS)
        assert missing.value.fault is Fault.NOT_FOUND


async def test_resolve_takes_what_people_write(tracker, draft):
    issue = await tracker.create(draft())
    assert await tracker.resolve("#1") == issue.ref
    assert await tracker.resolve(" 1 ") == issue.ref


async def test_parent_can_be_set_moved_and_taken_away(tracker, draft):
    for number in range(2):
        await tracker.create(draft(marker=f"p{number}", type="User Story"))
    child = await tracker.create(draft(marker="c", parent="1"))
    assert child.fields["parent"] == "1"
    moved = await tracker.update(child, FieldChange(set={"parent": "2"}))
    assert moved.fields["parent"] == "2"
    alone = await tracker.update(moved, FieldChange(set={"parent": None}))
    assert alone.fields["parent"] is None


async def test_neutral_names_of_one_connector(make_tracker, draft):
    tracker = make_tracker(fields={"team": "Custom.Team"})
    issue = await tracker.create(draft(team="Blue"))
    assert issue.fields["team"] == "Blue"
    assert "Custom.Team" not in issue.fields


async def test_bare_words_never_become_markup(tracker, draft):
    issue = await tracker.create(draft(description="<b>1 & 2</b>"))
    assert issue.fields["description"] == plain("<b>1 & 2</b>")


async def test_an_item_without_a_type_takes_the_default(make_tracker, draft):
    tracker = make_tracker(default_type="Issue")
    issue = await tracker.create(draft(type=""))
    assert (issue.fields["type"], issue.fields["status"]) == ("Issue", "To Do")


async def test_a_megabyte_of_description_arrives(tracker, draft):
    text = "line of text with ünïcode " * 40_000
    issue = await tracker.create(draft(description=plain(text.strip())))
    assert issue.fields["description"] == plain(text.strip())


async def test_check_stops_at_the_first_stage_that_fails(make_tracker, tracker):
    assert [one.passed for one in await tracker.check("Tidegate")] == [True] * 4
    wrong_token = await make_tracker(token="wrong").check()
    assert [(one.stage, one.passed) for one in wrong_token] == [
        ("server", True),
        ("credentials", False),
    ]
    wrong_project = await tracker.check("Nowhere")
    assert [one.stage for one in wrong_project] == ["server", "credentials", "project"]
    assert not wrong_project[-1].passed
    unreachable = await make_tracker(url="http://127.0.0.1:9/x").check()
    assert [(one.stage, one.passed) for one in unreachable] == [("server", False)]
    assert all(one.passed or one.remedy for one in wrong_token + wrong_project + unreachable)


async def test_check_creates_nothing_and_shows_a_lacking_permission(tracker, simulator):
    simulator.fail_next(
        status=403, path="workitems/$Task", message="TF401320: no permission", type_key="x"
    )
    stages = await tracker.check()
    assert (stages[-1].stage, stages[-1].passed) == ("permissions", False)
    assert not simulator.state.items


async def test_whoever_may_only_look_sees_all_and_writes_nothing(
    make_tracker, tracker, simulator, draft
):
    issue = await tracker.create(draft())
    reader = make_tracker(token=simulator.config.reader)
    assert (await reader.read("1", ALL_PARTS)).fields == issue.fields
    assert await reader.find_by_marker("m-1", "Tidegate", 0) == issue.ref
    assert [one async for one in reader.all_issues(())]
    for write in (
        reader.create(draft(marker="m-2")),
        reader.update(issue, FieldChange({"summary": "x"})),
        reader.add_comment("1", CommentDraft(plain("x"), "c")),
    ):
        with pytest.raises(TrackerError) as caught:
            await write
        assert caught.value.fault is Fault.PERMISSION
        assert "TF237111" in caught.value.message
    stages = await reader.check("Tidegate")
    assert [one.passed for one in stages] == [True, True, True, False]
    assert len(simulator.state.items) == 1


async def test_users_are_found_by_name_and_mail(tracker):
    assert await tracker.find_users("zoë") == (
        User("Zoë Müller", "zoe@example.com", "zoe@example.com"),
    )
    assert [one.name for one in await tracker.find_users("dana@")] == ["دانا حداد"]
    assert await tracker.find_users("  ") == ()


async def test_all_projects_are_told_page_by_page(tracker, simulator, monkeypatch):
    monkeypatch.setattr("adapters.azure_devops.metadata._PAGE", 2)
    simulator.state.projects[:] = ["Boards", "Öl und Gas", "Web", "Web App", "Z"]
    found = await tracker.projects()
    assert [each.id for each in found] == ["Boards", "Öl und Gas", "Web", "Web App", "Z"]
