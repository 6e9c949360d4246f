"""Entities: the traps of ALM."""

import pytest

from adapters.alm import query
from adapters.alm.simulator import Fault as SimulatedFault
from adapters.alm.simulator import SimulatorConfig, api_entities, edits
from schemas.errors import Fault
from schemas.issue import ALL_PARTS, FieldChange, Part
from schemas.rich_text import Image, Mention, Paragraph, RichText, Text, plain, to_plain
from schemas.values import User
from tests.unit.adapters.alm.support import many_path, one_path

FIELDS = frozenset({Part.FIELDS})


def held(alm, issue: str):
    kind, _, number = issue.partition("-")
    return alm.state.entity(kind, int(number))


async def test_usual_calls_are_few(alm, tracker, draft) -> None:
    made = await tracker.create(draft())
    alm.calls.clear()
    made = await tracker.create(draft("marker-2"))
    assert alm.calls == {f"POST {many_path('defect')}": 1}
    alm.calls.clear()
    await tracker.read(made.ref.id, ALL_PARTS)
    assert alm.calls == {f"GET {one_path('defect')}": 1}
    alm.calls.clear()
    await tracker.update(made, FieldChange({"summary": "New", "status": "Open"}))
    assert alm.calls == {f"GET {one_path('defect')}": 1, f"PUT {one_path('defect')}": 1}


async def test_an_update_sends_what_changes_alone(alm, tracker, draft) -> None:
    made = await tracker.create(draft(priority="3-High"))
    edits.update(alm.state, held(alm, made.ref.id), {"user-01": ["By Alice"]}, "alice")
    now = await tracker.read(made.ref.id, FIELDS)
    await tracker.update(now, FieldChange({"summary": "New"}))
    (_, ours) = held(alm, made.ref.id).audits
    assert [name for name, *_ in ours.changes] == ["name"]


async def test_a_newer_version_is_a_conflict(alm, tracker, draft, refusal) -> None:
    made = await tracker.create(draft())
    edits.update(alm.state, held(alm, made.ref.id), {"name": ["By Alice"]}, "alice")
    error = await refusal(tracker.update(made, FieldChange({"summary": "Ours"})))
    assert error.fault is Fault.CONFLICT
    assert held(alm, made.ref.id).values["name"] == ["By Alice"]


@pytest.fixture
def meanwhile(alm, monkeypatch):
    """Lets Alice write between our look and our write."""

    def set_up(values: dict[str, list[str]]) -> None:
        real = edits.update

        def both(state, entity, given, user):
            monkeypatch.setattr(api_entities.edits, "update", real)
            real(state, entity, values, "alice")
            real(state, entity, given, user)

        monkeypatch.setattr(api_entities.edits, "update", both)

    return set_up


async def test_what_a_write_has_replaced_is_told_by_the_audits(tracker, draft, meanwhile) -> None:
    made = await tracker.create(draft(priority="1-Low", assignee=User(name="Bob Example")))
    meanwhile({"name": ["By Alice"], "owner": ["alice"], "priority": ["5-Urgent"]})
    change = FieldChange({"summary": "Ours", "assignee": None})
    after = await tracker.update(made, change)
    assert after.fields["summary"] == "Ours"
    assert after.fields["priority"] == "5-Urgent"
    assert after.overwritten["summary"] == "By Alice"
    assert after.overwritten["assignee"].name == "Alice Example"
    assert set(after.overwritten) == {"summary", "assignee"}


async def test_what_others_wrote_elsewhere_is_not_overwritten(tracker, draft, meanwhile) -> None:
    made = await tracker.create(draft())
    meanwhile({"priority": ["5-Urgent"]})
    after = await tracker.update(made, FieldChange({"summary": "Ours"}))
    assert after.overwritten == {}


async def test_tidying_by_the_server_is_no_change(alm, tracker, draft) -> None:
    tree = RichText((Paragraph((Text("a "), Text("b", ("strong",)))), *plain("x\n\ny").blocks))
    made = await tracker.create(draft(description=tree))
    stored = held(alm, made.ref.id).values["description"][0]
    assert "\n" in stored
    assert made.fields["description"] == tree
    assert (await tracker.read(made.ref.id, FIELDS)).fields["description"] == tree


async def test_images_point_to_the_attachment_and_read_as_its_name(alm, tracker, draft) -> None:
    """Whatever is no whole address, ALM would take out of the image."""
    tree = RichText((Paragraph((Text("See "), Image("plan é.png", "The plan"))),))
    made = await tracker.create(draft(description=tree))
    stored = held(alm, made.ref.id).values["description"][0]
    assert f'src="{alm.address}/rest/domains/DEFAULT/projects/sim/defects/1/attachments/' in stored
    assert made.fields["description"] == tree
    changed = await tracker.update(made, FieldChange({"summary": "New"}))
    assert changed.fields["description"] == tree
    elsewhere = RichText((Paragraph((Image("https://example.com/a.png", "x"),)),))
    changed = await tracker.update(changed, FieldChange({"description": elsewhere}))
    assert changed.fields["description"] == elsewhere


async def test_mentions_arrive_as_names(tracker, draft) -> None:
    tree = RichText((Paragraph((Mention("Alice", "x-1"), Text(" look"))),))
    made = await tracker.create(draft(description=tree))
    assert to_plain(made.fields["description"]) == "@Alice look"


async def test_a_marker_without_a_field_hides_in_the_description(alm, connect, draft) -> None:
    tracker = connect(marker_field="")
    made = await tracker.create(draft("m 1/ü", description=plain("Words")))
    assert (made.marker, made.fields["description"]) == ("m 1/ü", plain("Words"))
    assert "user-07" not in held(alm, made.ref.id).values
    changed = await tracker.update(made, FieldChange({"description": plain("Others")}))
    assert (changed.marker, changed.fields["description"]) == ("m 1/ü", plain("Others"))
    found = await tracker.find_by_marker("m 1/ü", "sim", alm.state.now())
    assert found == made.ref


@pytest.mark.parametrize("marker", ['a "b" c', "it's", "both ' and \"", "a;b[c]{d}", "a*c", "?"])
async def test_markers_of_any_signs_are_found(tracker, draft, alm, marker) -> None:
    """ALM's queries know no escapes."""
    await tracker.create(draft("abc"))
    made = await tracker.create(draft(marker))
    assert await tracker.find_by_marker(marker, "sim", alm.state.now()) == made.ref


async def test_a_marker_is_looked_for_beyond_one_page(alm, connect, draft, by_hand) -> None:
    tracker = connect(marker_field="")
    for _ in range(205):
        by_hand()
    made = await tracker.create(draft("last"))
    assert await tracker.find_by_marker("last", "sim", alm.state.now()) == made.ref


async def test_a_required_field_is_named_before_anything_is_sent(
    alm, connect, draft, refusal
) -> None:
    error = await refusal(connect(defaults={}).create(draft()))
    assert (error.fault, error.field) == (Fault.VALIDATION, "severity")
    assert "'Severity'" in error.message
    assert "defaults" in error.remedy
    assert alm.state.entities == {}
    made = await connect(defaults={}).create(draft("m-2", severity="1-Low"))
    assert made.fields["reporter"].name == "Tide Gate"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("priority", "Highest", "1-Low"),
        ("assignee", User(name="Nobody"), "user"),
        ("user-01", "x" * 41, "40"),
        ("milestone", "Winter", "Releases"),
        ("user-03", "many", "rule"),
        ("user-11", "soon", "rule"),
        ("nonsense", "x", "fields"),
        ("links", ("blocks defect-1",), "relates"),
        ("parent", "requirement-1", "fields"),
    ],
)
async def test_what_does_not_fit_is_refused_by_name(
    alm, tracker, draft, refusal, field, value, said
) -> None:
    error = await refusal(tracker.create(draft(**{field: value})))
    assert (error.fault, error.field) == (Fault.VALIDATION, field)
    assert said in error.remedy + error.message
    assert alm.state.entities == {}


async def test_a_value_that_was_just_made_is_known(alm, tracker, draft, monkeypatch) -> None:
    from adapters.alm.simulator import catalogue

    made = await tracker.create(draft())
    monkeypatch.setitem(catalogue.LISTS, "13", ("Versions", ("1.0", "3.0")))
    changed = await tracker.update(made, FieldChange({"fix_versions": ("3.0",)}))
    assert changed.fields["fix_versions"] == ("3.0",)


async def test_one_place_takes_what_comes_new(tracker, draft) -> None:
    made = await tracker.create(draft(fix_versions=("1.0",)))
    changed = await tracker.update(made, FieldChange(add={"fix_versions": ("1.1",)}))
    assert changed.fields["fix_versions"] == ("1.1",)


async def test_types_of_requirements(tracker, draft, refusal) -> None:
    made = await tracker.create(draft(type="Requirement"))
    assert made.fields["type"] == "Requirement"
    changed = await tracker.update(made, FieldChange({"type": "Requirement / Testing"}))
    assert changed.fields["type"] == "Requirement / Testing"
    for wrong in ("Defect", "Requirement / Nonsense", "Testing"):
        error = await refusal(tracker.update(changed, FieldChange({"type": wrong})))
        assert (error.fault, error.field) == (Fault.VALIDATION, "type")
        assert "Requirement / Functional" in error.remedy


async def test_parents_of_requirements(alm, tracker, draft) -> None:
    above = await tracker.create(draft(type="Requirement / Folder"))
    below = await tracker.create(draft("m-2", type="Requirement", parent=above.ref.id))
    assert below.fields["parent"] == above.ref.id
    assert above.fields["parent"] is None
    changed = await tracker.update(below, FieldChange({"parent": None}))
    assert changed.fields["parent"] is None
    assert held(alm, below.ref.id).values["parent-id"] == ["0"]


async def test_tests_are_issues_where_they_are_named(connect, draft, refusal) -> None:
    tracker = connect(entities=["test"])
    made = await tracker.create(draft(type="Test", status="Ready"))
    assert made.ref.id == "test-1"
    assert (made.fields["type"], made.fields["status"]) == ("Test", "Ready")
    assert (await tracker.resolve("1")) == made.ref
    error = await refusal(tracker.resolve("defect-1"))
    assert "entities" in error.remedy


async def test_new_tests_go_to_the_folder_that_is_named(alm, connect, draft, refusal) -> None:
    for named, folder in (("SD Elements", "7"), ("7", "7"), ("", "2")):
        tracker = connect(entities=["test"], test_folder=named)
        made = await tracker.create(draft(f"m-{named}", type="Test"))
        assert held(alm, made.ref.id).values["parent-id"] == [folder]
    error = await refusal(
        connect(entities=["test"], test_folder="None such").create(draft(type="Test"))
    )
    assert error.fault is Fault.CONFIGURATION
    assert "'None such'" in error.message


async def test_links_lead_from_both_ends(alm, tracker, draft, refusal) -> None:
    defect = await tracker.create(draft())
    need = await tracker.create(draft("m-2", type="Requirement"))
    link = FieldChange(add={"links": (f"relates {defect.ref.id}",)})
    need = await tracker.update(need, link)
    assert need.fields["links"] == ("relates defect-1",)
    defect = await tracker.read(defect.ref.id, FIELDS)
    assert defect.fields["links"] == ("relates requirement-1",)
    await tracker.update(need, link)
    assert len(alm.state.links) == 1
    defect = await tracker.update(defect, FieldChange({"links": ()}))
    assert (defect.fields["links"], alm.state.links) == ((), {})
    other = await tracker.create(draft("m-3", type="Requirement"))
    wrong = FieldChange(add={"links": (f"relates {other.ref.id}",)})
    error = await refusal(tracker.update(need, wrong))
    assert (error.fault, error.field) == (Fault.VALIDATION, "links")


async def test_a_lock_of_a_person_is_a_conflict(alm, tracker, draft, refusal) -> None:
    made = await tracker.create(draft())
    held(alm, made.ref.id).lock = "alice"
    error = await refusal(tracker.update(made, FieldChange({"summary": "New"})))
    assert error.fault is Fault.CONFLICT
    assert error.retry_after
    assert "closed" in error.remedy


class TestUnderVersionControl:
    @pytest.fixture
    def config(self) -> SimulatorConfig:
        return SimulatorConfig(versioned=True)

    @pytest.fixture
    async def made(self, tracker, draft):
        return await tracker.create(draft(type="Requirement"))

    async def test_nothing_is_left_checked_out(self, alm, tracker, made) -> None:
        entity = held(alm, made.ref.id)
        assert (entity.checked_out_by, entity.vc_version) == ("", 2)
        changed = await tracker.update(made, FieldChange({"summary": "New"}))
        assert (entity.checked_out_by, entity.vc_version) == ("", 3)
        assert changed.version == entity.version
        assert changed.fields["summary"] == "New"

    async def test_a_refused_write_undoes_the_check_out(self, alm, tracker, made, refusal) -> None:
        refused = {"Id": "qccore.operation-forbidden", "Title": "Not you."}
        alm.fail_next(SimulatedFault(status=403, method="PUT", body=refused))
        error = await refusal(tracker.update(made, FieldChange({"summary": "New"})))
        assert error.fault is Fault.PERMISSION
        entity = held(alm, made.ref.id)
        assert (entity.checked_out_by, entity.vc_version) == ("", 2)

    async def test_an_unknown_outcome_is_checked_in(self, alm, tracker, made, refusal) -> None:
        alm.fail_next(SimulatedFault(status=500, method="PUT", after=True))
        error = await refusal(tracker.update(made, FieldChange({"summary": "New"})))
        assert error.fault is Fault.UNKNOWN_OUTCOME
        entity = held(alm, made.ref.id)
        assert (entity.checked_out_by, entity.values["name"]) == ("", ["New"])

    async def test_a_failed_check_in_is_made_good_by_the_next_write(
        self, alm, tracker, made, refusal
    ) -> None:
        alm.fail_next(SimulatedFault(status=500, method="POST", path="check-in"))
        error = await refusal(tracker.update(made, FieldChange({"summary": "New"})))
        assert error.fault is Fault.UNKNOWN_OUTCOME
        assert held(alm, made.ref.id).checked_out_by == "tidegate"
        now = await tracker.read(made.ref.id, FIELDS)
        await tracker.update(now, FieldChange({"summary": "Newer"}))
        assert held(alm, made.ref.id).checked_out_by == ""

    async def test_what_alice_has_checked_out_waits(self, alm, tracker, made, refusal) -> None:
        held(alm, made.ref.id).checked_out_by = "alice"
        now = await tracker.read(made.ref.id, FIELDS)
        error = await refusal(tracker.update(now, FieldChange({"summary": "New"})))
        assert error.fault is Fault.CONFLICT
        assert "alice" in error.message
        assert error.retry_after

    async def test_defects_are_not_versioned(self, alm, tracker, draft) -> None:
        made = await tracker.create(draft("m-2"))
        await tracker.update(made, FieldChange({"summary": "New"}))
        assert not [path for path in alm.calls if "versions" in path]


@pytest.mark.parametrize("text", ["defect-1", "Defect 1", "DEFECT #1", "1", "#1", " 01 "])
async def test_people_name_issues_in_their_ways(tracker, by_hand, text) -> None:
    by_hand()
    assert (await tracker.resolve(text)).id == "defect-1"


@pytest.mark.parametrize("text", ["", "run-1", "defect", "1/attachments", "defect-1x", "-1"])
async def test_what_is_no_issue_is_not_found(tracker, refusal, text) -> None:
    assert (await refusal(tracker.resolve(text))).fault is Fault.NOT_FOUND


async def test_the_address_for_browsers_can_be_set(connect, by_hand) -> None:
    by_hand()
    tracker = connect(issue_url="https://alm.example.com/x/{domain}/{project}/{type}/{id}")
    ref = await tracker.resolve("1")
    assert ref.url == "https://alm.example.com/x/DEFAULT/sim/defect/1"


def test_literals() -> None:
    assert query.literal("two words") == '"two words"'
    assert query.literal('say "x"') == "'say \"x\"'"
    assert query.literal("'\"") == '"\'*"'
    statement = query.statement({"id": query.above("3"), "name": query.equals("a b")})
    assert statement == '{id[>3];name["a b"]}'
