import pytest

from adapters.azure_devops import CAPABILITIES, wire
from adapters.azure_devops import links as words
from adapters.azure_devops.simulator.edit import PatchOperation, edit_item
from adapters.azure_devops.simulator.process import SAM
from schemas.errors import Fault, TrackerError
from schemas.issue import FieldChange, Part
from schemas.links import INVERSE

READ = frozenset({Part.FIELDS})


@pytest.fixture
async def three(tracker, draft):
    return [await tracker.create(draft(marker=f"m-{number}")) for number in range(3)]


@pytest.fixture
def by_hand(simulator):
    """A person adds a relation, which raises no revision."""

    def add(here, rel, there):
        url = f"{simulator.url}/_apis/wit/workItems/{there}"
        step = PatchOperation("add", "/relations/-", {"rel": rel, "url": url})
        edit_item(simulator.state, simulator.state.item(here), [step], by=SAM)

    return add


@pytest.mark.parametrize("kind", CAPABILITIES.link_kinds)
async def test_a_link_is_written_in_one_call_and_seen_from_both_ends(
    tracker, simulator, three, kind
):
    simulator.calls.clear()
    one = await tracker.update(three[0], FieldChange(add={"links": (f"{kind} 2",)}))
    assert dict(simulator.calls) == {"PATCH /_apis/wit/workitems/{id}": 1}
    assert one.fields["links"] == (f"{kind} 2",)
    other = await tracker.read("2", READ)
    assert other.fields["links"] == (f"{INVERSE[kind]} 1",)
    assert (one.version, other.version) == (three[0].version, three[1].version)
    again = await tracker.update(other, FieldChange(remove={"links": other.fields["links"]}))
    assert again.fields["links"] == ()
    assert (await tracker.read("1", READ)).fields["links"] == ()


async def test_links_come_and_go_with_the_fields_in_two_calls(tracker, simulator, three):
    one = await tracker.update(three[0], FieldChange(add={"links": ("relates 2", "precedes 3")}))
    simulator.calls.clear()
    change = FieldChange({"summary": "New", "links": ("duplicates 2", "precedes 3")})
    one = await tracker.update(one, change)
    assert sum(simulator.calls.values()) == 2
    assert one.fields["links"] == ("duplicates 2", "precedes 3")
    assert one.fields["summary"] == "New"


async def test_a_new_item_is_born_with_its_parent_and_links(tracker, simulator, draft, three):
    simulator.calls.clear()
    made = await tracker.create(draft(marker="x", parent="1", links=("follows 2", "relates 3")))
    assert sum(simulator.calls.values()) == 1
    assert made.fields["parent"] == "1"
    assert made.fields["links"] == ("follows 2", "relates 3")
    above = await tracker.read("1", READ)
    assert above.fields["children"] == ("child 4",)
    assert above.fields["links"] == ()


async def test_what_is_there_is_added_and_what_is_not_is_removed(tracker, simulator, three):
    one = await tracker.update(three[0], FieldChange(add={"links": ("relates 2",)}))
    simulator.calls.clear()
    change = FieldChange(add={"links": ("relates 2",)}, remove={"links": ("precedes 3",)})
    assert await tracker.update(one, change) is one
    assert not simulator.calls


async def test_a_link_that_somebody_made_meanwhile_is_fine(tracker, by_hand, three):
    by_hand(1, "System.LinkTypes.Related", 2)
    change = FieldChange({"summary": "New"}, add={"links": ("relates 2", "relates 3")})
    one = await tracker.update(three[0], change)
    assert (one.fields["summary"], one.fields["links"]) == ("New", ("relates 2", "relates 3"))


async def test_a_parent_that_somebody_gave_meanwhile_gives_way(tracker, by_hand, three):
    by_hand(1, "System.LinkTypes.Hierarchy-Reverse", 2)
    one = await tracker.update(three[0], FieldChange({"parent": "3"}))
    assert one.fields["parent"] == "3"
    assert (await tracker.read("2", READ)).fields["children"] == ()


async def test_a_first_parent_is_one_call_and_another_two(tracker, simulator, three):
    simulator.calls.clear()
    one = await tracker.update(three[0], FieldChange({"parent": "2"}))
    assert sum(simulator.calls.values()) == 1
    one = await tracker.update(one, FieldChange({"parent": "3"}))
    assert sum(simulator.calls.values()) == 3
    assert one.fields["parent"] == "3"


async def test_a_removal_over_a_newer_revision_is_a_conflict(tracker, simulator, three):
    one = await tracker.update(three[0], FieldChange(add={"links": ("relates 2",)}))
    item = simulator.state.item(1)
    simulator.state.save(item, {"System.Title": "by Sam"}, list(item.relations), SAM)
    with pytest.raises(TrackerError) as caught:
        await tracker.update(one, FieldChange(remove={"links": ("relates 2",)}))
    assert caught.value.fault is Fault.CONFLICT
    assert (await tracker.read("1", READ)).fields["links"] == ("relates 2",)


async def test_a_place_that_shifted_costs_nobody_a_link(tracker, simulator, three):
    one = await tracker.update(
        three[0], FieldChange(add={"links": ("relates 2", "precedes 3", "duplicates 3")})
    )
    items = tracker._items
    patch, raced = items.patch, []

    async def race(item_id, operations, expand="all"):
        if not raced:
            raced.append(True)
            del simulator.state.item(1).relations[0]
        return await patch(item_id, operations, expand)

    items.patch = race
    change = FieldChange({"summary": "New"}, remove={"links": ("precedes 3",)})
    after = await tracker.update(one, change)
    assert after.fields["links"] == ("duplicates 3", "relates 2")
    assert after.fields["summary"] == "New"
    assert (await tracker.read("3", READ)).fields["links"] == ("duplicated_by 1",)


@pytest.mark.parametrize("link", ["blocks 2", "relates ACME-1", "relates", "parent 2", ""])
async def test_what_is_no_link_here_is_refused_before_anything_is_written(
    tracker, simulator, three, link
):
    simulator.calls.clear()
    with pytest.raises(TrackerError) as caught:
        await tracker.update(three[0], FieldChange({"summary": "New"}, add={"links": (link,)}))
    assert (caught.value.fault, caught.value.field) == (Fault.VALIDATION, "links")
    assert "duplicated_by" in caught.value.remedy
    assert not simulator.calls


@pytest.mark.parametrize(
    ("first", "then", "words"),
    [
        ({"parent": "2"}, {"parent": "1"}, "circle"),
        ({"links": ("precedes 2",)}, {"links": ("precedes 1",)}, "circle"),
        ({}, {"links": ("relates 2",)}, "itself"),
        ({}, {"links": ("relates 77",)}, "does not exist"),
    ],
)
async def test_links_that_may_not_be_are_refused(tracker, three, first, then, words):
    await tracker.update(three[0], FieldChange(first))
    with pytest.raises(TrackerError) as caught:
        await tracker.update(await tracker.read("2", READ), FieldChange(then))
    assert caught.value.fault in (Fault.VALIDATION, Fault.NOT_FOUND)
    assert words in caught.value.message


async def test_links_of_other_kinds_are_seen_and_can_be_taken_away(tracker, by_hand, three):
    by_hand(1, "Microsoft.VSTS.Common.TestedBy-Forward", 2)
    one = await tracker.read("1", READ)
    assert one.fields["links"] == ("tested_by 2",)
    one = await tracker.update(one, FieldChange(remove={"links": ("tested_by 2",)}))
    assert one.fields["links"] == ()
    assert (await tracker.read("2", READ)).fields["links"] == ()


def test_links_to_other_organisations_and_to_code_are_none_of_ours():
    there = "https://dev.azure.com/other/_apis/wit/workItems/9"
    relations = [
        wire.Relation("System.LinkTypes.Remote.Related", there),
        wire.Relation("ArtifactLink", "vstfs:///Git/Commit/1%2f2%2f3"),
        wire.Relation("Hyperlink", "https://x.example/_apis/wit/workItems/3"),
        wire.Relation(
            "Custom.Mentors-Forward",
            "https://dev.azure.com/acme/_apis/wit/workItems/4",
            wire.RelationAttributes(name="Mentor  Of"),
        ),
    ]
    assert words.links(relations) == ("mentor_of 4",)
    assert len({words.key(one) for one in relations}) == 4


async def test_an_answer_without_relations_is_looked_up(tracker, simulator, three, monkeypatch):
    """Older servers leave them out of the answer to a write."""
    one = await tracker.update(three[0], FieldChange(add={"links": ("relates 2",)}))
    items = tracker._items
    patch = items.patch

    async def forgetful(item_id, operations, expand="all"):
        return await patch(item_id, operations, "none")

    monkeypatch.setattr(items, "patch", forgetful)
    changed = await tracker.update(one, FieldChange({"summary": "New"}))
    assert changed.fields["links"] == ("relates 2",)
    assert changed.fields["summary"] == "New"
