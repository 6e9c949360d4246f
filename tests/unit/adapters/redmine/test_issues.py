"""Issues: what Redmine leaves out in silence is noticed, and markers are kept."""

import pytest

from adapters.redmine.simulator import Fault as SimulatedFault
from adapters.redmine.simulator import edits
from schemas.errors import Fault
from schemas.issue import ALL_PARTS, FieldChange, Part
from schemas.rich_text import plain, to_plain
from schemas.values import User

FIELDS = frozenset({Part.FIELDS})


async def test_a_field_that_the_account_may_not_set_is_named(
    redmine, tracker, limited, draft, refusal
) -> None:
    made = await tracker.create(draft())
    error = await refusal(limited.update(made, FieldChange({"summary": "New"})))
    assert (error.fault, error.field) == (Fault.PERMISSION, "summary")
    assert "permission" in error.remedy


async def test_a_creation_that_left_something_out_is_looked_up_and_not_repeated(
    redmine, limited, draft, refusal, clock
) -> None:
    parent = edits.create(
        redmine.state, {"project_id": "sim", "subject": "Parent"}, redmine.state.me
    )
    error = await refusal(limited.create(draft(parent=str(parent.id))))
    assert error.fault is Fault.UNKNOWN_OUTCOME
    assert "parent" in error.message
    found = await limited.find_by_marker("marker-1", "sim", clock())
    assert found is not None
    assert len(redmine.state.issues) == 2


async def test_an_issue_with_subtasks_computes_its_priority_itself(tracker, draft, refusal) -> None:
    parent = await tracker.create(draft())
    await tracker.create(draft("marker-2", parent=parent.ref.id))
    error = await refusal(tracker.update(parent, FieldChange({"priority": "Urgent"})))
    assert (error.fault, error.field) == (Fault.PERMISSION, "priority")
    assert "subtasks" in error.remedy


async def test_a_status_that_the_workflow_refuses_names_those_it_allows(
    tracker, draft, refusal
) -> None:
    made = await tracker.update(await tracker.create(draft()), FieldChange({"status": "Rejected"}))
    error = await refusal(tracker.update(made, FieldChange({"status": "Resolved"})))
    assert (error.fault, error.field) == (Fault.VALIDATION, "status")
    assert "New, Rejected" in error.remedy


async def test_somebody_elses_edit_in_between_is_a_conflict(
    redmine, tracker, draft, refusal, clock
) -> None:
    made = await tracker.create(draft())
    clock.pass_(5)
    held = redmine.state.issues[int(made.ref.id)]
    edits.edit(redmine.state, held, {"subject": "By a person"}, redmine.state.person("alice"))
    error = await refusal(tracker.update(made, FieldChange({"summary": "Ours"})))
    assert error.fault is Fault.CONFLICT
    assert held.subject == "By a person"


async def test_deleted_and_hidden_are_told_apart(redmine, tracker, draft, refusal) -> None:
    made = await tracker.create(draft())
    redmine.state.delete(redmine.state.issues[int(made.ref.id)])
    assert (await refusal(tracker.read(made.ref.id, FIELDS))).fault is Fault.GONE
    other = await tracker.create(draft())
    redmine.fail_next(SimulatedFault(status=403, path="/issues/"))
    assert (await refusal(tracker.read(other.ref.id, FIELDS))).fault is Fault.PERMISSION


async def test_a_proxys_404_is_no_deletion(redmine, tracker, draft, refusal) -> None:
    made = await tracker.create(draft())
    redmine.fail_next(SimulatedFault(status=404, times=2))
    assert (await refusal(tracker.read(made.ref.id, FIELDS))).fault is Fault.NOT_FOUND


async def test_a_key_that_is_withdrawn_is_noticed_though_redmine_answers_200(
    redmine, connect, session, draft, refusal, clock
) -> None:
    tracker = connect(projects=["lagoon"])
    public = {"project_id": "lagoon", "subject": "For all to see"}
    issue = str(edits.create(redmine.state, public, redmine.state.me).id)
    await tracker.read(issue, FIELDS)
    me = redmine.state.me
    redmine.state.users[me.id] = type(me)(me.id, "gone", "Tide", "Gate", "another-key", admin=True)
    async with session.get(f"{redmine.url}/issues/{issue}.json") as anonymous:
        assert anonymous.status == 200
    clock.pass_(61)
    error = await refusal(tracker.read(issue, FIELDS))
    assert error.fault is Fault.CREDENTIALS
    assert "simulator-token" not in f"{error.message} {error.remedy}"


async def test_the_marker_is_hidden_at_the_end_of_the_description(redmine, tracker, draft) -> None:
    made = await tracker.create(draft())
    held = redmine.state.issues[int(made.ref.id)]
    assert held.description == "Some text\r\n\r\n<!-- tidegate:marker-1 -->"
    assert to_plain(made.fields["description"]) == "Some text"


async def test_the_marker_and_the_source_have_fields_of_their_own(
    redmine, connect, draft, clock
) -> None:
    tracker = connect(marker_field="Tidegate marker", source_field="cf_10")
    made = await tracker.create(draft(source_url="https://other.example/7"))
    held = redmine.state.issues[int(made.ref.id)]
    assert (held.custom[11], held.custom[10]) == ("marker-1", "https://other.example/7")
    assert held.description == "Some text"
    assert made.marker == "marker-1"
    assert "cf_11" not in made.fields
    assert await tracker.find_by_marker("marker-1", "sim", clock()) == made.ref


async def test_values_of_custom_fields_without_definitions_are_text(limited, draft) -> None:
    """Redmine shows definitions to administrators only."""
    made = await limited.create(draft(cf_2="1.5", cf_6="1", cf_12="2"))
    assert (made.fields["cf_2"], made.fields["cf_6"], made.fields["cf_12"]) == ("1.5", "1", "2")


async def test_kinds_may_be_declared_for_an_account_without_definitions(
    redmine, connect, draft
) -> None:
    kinds = {"cf_2": "number", "cf_5": "user", "cf_6": "boolean", "cf_7": "rich_text"}
    tracker = connect(token=redmine.config.limited_token, custom_kinds=kinds)
    text = plain("Once")
    fields = {"cf_2": 1.5, "cf_5": User(name="Bob Example"), "cf_6": True, "cf_7": text}
    made = await tracker.create(draft(**fields))
    assert (made.fields["cf_2"], made.fields["cf_6"], made.fields["cf_7"]) == (1.5, True, text)
    assert made.fields["cf_5"] == User(name="Bob Example", id="8")


async def test_names_are_told_when_one_is_not_known(tracker, draft, refusal) -> None:
    for field, names in (
        ("priority", "Low, Normal, High, Urgent, Immediate"),
        ("fix_versions", "1.0, 2.0"),
        ("components", "Backend, Frontend"),
        ("cf_12", "Alpha, Beta"),
    ):
        value = ("None such",) if field in ("fix_versions", "components") else "None such"
        error = await refusal(tracker.create(draft(**{field: value})))
        assert (error.fault, error.field) == (Fault.VALIDATION, field)
        assert names in error.remedy


async def test_people_are_found_by_address_name_and_login(tracker, draft, refusal) -> None:
    for wanted in (User(email="ALICE@example.com"), User(name="alice example"), "alice", "7"):
        if wanted == "7":
            wanted = User(id="7")
        made = await tracker.create(draft(assignee=wanted))
        assert made.fields["assignee"] == User("Alice Example", "alice@example.com", "7")
    error = await refusal(tracker.create(draft(assignee="Example")))
    assert error.fault is Fault.VALIDATION
    assert "no user" in error.message


async def test_a_set_that_holds_one_element_keeps_what_is_there(tracker, draft) -> None:
    made = await tracker.create(draft(fix_versions=("2.0",)))
    same = await tracker.update(made, FieldChange({"fix_versions": ("1.0", "2.0")}))
    assert same.fields["fix_versions"] == ("2.0",)
    new = await tracker.update(made, FieldChange(add={"fix_versions": ("1.0",)}))
    assert new.fields["fix_versions"] == ("1.0",)
    none = await tracker.update(new, FieldChange(remove={"fix_versions": ("1.0",)}))
    assert none.fields["fix_versions"] == ()


async def test_links_are_seen_from_both_ends(tracker, draft, refusal) -> None:
    one, two = await tracker.create(draft("m-1")), await tracker.create(draft("m-2"))
    await tracker.update(one, FieldChange({"links": (f"blocks {two.ref.id}",)}))
    there = await tracker.read(two.ref.id, FIELDS)
    assert there.fields["links"] == (f"blocked_by {one.ref.id}",)
    await tracker.update(there, FieldChange({"links": ()}))
    assert (await tracker.read(one.ref.id, FIELDS)).fields["links"] == ()
    for wrong in ("eats 1", "blocks SIM-1", "blocks"):
        error = await refusal(tracker.update(one, FieldChange(add={"links": (wrong,)})))
        assert (error.fault, error.field) == (Fault.VALIDATION, "links")


async def test_an_edit_asks_three_times(redmine, tracker, draft) -> None:
    made = await tracker.create(draft())
    redmine.calls.clear()
    await tracker.update(made, FieldChange({"summary": "New"}))
    assert redmine.calls == {
        "GET /issues/{issue}.json": 2,
        "PUT /issues/{issue}.json": 1,
    }


async def test_reading_everything_asks_twice(redmine, tracker, draft) -> None:
    made = await tracker.create(draft())
    redmine.calls.clear()
    await tracker.read(made.ref.id, ALL_PARTS)
    assert redmine.calls == {"GET /issues/{issue}.json": 1, "GET /time_entries.json": 1}


@pytest.mark.parametrize("text", ["textile", "markdown"])
async def test_a_megabyte_goes_both_ways(connect, draft, text) -> None:
    tracker = connect(text_format=text)
    words = "lorem ipsum 🚀 " * 70_000
    made = await tracker.create(draft(description=plain(words)))
    assert to_plain(made.fields["description"]).strip() == words.strip()


async def test_a_version_that_was_just_made_is_known(redmine, tracker, draft) -> None:
    made = await tracker.create(draft(fix_versions=("1.0",)))
    next(iter(redmine.state.projects.values())).versions["3.0"] = redmine.state.new_id()
    changed = await tracker.update(made, FieldChange({"fix_versions": ("3.0",)}))
    assert changed.fields["fix_versions"] == ("3.0",)


async def test_a_marker_is_not_found_by_its_beginning(redmine, connect, draft, clock) -> None:
    """Redmine looks for words within the text, and ignores fields that it does not know."""
    await connect().create(draft("m-10"))
    assert await connect().find_by_marker("m-1", "sim", clock()) is None
    assert await connect(marker_field="cf_99").find_by_marker("m-1", "sim", clock()) is None
