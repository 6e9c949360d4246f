import pytest

from adapters.azure_devops.moments import beginning, day
from adapters.azure_devops.simulator.edit import PatchOperation, create_item, edit_item
from adapters.azure_devops.simulator.process import SAM
from schemas.errors import Fault, TrackerError
from schemas.issue import ALL_PARTS, AttachmentDraft, FieldChange, Part
from schemas.rich_text import Image, Paragraph, RichText, Text, plain
from schemas.values import User

READ = frozenset({Part.FIELDS})
BOLD = RichText((Paragraph((Text("a "), Text("b", ("strong",)))),))
FIELDS_CALL = "GET /_apis/wit/fields"


@pytest.mark.parametrize(
    ("zone", "held"),
    [
        ("UTC", "2026-03-29T00:00:00Z"),
        ("Europe/Berlin", "2026-03-28T23:00:00Z"),
        ("America/New_York", "2026-03-29T04:00:00Z"),
        ("Pacific/Kiritimati", "2026-03-28T10:00:00Z"),
    ],
)
async def test_a_day_begins_where_people_work(make_tracker, simulator, draft, zone, held):
    tracker = make_tracker(time_zone=zone)
    issue = await tracker.create(draft(due="2026-03-29"))
    assert simulator.state.item(1).fields["Microsoft.VSTS.Scheduling.DueDate"] == held
    assert issue.fields["due"] == "2026-03-29"
    gone = await tracker.update(issue, FieldChange({"due": None}))
    assert gone.fields["due"] is None


def test_days_and_moments(make_tracker):
    zone = make_tracker(time_zone="Europe/Berlin")._params.zone()
    assert day("2026-01-31T22:59:59Z", zone) == "2026-01-31"
    assert day("2026-01-31T23:00:00Z", zone) == "2026-02-01"
    assert day("soon", zone) is None
    assert beginning("2026-07-01", zone) == "2026-06-30T22:00:00.000Z"
    assert beginning("2026-07-01T12:00:00+02:00", zone) == "2026-07-01T10:00:00.000Z"


async def test_what_is_no_date_is_refused_by_name(tracker, draft):
    with pytest.raises(TrackerError) as caught:
        await tracker.create(draft(due="tomorrow"))
    assert (caught.value.fault, caught.value.field) == (Fault.VALIDATION, "due")


async def test_work_is_kept_in_hours_and_told_in_seconds(tracker, simulator, draft):
    issue = await tracker.create(draft(estimate=5400, remaining=1200, spent=1))
    held = simulator.state.item(1).fields
    assert held["Microsoft.VSTS.Scheduling.OriginalEstimate"] == 1.5
    assert (issue.fields["estimate"], issue.fields["remaining"], issue.fields["spent"]) == (
        5400,
        1200,
        1,
    )


async def test_areas_and_iterations_are_paths(tracker, simulator, draft):
    issue = await tracker.create(
        draft(area="Tidegate / Team A / Web", iteration="Tidegate / Sprint 2")
    )
    assert simulator.state.item(1).fields["System.AreaPath"] == "Tidegate\\Team A\\Web"
    assert issue.fields["area"] == "Tidegate / Team A / Web"
    with pytest.raises(TrackerError) as caught:
        await tracker.update(issue, FieldChange({"area": "Tidegate / Nowhere"}))
    assert (caught.value.fault, caught.value.field) == (Fault.VALIDATION, "area")


async def test_a_resolution_goes_with_its_state(tracker, draft):
    bug = await tracker.create(draft(type="Bug"))
    assert bug.fields["resolution"] is None
    bug = await tracker.update(bug, FieldChange({"status": "Active"}))
    assert bug.fields["resolution"] is None
    fixed = FieldChange({"status": "Resolved", "resolution": "Cannot Reproduce"})
    bug = await tracker.update(bug, fixed)
    assert bug.fields["resolution"] == "Cannot Reproduce"
    bug = await tracker.update(bug, FieldChange({"status": "Closed"}))
    assert bug.fields["resolution"] == "Cannot Reproduce"
    bug = await tracker.update(bug, FieldChange({"status": "Active", "resolution": None}))
    assert bug.fields["resolution"] is None
    task = await tracker.create(draft(marker="t", status="Closed", resolution="Cut"))
    assert (task.fields["status"], task.fields["resolution"]) == ("Closed", "Cut")


async def test_a_reason_that_does_not_fit_leaves_a_new_item_with_its_status(tracker, draft):
    task = await tracker.create(draft(status="Closed", resolution="Fixed"))
    assert (task.fields["status"], task.fields["resolution"]) == ("Closed", "Completed")
    with pytest.raises(TrackerError) as caught:
        await tracker.update(task, FieldChange({"resolution": "Fixed"}))
    assert (caught.value.fault, caught.value.field) == (Fault.VALIDATION, "resolution")


async def test_custom_fields_of_every_kind_cost_one_call_in_all(tracker, simulator, draft):
    values = {
        "Custom.Team": "Größe",
        "Custom.Impact": BOLD,
        "Custom.Notes": "two\nlines <b>",
        "Custom.Cost": 1.25,
        "Custom.Approved": False,
        "Custom.GoLive": "2026-01-31T12:30:00.000Z",
        "Custom.Tier": "Gold",
        "Custom.Contact": User("Zoë Müller", "zoe@example.com", "zoe@example.com"),
    }
    issue = await tracker.create(draft(**values))
    assert {name: issue.fields[name] for name in values} == values
    changed = await tracker.update(
        issue, FieldChange({"Custom.Impact": plain("less"), "Custom.Tier": None})
    )
    assert changed.fields["Custom.Impact"] == plain("less")
    assert "Custom.Tier" not in changed.fields
    await tracker.read("1", READ)
    assert simulator.calls[FIELDS_CALL] == 1


async def test_fields_that_everybody_has_need_not_be_asked_for(tracker, simulator, draft):
    await tracker.create(draft(type="Bug", description=plain("x"), priority="1", estimate=60))
    await tracker.read("1", READ)
    assert not simulator.calls[FIELDS_CALL]


async def test_a_field_of_somebody_elses_is_learnt_when_it_shows(tracker, simulator, draft):
    steps = [
        PatchOperation("add", "/fields/System.Title", "By Sam"),
        PatchOperation("add", "/fields/Custom.Impact", "<p>a <b>b</b></p>"),
    ]
    create_item(simulator.state, "Tidegate", "Task", steps, by=SAM)
    read = await tracker.read("1", READ)
    assert read.fields["Custom.Impact"] == BOLD
    assert simulator.calls[FIELDS_CALL] == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"Custom.Tier": "Platinum"},
        {"Custom.Approved": "perhaps"},
        {"Custom.Cost": "a lot"},
        {"Custom.GoLive": "soon"},
        {"Custom.Contact": User(name="Nobody")},
        {"Custom.Team": ("a", "b")},
    ],
)
async def test_a_custom_value_that_does_not_fit_is_refused_by_name(tracker, draft, fields):
    with pytest.raises(TrackerError) as caught:
        await tracker.create(draft(**fields))
    assert caught.value.fault is Fault.VALIDATION
    assert caught.value.field == next(iter(fields))


async def test_a_text_that_became_markdown_stays_markdown(tracker, simulator, draft):
    await tracker.create(draft(description=plain("x")))
    item = simulator.state.item(1)
    steps = [
        PatchOperation("add", "/fields/System.Description", "a **b**"),
        PatchOperation("add", "/multilineFieldsFormat/System.Description", "Markdown"),
    ]
    edit_item(simulator.state, item, steps, by=SAM)
    read = await tracker.read("1", ALL_PARTS)
    assert read.fields["description"] == BOLD
    text = RichText((Paragraph((Text("c ", ()), Text("d", ("emphasis",)))),))
    changed = await tracker.update(read, FieldChange({"description": text}))
    assert changed.fields["description"] == text
    assert item.fields["System.Description"].strip() == "c _d_"
    assert item.formats == {"System.Description": "markdown"}


async def test_an_image_in_a_markdown_text_is_the_attachment(tracker, simulator, draft, content):
    await tracker.create(draft(description=plain("x")))
    item = simulator.state.item(1)
    steps = [
        PatchOperation("add", "/fields/System.Description", "x"),
        PatchOperation("add", "/multilineFieldsFormat/System.Description", "Markdown"),
    ]
    edit_item(simulator.state, item, steps, by=SAM)
    text = RichText((Paragraph((Text("see "), Image("a shot ü.png", "shot"))),))
    issue = await tracker.update(
        await tracker.read("1", ALL_PARTS), FieldChange({"description": text})
    )
    assert issue.fields["description"] == text
    file = AttachmentDraft("a shot ü.png", 1, "image/png", "m")
    added = await tracker.add_attachment("1", file, content(b"x"))
    assert f"/_apis/wit/attachments/{added.id}" in item.fields["System.Description"]
    read = await tracker.read("1", ALL_PARTS)
    assert read.fields["description"] == text
    longer = RichText((*text.blocks, Paragraph((Text("more"),))))
    changed = await tracker.update(read, FieldChange({"description": longer}))
    assert changed.fields["description"] == longer
    assert f"/_apis/wit/attachments/{added.id}" in item.fields["System.Description"]
