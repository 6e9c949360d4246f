"""Issues: what each type keeps, what it costs, and what Rally leaves out or words oddly."""

import msgspec
import pytest

from adapters.rally import RallyTracker, parse_params
from adapters.rally.simulator import Fault as Trouble
from adapters.rally.simulator import RallySimulator, SimulatorConfig
from schemas.errors import Fault
from schemas.issue import ALL_PARTS, FieldChange, Part
from schemas.rich_text import plain, to_plain
from schemas.values import User

FIELDS = frozenset({Part.FIELDS})
ALICE, BOB = User(name="Alice Example"), User(email="bob@example.com")

OF_DEFECTS = {
    "status": "Open",
    "resolution": "Code Change",
    "priority": "High Attention",
    "labels": ("a", "b"),
    "milestone": "Spring",
    "fix_versions": ("2.0",),
    "iteration": "Sprint 2",
    "assignee": ALICE,
    "reporter": BOB,
    "due": "2032-02-29",
    "ScheduleState": "Completed",
    "FlowState": "Completed",
    "Severity": "Major Problem",
    "Environment": "Production",
    "FoundInBuild": "1.0.3",
    "FixedInBuild": "1.0.4",
    "TargetBuild": "1.1",
    "ReleaseNote": True,
    "AffectsDoc": True,
    "Blocked": True,
    "BlockedReason": "Waits",
    "PlanEstimate": 3,
    "Notes": plain("Seen"),
    "c_Team": "Red",
    "c_Areas": ("Dock", "Engine"),
}
OF_TASKS = {
    "status": "In-Progress",
    "labels": ("a",),
    "milestone": "Autumn",
    "fix_versions": ("1.0",),
    "iteration": "Sprint 1",
    "assignee": BOB,
    "estimate": 7200,
    "remaining": 5400,
    "spent": 1800,
    "Blocked": True,
    "Ready": True,
    "Notes": plain("Seen"),
}


def shown(value: object) -> object:
    if isinstance(value, User):
        return value.name or {"bob@example.com": "Bob Example"}[value.email]
    return value


@pytest.mark.parametrize(("kind", "wanted"), [("Defect", OF_DEFECTS), ("Task", OF_TASKS)])
async def test_every_field_of_a_type_comes_back_and_is_emptied(
    tracker, draft, kind: str, wanted: dict[str, object]
) -> None:
    made = await tracker.create(draft(kind, **wanted))
    assert {name: shown(made.fields[name]) for name in wanted} == {
        name: shown(value) for name, value in wanted.items()
    }
    assert (made.fields["type"], made.marker) == (kind, "marker-1")
    kept = {"status", "reporter", "ScheduleState", "FlowState"}
    empty = {
        name: () if isinstance(value, tuple) else False if value is True else None
        for name, value in wanted.items()
        if name not in kept
    }
    changed = await tracker.update(made, FieldChange(empty))
    assert {name: changed.fields[name] for name in empty} == empty
    assert changed.marker == "marker-1"


async def test_what_a_type_lacks_is_passed_over_and_what_nobody_knows_is_refused(
    tracker, draft, refusal
) -> None:
    made = await tracker.create(draft("User Story", priority="High", due="2030-01-01"))
    assert {"priority", "due", "resolution", "estimate"} & set(made.fields) == set()
    error = await refusal(tracker.update(made, FieldChange({"c_Nothing": "x"})))
    assert (error.fault, error.field) == (Fault.VALIDATION, "c_Nothing")
    assert "c_Team" in error.remedy


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("status", "Nope", "Submitted"),
        ("priority", "Nope", "High Attention"),
        ("c_Team", "Nope", "Green"),
        ("c_Areas", ("Dock", "Nope"), "Hull"),
        ("milestone", "Nope", "Spring"),
        ("fix_versions", ("9.9",), "1.0"),
        ("iteration", "Nope", "Sprint 1"),
        ("area", "Nope", "Pier"),
        ("FlowState", "Nope", "In Review"),
        ("assignee", User(name="Nobody"), "incoming rule"),
        ("due", "soon", "incoming rule"),
        ("parent", "abc", "incoming rule"),
        ("links", ("precedes 5",), "duplicates"),
        ("c_Score", "much", "incoming rule"),
    ],
)
async def test_a_value_that_rally_does_not_know_is_refused_before_anything_is_written(
    rally, tracker, draft, refusal, field: str, value: object, told: str
) -> None:
    made = await tracker.create(draft())
    before = rally.calls.copy()
    error = await refusal(tracker.update(made, FieldChange({"summary": "New", field: value})))
    assert (error.fault, error.field) == (
        Fault.VALIDATION,
        field,
    )
    assert told in error.remedy
    assert not {call for call in (rally.calls - before) if not call.startswith("GET")}


@pytest.mark.parametrize("zone", ["America/Denver", "Asia/Tokyo", "Pacific/Auckland", "UTC"])
async def test_a_day_stays_the_day_in_the_workspaces_time_zone(clock, session, draft, zone) -> None:
    async with RallySimulator(SimulatorConfig(time_zone=zone), now=clock) as rally:
        params = parse_params({"url": rally.url, "token": rally.config.token})
        tracker = RallyTracker("rally", params, session, clock, clock.pause)
        made = await tracker.create(draft(due="2031-07-15", c_Wanted="2031-01-01"))
        assert (made.fields["due"], made.fields["c_Wanted"]) == ("2031-07-15", "2031-01-01")
        (thing,) = rally.state.of_type["Defect"].values()
        # As Rally's own page has it: the moment at which the day begins there.
        hours = {"America/Denver": "T06", "Asia/Tokyo": "T15", "UTC": "T00"}
        assert hours.get(zone, "T12") in thing.fields["TargetDate"]


async def test_a_task_hangs_below_a_story_or_a_defect_and_a_defect_below_a_story(
    tracker, draft, refusal
) -> None:
    story = await tracker.create(draft("User Story", "m-1"))
    defect = await tracker.create(draft("Defect", "m-2", parent=story.ref.id))
    task = await tracker.create(draft("Task", "m-3", parent=defect.ref.id))
    assert (defect.fields["parent"], task.fields["parent"]) == (story.ref.id, defect.ref.id)
    task = await tracker.update(task, FieldChange({"parent": story.ref.id}))
    assert task.fields["parent"] == story.ref.id
    error = await refusal(tracker.update(story, FieldChange({"parent": defect.ref.id})))
    assert error.fault is Fault.VALIDATION


async def test_duplicates_are_seen_from_both_sides(tracker, draft) -> None:
    one = await tracker.create(draft("Defect", "m-1"))
    two = await tracker.create(draft("Defect", "m-2", links=(f"duplicates {one.ref.id}",)))
    assert two.fields["links"] == (f"duplicates {one.ref.id}",)
    there = await tracker.read(one.ref.id, FIELDS)
    assert there.fields["links"] == (f"duplicates {two.ref.id}",)


async def test_milestones_that_are_not_shown_stay(rally, tracker, draft, by_hand) -> None:
    made = await tracker.create(draft(milestone="Autumn"))
    (other,) = [one for one in rally.state.of_type["Milestone"].values() if one.name == "Spring"]
    items = {"CollectionItems": [{"_ref": f"/milestone/{other.oid}"}]}
    await by_hand("POST", f"/defect/{made.ref.id}/Milestones/add", items)
    now = await tracker.read(made.ref.id, FIELDS)
    assert now.fields["milestone"] == "Autumn"
    after = await tracker.update(now, FieldChange({"milestone": None}))
    assert after.fields["milestone"] == "Spring"


async def test_tags_are_made_once_and_found_again(rally, connect, draft) -> None:
    for number in range(2):
        made = await connect().create(draft(marker=f"m-{number}", labels=("new", 'größe & "co"')))
        assert made.fields["labels"] == ('größe & "co"', "new")
    assert sorted(tag.name for tag in rally.state.of_type["Tag"].values()) == [
        'größe & "co"',
        "new",
    ]


async def test_an_area_is_the_path_below_the_connectors_project(rally, connect, draft) -> None:
    tracker = connect()
    made = await tracker.create(draft())
    assert (made.project, made.fields["area"]) == ("Harbour", None)
    moved = await tracker.update(made, FieldChange({"area": "Pier"}))
    assert (moved.project, moved.fields["area"]) == ("Harbour", "Pier")
    alone = await connect(scope_down=False).read(made.ref.id, FIELDS)
    assert (alone.project, alone.fields["area"]) == ("Pier", None)
    back = await tracker.update(moved, FieldChange({"area": None}))
    assert back.fields["area"] is None


async def test_projects_of_one_name_are_told_apart_by_their_path(
    clock, session, draft, refusal
) -> None:
    config = SimulatorConfig(projects=("A", "A / Team", "B", "B / Team"))
    async with RallySimulator(config, now=clock) as rally:
        params = parse_params({"url": rally.url, "token": config.token})
        tracker = RallyTracker("rally", params, session, clock, clock.pause)
        assert [choice.id for choice in await tracker.projects()] == [
            "A",
            "A / Team",
            "B",
            "B / Team",
        ]
        one = msgspec.structs.replace(draft(), project="B / Team")
        assert (await tracker.create(one)).project == "B / Team"
        error = await refusal(tracker.create(msgspec.structs.replace(one, project="Team")))
        assert error.fault is Fault.VALIDATION
        assert "A / Team" in error.remedy


async def test_a_type_is_fixed(tracker, draft, refusal) -> None:
    made = await tracker.create(draft("Task"))
    error = await refusal(tracker.update(made, FieldChange({"type": "Defect"})))
    assert (error.fault, error.field) == (Fault.VALIDATION, "type")
    assert (await tracker.update(made, FieldChange({"type": "Task"}))).version == made.version


@pytest.mark.parametrize("status", ["ScheduleState", "FlowState"])
async def test_the_status_of_a_story_is_the_attribute_that_the_setting_names(
    connect, draft, status: str
) -> None:
    tracker = connect(story_status=status)
    made = await tracker.create(draft("User Story", status="In-Progress"))
    other = {"ScheduleState": "FlowState", "FlowState": "ScheduleState"}[status]
    # A flow state stands for a schedule state, so the one follows the other.
    assert (made.fields["status"], made.fields[other]) == ("In-Progress", "In-Progress")
    assert status not in made.fields
    if status == "FlowState":
        made = await tracker.update(made, FieldChange({"status": "In Review"}))
        assert (made.fields["status"], made.fields[other]) == ("In Review", "In-Progress")


async def test_what_rally_leaves_out_with_a_warning_is_told(
    rally: RallySimulator, tracker, draft, refusal
) -> None:
    """A field that was hidden after we had read the definitions."""
    made = await tracker.create(draft())
    del rally.state.types["Defect"].attributes["c_Team"]
    error = await refusal(tracker.update(made, FieldChange({"summary": "New", "c_Team": "Red"})))
    assert (error.fault, error.field) == (Fault.PERMISSION, "c_Team")
    one = draft(marker="m-2", c_Team="Red")
    error = await refusal(tracker.create(one))
    assert error.fault is Fault.UNKNOWN_OUTCOME
    assert await tracker.find_by_marker("m-2", "Harbour", 0) is not None


@pytest.mark.parametrize("config", [SimulatorConfig(external_id=False)])
async def test_the_marker_hides_in_notes_where_no_field_is(rally, tracker, draft) -> None:
    odd = '100%_~ünï "x"--'
    made = await tracker.create(draft(marker=odd, Notes=plain("Words")))
    assert (made.marker, to_plain(made.fields["Notes"])) == (odd, "Words")
    changed = await tracker.update(made, FieldChange({"Notes": plain("Other words")}))
    assert (changed.marker, to_plain(changed.fields["Notes"])) == (odd, "Other words")
    emptied = await tracker.update(changed, FieldChange({"Notes": None}))
    assert (emptied.marker, emptied.fields["Notes"]) == (odd, None)
    assert await tracker.find_by_marker(odd, "Harbour", made.updated) == made.ref
    assert await tracker.find_by_marker("100", "Harbour", made.updated) is None


async def test_a_number_finds_no_issue_of_another_type(tracker, draft, refusal) -> None:
    """Rally compares only the number of a FormattedID."""
    story = await tracker.create(draft("User Story", "m-1"))
    defect = await tracker.create(draft("Defect", "m-2"))
    assert (story.ref.key, defect.ref.key) == ("US1", "DE1")
    assert await tracker.resolve("de1") == defect.ref
    assert await tracker.resolve("US1") == story.ref
    assert (await refusal(tracker.resolve("TA1"))).fault is Fault.NOT_FOUND
    for nonsense in ("", "US", "1 OR 1", "(ObjectID > 0)", "ünï1"):
        assert (await refusal(tracker.resolve(nonsense))).fault is Fault.NOT_FOUND


async def test_what_lies_in_the_recycle_bin_is_gone_and_what_never_was_is_not_found(
    tracker, draft, by_hand, refusal
) -> None:
    made = await tracker.create(draft())
    await by_hand("DELETE", f"/defect/{made.ref.id}")
    for asked in (tracker.read(made.ref.id, FIELDS), tracker.read_comments(made.ref.id)):
        assert (await refusal(asked)).fault is Fault.GONE
    assert (await refusal(tracker.resolve(made.ref.key))).fault is Fault.GONE
    assert (await refusal(tracker.read("99", FIELDS))).fault is Fault.NOT_FOUND


async def test_a_change_in_between_is_a_conflict(tracker, draft, by_hand, refusal) -> None:
    made = await tracker.create(draft())
    await by_hand("POST", f"/defect/{made.ref.id}", {"Defect": {"Name": "By a person"}})
    error = await refusal(tracker.update(made, FieldChange({"summary": "Ours"})))
    assert error.fault is Fault.CONFLICT


CONFLICT = {
    "OperationResult": {
        "_rallyAPIMajor": "2",
        "_rallyAPIMinor": "0",
        "Errors": [
            "Concurrency conflict: [Object has been modified since being read for update in this"
            " context] - ConcurrencyConflictException : Modified since read on update : Object"
            " Class : com.f4tech.slm.domain.Defect : ObjectID : 1"
        ],
        "Warnings": [],
    }
}


async def test_rallys_own_conflict_inside_a_200_is_one(rally, tracker, draft, refusal) -> None:
    made = await tracker.create(draft())
    rally.fail_next(Trouble(status=200, method="POST", path="/defect/{oid}", body=CONFLICT))
    error = await refusal(tracker.update(made, FieldChange({"summary": "Ours"})))
    assert error.fault is Fault.CONFLICT


async def test_tags_are_added_though_others_write_at_the_same_moment(rally, tracker, draft) -> None:
    made = await tracker.create(draft())
    rally.fail_next(Trouble(status=200, method="POST", path="/{way}", body=CONFLICT, times=2))
    after = await tracker.update(made, FieldChange(add={"labels": ("one",)}))
    assert after.fields["labels"] == ("one",)


async def test_what_it_costs(rally, tracker, draft) -> None:
    """Once the definitions are known: they are asked for every ten minutes."""
    made = await tracker.create(draft(labels=("a",)))

    async def calls(call: object) -> int:
        before = sum(rally.calls.values())
        await call  # type: ignore[misc]
        return sum(rally.calls.values()) - before

    assert await calls(tracker.read(made.ref.id, ALL_PARTS)) == 1
    assert await calls(tracker.create(draft(marker="m-2", labels=("a",)))) == 1
    assert await calls(tracker.update(made, FieldChange({"summary": "New"}))) == 2
    now = await tracker.read(made.ref.id, FIELDS)
    change = FieldChange({"summary": "Newer"}, add={"labels": ("b",)})
    # A read, the write, a tag looked up and made, its addition, and a read.
    assert await calls(tracker.update(now, change)) == 6


async def test_a_value_that_was_just_added_in_rally_is_known(rally, tracker, draft) -> None:
    made = await tracker.create(draft(c_Team="Red", c_Areas=("Dock",)))
    attributes = rally.state.types["Defect"].attributes
    for name in ("c_Team", "c_Areas"):
        known = attributes[name]
        attributes[name] = msgspec.structs.replace(known, values=(*known.values, "New"))
        definition = next(
            one
            for one in rally.state.of_type["AttributeDefinition"].values()
            if one.fields["ElementName"] == name
            and rally.state.things[one.fields["TypeDefinition"]].fields["ElementName"] == "Defect"
        )
        rally.state.add(
            "AllowedAttributeValue", StringValue="New", AttributeDefinition=definition.oid
        )
    change = FieldChange({"c_Team": "New"}, add={"c_Areas": ("New",)})
    after = await tracker.update(made, change)
    assert (after.fields["c_Team"], after.fields["c_Areas"]) == ("New", ("Dock", "New"))


async def test_an_older_server_that_tells_no_ids_of_what_is_deleted(
    rally, tracker, draft, by_hand, refusal
) -> None:
    made = await tracker.create(draft())
    await by_hand("DELETE", f"/defect/{made.ref.id}")
    del rally.state.types["RecycleBinEntry"].attributes["ItemOID"]
    assert (await refusal(tracker.read(made.ref.id, FIELDS))).fault is Fault.NOT_FOUND
    assert (await refusal(tracker.resolve(made.ref.key))).fault is Fault.GONE


async def test_a_marker_that_its_field_does_not_take_is_hidden_in_notes(
    rally, tracker, draft, refusal
) -> None:
    """The field was hidden after we had read the definitions: the issue must not be made twice."""
    await tracker.create(draft())
    del rally.state.types["Defect"].attributes["c_ExternalID"]
    one = draft(marker="m-2", Notes=plain("Words"))
    error = await refusal(tracker.create(one))
    assert error.fault is Fault.UNKNOWN_OUTCOME
    *_, newest = rally.state.of_type["Defect"].values()
    assert "tidegate:m-2" in newest.fields["Notes"]


async def test_one_who_sees_no_areas_writes_none(connect, draft, refusal) -> None:
    tracker = connect(scope_down=False)
    made = await tracker.create(draft(area=None))
    assert (await tracker.update(made, FieldChange({"area": None}))).version == made.version
    error = await refusal(tracker.update(made, FieldChange({"area": "Pier"})))
    assert (error.fault, error.field) == (Fault.VALIDATION, "area")


@pytest.mark.parametrize(
    ("kind", "given", "held"),
    [
        ("Defect", "Defined", "Submitted"),
        ("Defect", "In-Progress", "Open"),
        ("Defect", "Accepted", "Closed"),
        ("Defect", "Reopened", "Reopened"),
        ("User Story", "Fixed", "Completed"),
        ("User Story", "Closed", "Accepted"),
        ("Task", "Accepted", "Completed"),
        ("Task", "open", None),
    ],
)
async def test_a_status_of_another_type_means_its_counterpart(
    tracker, draft, refusal, kind: str, given: str, held: str | None
) -> None:
    if held is None:
        assert (await refusal(tracker.create(draft(kind, status=given)))).field == "status"
        return
    made = await tracker.create(draft(kind, status=given))
    assert made.fields["status"] == held


@pytest.mark.parametrize("config", [SimulatorConfig(tasks_need_parent=True)])
async def test_a_task_without_a_parent_has_a_home_or_is_refused_in_clear_words(
    rally, connect, draft, refusal
) -> None:
    tracker = connect()
    error = await refusal(tracker.create(draft("Task")))
    assert (error.fault, error.field) == (Fault.VALIDATION, "parent")
    assert "task_parent" in error.remedy
    assert not rally.state.of_type["Task"]
    home = await tracker.create(draft("User Story", "m-2"))
    made = await connect(task_parent=home.ref.key).create(draft("Task"))
    assert made.fields["parent"] == home.ref.id
    own = await tracker.create(draft("Task", "m-3", parent=home.ref.id))
    assert own.fields["parent"] == home.ref.id


async def test_a_creation_that_met_another_write_is_tried_again(rally, tracker, draft) -> None:
    body = {"CreateResult": CONFLICT["OperationResult"]}
    path = "/defect/create"
    rally.fail_next(Trouble(status=200, method="POST", path=path, body=body, times=2))
    made = await tracker.create(draft())
    assert [one.oid for one in rally.state.of_type["Defect"].values()] == [int(made.ref.id)]
