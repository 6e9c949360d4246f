"""What an adapter's manifest says of its tracker is so: fields, kinds, links and losses."""

import re

import pytest

from adapters.port import Discovery, Tracker
from adapters.rich_text.canonical import normalise
from schemas.errors import Fault, TrackerError
from schemas.issue import FieldChange, Part
from schemas.links import INVERSE
from schemas.metadata import FieldKind
from schemas.rich_text import RichText
from schemas.values import User, Value
from tests.contract.trackers.documents import EVERYTHING
from tests.contract.trackers.harness import Site

FIELDS = frozenset({Part.FIELDS})
TESTED_APART = frozenset(
    {
        "summary",
        "description",
        "status",
        "resolution",
        "type",
        "parent",
        "links",
        "alm_reference",
        "artifact_proxy",
        "automatic_note",
        "status_note",
    }
)
"""Written by tests of their own, as they need a wish of their own."""
LONG = "A summary of many words\nin two lines,  with blanks " + "and then some more " * 30


@pytest.fixture
async def fields(site: Site, tracker: Tracker) -> dict[str, FieldKind]:
    """Those that the type at hand has, and lets be written where other types do."""
    named = tracker.capabilities
    assert named.fields, "the manifest names its fields"
    if not named.by_type or not isinstance(tracker, Discovery):
        return dict(named.fields)
    known = await tracker.metadata(site.values.project)
    info = next(info for info in known.types if info.type.name == site.values.type)
    had = {field.name for field in info.fields if field.writable}
    return {
        name: kind
        for name, kind in named.fields.items()
        if name in had or name not in named.by_type
    }


def is_of_kind(value: Value, kind: FieldKind) -> bool:
    match kind:
        case "text" | "url" | "option" | "cascading" | "path" | "issue":
            return value is None or isinstance(value, str)
        case "rich_text":
            return isinstance(value, RichText)
        case "number":
            return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
        case "duration":
            return value is None or (isinstance(value, int) and not isinstance(value, bool))
        case "boolean":
            return value is None or isinstance(value, bool)
        case "date":
            return value is None or bool(re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)))
        case "datetime":
            return value is None or bool(
                re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(value))
            )
        case "user":
            return value is None or isinstance(value, User)
        case "options" | "users" | "labels" | "links":
            return isinstance(value, tuple)


async def test_every_field_that_is_named_is_read(site: Site, tracker, draft, fields) -> None:
    made = await tracker.create(draft(**site.values.fields))
    read = (await tracker.read(made.ref.id, FIELDS)).fields
    assert set(fields) <= set(read)
    wrong = {name: read[name] for name in fields if not is_of_kind(read[name], fields[name])}
    assert wrong == {}


async def test_every_field_that_is_read_is_named_or_discovered(
    site: Site, tracker, draft, fields
) -> None:
    if not isinstance(tracker, Discovery):
        pytest.skip("the adapter does not discover")
    known = await tracker.metadata(site.values.project)
    info = next(info for info in known.types if info.type.name == site.values.type)
    discovered = {field.name: field for field in info.fields}
    made = await tracker.create(draft(**site.values.fields))
    named = tracker.capabilities.fields
    assert set(made.fields) <= set(named) | set(discovered)
    custom = {field.kind for name, field in discovered.items() if name not in named}
    assert custom <= set(tracker.capabilities.custom_kinds)
    both = set(fields) & set(discovered)
    assert {name: discovered[name].kind for name in both} == {name: fields[name] for name in both}
    told = {name for name in both if not discovered[name].writable}
    assert told <= set(tracker.capabilities.read_only)


def test_the_suite_writes_every_field_that_can_be_written(site: Site, tracker, fields) -> None:
    """So that "comes back as it was drafted" speaks of all of them."""
    writable = set(fields) - set(tracker.capabilities.read_only)
    assert writable - TESTED_APART <= set(site.values.fields)
    assert not set(site.values.fields) & set(tracker.capabilities.read_only)


async def test_custom_fields_of_every_kind_are_written(site: Site, tracker, fields) -> None:
    if not isinstance(tracker, Discovery):
        pytest.skip("the adapter does not discover")
    known = await tracker.metadata(site.values.project)
    info = next(info for info in known.types if info.type.name == site.values.type)
    kinds = {
        field.kind for field in info.fields if field.name in set(site.values.fields) - set(fields)
    }
    there = {field.kind for field in info.fields if field.name not in fields and field.writable}
    assert kinds == there


async def test_an_issue_is_resolved_and_opened_again(site: Site, tracker, draft, fields) -> None:
    if "resolution" not in fields or "resolution" in tracker.capabilities.read_only:
        pytest.skip("the tracker has no resolution to write, says its manifest")
    status, resolution = site.values.resolved
    made = await tracker.create(draft())
    change = FieldChange({"status": status, "resolution": resolution})
    done = await tracker.update(made, change)
    assert (done.fields["status"], done.fields["resolution"]) == (status, resolution)
    again = await tracker.update(done, FieldChange({"status": site.values.statuses[0]}))
    assert again.fields["status"] == site.values.statuses[0]


async def test_both_ends_of_a_link_tell_it_in_shared_words(
    site: Site, tracker: Tracker, draft
) -> None:
    if not tracker.capabilities.link_kinds:
        pytest.skip("the tracker has no links, says its manifest")
    here, there = await tracker.create(draft("Here")), await tracker.create(draft("There"))
    for kind in site.values.link_kinds or tracker.capabilities.link_kinds:
        link = f"{kind} {there.ref.id}"
        here = await tracker.update(here, FieldChange(add={"links": (link,)}))
        assert here.fields["links"] == (link,)
        seen = (await tracker.read(there.ref.id, FIELDS)).fields["links"]
        assert isinstance(seen, tuple)
        if kind in INVERSE:
            assert seen == (f"{INVERSE[kind]} {here.ref.id}",)
        here = await tracker.update(here, FieldChange(remove={"links": (link,)}))
        assert here.fields["links"] == ()


def test_nothing_is_lost_of_what_comes_back(site: Site, tracker: Tracker) -> None:
    for name, value in site.values.fields.items():
        assert tracker.losses(name, value) == (), name


@pytest.mark.parametrize("part", range(len(EVERYTHING.blocks) + 1))
async def test_what_a_text_loses_is_told(tracker: Tracker, draft, part: int) -> None:
    """Each block alone, and in the end all of them."""
    blocks = EVERYTHING.blocks if part == len(EVERYTHING.blocks) else EVERYTHING.blocks[part:][:1]
    tree = normalise(RichText(blocks))
    made = await tracker.create(draft(description=tree))
    told = tracker.losses("description", tree)
    if made.fields["description"] != tree:
        assert told, (tree, made.fields["description"])
    else:
        assert not told, told


async def test_what_other_values_lose_is_told(site: Site, tracker, draft, fields) -> None:
    probes: dict[str, Value] = {"summary": LONG}
    probes |= site.values.several
    probes |= {name: "2032-01-31T12:30:00.000Z" for name, kind in fields.items() if kind == "date"}
    for name, value in probes.items():
        if name not in fields or name in tracker.capabilities.read_only:
            continue
        told = tracker.losses(name, value)
        try:
            made = await tracker.create(draft(**{name: value}))
        except TrackerError as error:
            assert error.fault in (Fault.VALIDATION, Fault.MAPPING)  # noqa: PT017 - either is fine
            continue
        assert (made.fields[name] == value) == (not told), (name, told, made.fields[name])
