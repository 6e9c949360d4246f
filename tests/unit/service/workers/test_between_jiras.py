"""What travels between two simulated Jiras over HTTP, with the adapters and the default rules."""

from collections.abc import AsyncIterator

import pytest

from schemas.issue import ALL_PARTS, FieldChange
from schemas.values import User
from service.store.store import Store
from tests.unit.service.workers.jiras import Jiras, open_jiras


@pytest.fixture
async def jiras(store: Store) -> AsyncIterator[Jiras]:
    async with open_jiras(store) as opened:
        yield opened


async def test_every_field_that_both_can_hold_arrives(jiras: Jiras) -> None:
    fields = {
        "priority": "High",
        "labels": ("billing", "urgent"),
        "components": ("Backend",),
        "fix_versions": ("1.0",),
        "due": "2032-01-31",
        "estimate": 5400,
        "assignee": User("Alice"),
        "reporter": User("Bob"),
    }
    issue = await jiras.write("Bug", **fields)
    mirror = await jiras.sync(issue)
    held = await jiras.held(mirror)
    people = {name: held.pop(name).name for name in ("assignee", "reporter")}
    assert people == {"assignee": "Alice", "reporter": "Bob"}
    assert {name: held[name] for name in fields if name in held} == {
        name: value for name, value in fields.items() if name not in people
    }
    assert await jiras.losses(mirror) == []
    row = next(row for row in await jiras.shop.rows() if row.connection == "a-b.b")
    assert row.state.version == 1, "something was sent back"


async def test_parent_and_links_appear_when_their_other_ends_come(jiras: Jiras) -> None:
    epic = await jiras.write("Epic")
    bug = await jiras.write("Bug", links=(f"relates {epic.ref.id}",))
    story = await jiras.write("Story", parent=epic.ref.id, links=(f"blocks {bug.ref.id}",))

    child = await jiras.sync(story)
    assert (await jiras.held(child)).get("parent") is None
    blocked, above = await jiras.sync(bug), await jiras.sync(epic)

    held = await jiras.held(child)
    assert held["parent"] == above
    assert held["links"] == (f"blocks {blocked}",)
    assert set((await jiras.held(blocked))["links"]) == {f"blocked_by {child}", f"relates {above}"}

    await jiras.edit("b", blocked, FieldChange(remove={"links": (f"blocked_by {child}",)}))
    assert (await jiras.tracker("a").read(story.ref.id, ALL_PARTS)).fields["links"] == ()


async def test_a_parent_that_cannot_be_one_here_is_a_loss_and_parks_nothing(jiras: Jiras) -> None:
    epic = await jiras.write("Epic")
    above = await jiras.sync(epic)
    there = jiras.tracker("b")
    await there.update(await there.read(above, ALL_PARTS), FieldChange({"type": "Task"}))

    story = await jiras.write("Story", parent=epic.ref.id, priority="High")
    child = await jiras.sync(story)

    held = await jiras.held(child)
    assert (held.get("parent"), held["priority"], held["type"]) == (None, "High", "Story")
    assert [loss.partition(":")[0] for loss in await jiras.losses(child)] == ["parent"]
    assert await jiras.shop.parked() == []
    issues = [change.issue async for change in there.all_issues(("SIM",))]
    assert len(issues) == 2

    late = await jiras.write("Story")
    mirror = await jiras.sync(late)
    await jiras.edit(
        "a", late.ref.id, FieldChange({"parent": epic.ref.id, "summary": "Under the epic"})
    )
    held = await jiras.held(mirror)
    assert (held.get("parent"), held["summary"]) == (None, "Under the epic")
    assert [loss.partition(":")[0] for loss in await jiras.losses(mirror)] == ["parent"]
    assert await jiras.shop.parked() == []
