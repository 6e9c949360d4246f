"""What every tracker's adapter promises of issues."""

import asyncio

import msgspec
import pytest

from adapters.port import Tracker
from schemas.errors import Fault
from schemas.issue import ALL_PARTS, FieldChange, Part
from schemas.rich_text import (
    CodeBlock,
    Heading,
    ListBlock,
    ListItem,
    Paragraph,
    RichText,
    Text,
    plain,
    to_plain,
)
from schemas.values import User
from tests.contract.trackers.harness import Site

ODD = "Ünïcödé 🚀 עברית العربية <b>&\"' \\ * _x_ h1. {code} @joe 100%"
FIELDS = frozenset({Part.FIELDS})


def shown(value: object) -> object:
    """Users are known by different things on each side; their name is what people see."""
    return value.name if isinstance(value, User) else value


async def test_an_issue_comes_back_as_it_was_drafted(site: Site, tracker: Tracker, draft) -> None:
    wanted = dict(site.values.fields)
    made = await tracker.create(draft(summary=ODD, description=plain(ODD), **wanted))
    read = await tracker.read(made.ref.id, ALL_PARTS)
    assert read.fields == made.fields
    assert read.project == site.values.project
    assert read.fields["summary"] == ODD
    assert to_plain(read.fields["description"]) == ODD
    assert read.fields["type"] == site.values.type
    assert read.fields["status"] == site.values.statuses[0]
    assert {name: shown(read.fields[name]) for name in wanted} == {
        name: shown(value) for name, value in wanted.items()
    }
    assert (read.comments, read.attachments) == ((), ())
    assert read.version == made.version > 0
    assert read.ref.url.startswith("http")


async def test_parts_that_are_not_asked_for_are_none(tracker: Tracker, draft) -> None:
    made = await tracker.create(draft())
    read = await tracker.read(made.ref.id, FIELDS)
    assert (read.comments, read.worklogs) == (None, None)
    # Some trackers tell these with the fields, and may then show them.
    assert read.attachments in (None, ())


async def test_the_marker_finds_its_issue_and_no_other(site: Site, tracker: Tracker, draft) -> None:
    since = site.clock()
    drafts = [draft(f"Issue {number}") for number in range(3)]
    made = {one.marker: (await tracker.create(one)).ref for one in drafts}
    by_hand = await site.hands.write_issue("by a person")
    for marker, ref in made.items():
        assert await tracker.find_by_marker(marker, site.values.project, since) == ref
        assert (await tracker.read(ref.id, FIELDS)).marker == marker
    assert await tracker.find_by_marker("nobody-has-this", site.values.project, since) is None
    assert (await tracker.read(by_hand, FIELDS)).marker == ""


async def test_the_marker_outlives_an_edit(site: Site, tracker: Tracker, draft) -> None:
    one = draft()
    made = await tracker.create(one)
    changed = await tracker.update(made, FieldChange({"description": plain("Quite another")}))
    assert to_plain(changed.fields["description"]) == "Quite another"
    found = await tracker.find_by_marker(one.marker, site.values.project, site.clock())
    assert found == made.ref


async def test_an_update_leaves_the_rest_alone(site: Site, tracker: Tracker, draft) -> None:
    made = await tracker.create(draft(**site.values.fields))
    other = site.values.statuses[1]
    changed = await tracker.update(made, FieldChange({"summary": "New", "status": other}))
    assert (changed.fields["summary"], changed.fields["status"]) == ("New", other)
    untouched = set(site.values.fields) | {"description", "type"}
    for name in untouched:
        assert changed.fields[name] == made.fields[name], name
    assert changed.version >= made.version


async def test_a_field_is_emptied(site: Site, tracker: Tracker, draft) -> None:
    made = await tracker.create(draft(assignee=site.values.person))
    assert shown(made.fields["assignee"]) == site.values.person.name
    changed = await tracker.update(made, FieldChange({"assignee": None}))
    assert changed.fields["assignee"] is None


async def test_sets_change_by_element(site: Site, tracker: Tracker, draft) -> None:
    for name, (one, two) in site.values.sets.items():
        issue = await tracker.create(draft(**{name: (one,)}))
        issue = await tracker.update(issue, FieldChange(add={name: (two,)}))
        assert issue.fields[name] == tuple(sorted((one, two)))
        issue = await tracker.update(issue, FieldChange(remove={name: (one,)}))
        assert issue.fields[name] == (two,)


async def test_writing_over_a_newer_version_is_a_conflict(
    site: Site, tracker: Tracker, draft, refusal
) -> None:
    if not tracker.capabilities.expected_version:
        pytest.skip("the tracker takes no expected version, says its manifest")
    made = await tracker.create(draft())
    await site.hands.rename(made.ref.id, "By a person")
    error = await refusal(tracker.update(made, FieldChange({"summary": "Ours"})))
    assert error.fault is Fault.CONFLICT
    assert (await tracker.read(made.ref.id, FIELDS)).fields["summary"] == "By a person"


@pytest.mark.parametrize("field", ["status", "type"])
async def test_a_value_that_the_tracker_does_not_know_is_refused(
    site: Site, tracker: Tracker, draft, refusal, field: str
) -> None:
    made = await tracker.create(draft())
    error = await refusal(tracker.update(made, FieldChange({field: "Nobody knows this"})))
    assert error.fault in (Fault.VALIDATION, Fault.MAPPING)
    assert error.remedy
    after = await tracker.read(made.ref.id, FIELDS)
    assert after.fields[field] == made.fields[field]


async def test_what_is_deleted_is_gone_or_not_found(site: Site, tracker: Tracker, refusal) -> None:
    issue = await site.hands.write_issue("Short-lived")
    await site.hands.delete(issue)
    error = await refusal(tracker.read(issue, FIELDS))
    assert error.fault in (Fault.GONE, Fault.NOT_FOUND)


async def test_an_issue_that_never_was_is_not_found(tracker: Tracker, refusal) -> None:
    error = await refusal(tracker.resolve("987654321"))
    assert error.fault in (Fault.NOT_FOUND, Fault.GONE)


async def test_an_issue_is_found_by_what_people_call_it(tracker: Tracker, draft) -> None:
    made = await tracker.create(draft())
    assert await tracker.resolve(made.ref.key) == made.ref
    assert await tracker.resolve(made.ref.id) == made.ref


async def test_parent_and_links(site: Site, tracker: Tracker, draft) -> None:
    capabilities = tracker.capabilities
    if not capabilities.parent and not capabilities.link_kinds:
        pytest.skip("the tracker has neither parents nor links, says its manifest")
    above_type = site.values.parent_type or site.values.type
    above = await tracker.create(msgspec.structs.replace(draft("Above"), type=above_type))
    beside = await tracker.create(draft("Beside"))
    issue = await tracker.create(draft("Below"))
    if capabilities.parent:
        issue = await tracker.update(issue, FieldChange({"parent": above.ref.id}))
        assert issue.fields["parent"] == above.ref.id
        issue = await tracker.update(issue, FieldChange({"parent": None}))
        assert issue.fields["parent"] is None
    for kind in capabilities.link_kinds[:2]:
        link = f"{kind} {beside.ref.id}"
        issue = await tracker.update(issue, FieldChange(add={"links": (link,)}))
        assert link in issue.fields["links"]
        there = await tracker.read(beside.ref.id, FIELDS)
        assert any(held.endswith(" " + issue.ref.id) for held in there.fields["links"])
        issue = await tracker.update(issue, FieldChange(remove={"links": (link,)}))
        assert link not in issue.fields["links"]


async def test_rich_text_is_stable_from_the_second_time_on(tracker: Tracker, draft) -> None:
    tree = RichText(
        (
            Heading(2, (Text("Größe & שלום"),)),
            Paragraph(
                (
                    Text("plain "),
                    Text("strong", ("strong",)),
                    Text(" and "),
                    Text("a link", (), "https://example.com/a?b=c"),
                    Text("."),
                )
            ),
            ListBlock(
                (
                    ListItem((Paragraph((Text("one"),)),)),
                    ListItem((Paragraph((Text("two"),)),)),
                )
            ),
            CodeBlock("if x < 1:\n    y = '*'\n", "python"),
        )
    )
    made = await tracker.create(draft(description=tree))
    once = made.fields["description"]
    again = await tracker.update(made, FieldChange({"description": once}))
    assert again.fields["description"] == once
    kinds = [type(block).__name__ for block in once.blocks]
    assert kinds == ["Heading", "Paragraph", "ListBlock", "CodeBlock"]
    assert Text("strong", ("strong",)) in once.blocks[1].content


async def test_a_long_text_arrives(site: Site, tracker: Tracker, draft) -> None:
    """A megabyte, where the tracker itself has no limit."""
    longest = site.values.longest_text or 1 << 20
    text = ("lorem ipsum 🚀 dolor " * (longest // 20))[:longest]
    made = await tracker.create(draft(description=plain(text)))
    assert to_plain(made.fields["description"]).strip() == text.strip()


async def test_a_call_that_is_cancelled_leaves_the_adapter_whole(
    site: Site, tracker: Tracker, draft
) -> None:
    made = await tracker.create(draft())
    reading = asyncio.ensure_future(tracker.read(made.ref.id, ALL_PARTS))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert (await tracker.read(made.ref.id, FIELDS)).fields == made.fields
