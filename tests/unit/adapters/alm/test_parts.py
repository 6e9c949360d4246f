"""Attachments, users, discovery: the traps of ALM."""

import pytest

from adapters.alm.attachments import filename
from adapters.alm.simulator import SimulatorConfig
from schemas.errors import Fault
from schemas.issue import ALL_PARTS, AttachmentDraft
from schemas.values import User
from tests.contract.trackers.test_parts import bytes_of, content
from tests.unit.adapters.alm.support import one_path

FILE = AttachmentDraft("plan.txt", 4, "text/plain", "a-1")


async def test_a_second_file_of_a_name_gets_a_number(tracker, by_hand) -> None:
    """ALM takes each name once in an issue."""
    issue = by_hand()
    for text in (b"one1", b"two2", b"tri3"):
        await tracker.add_attachment(issue, FILE, content(text))
    files = (await tracker.read(issue, ALL_PARTS)).attachments
    assert [file.filename for file in files] == ["plan.txt", "plan (2).txt", "plan (3).txt"]
    assert await bytes_of(tracker, issue, files[1].id) == b"two2"


async def test_an_upload_costs_two_calls(alm, tracker, by_hand) -> None:
    issue = by_hand()
    await tracker.add_attachment(issue, FILE, content(b"data"))
    alm.calls.clear()
    await tracker.add_attachment(issue, FILE, content(b"data"))
    path = f"{one_path('defect')}/attachments"
    assert alm.calls == {f"GET {path}": 1, f"POST {path}": 1}


@pytest.mark.parametrize("config", [SimulatorConfig(page_cap=2)], ids=["small pages"])
async def test_files_beyond_one_page_are_listed(tracker, by_hand, config) -> None:
    issue = by_hand()
    for _ in range(5):
        await tracker.add_attachment(issue, FILE, content(b"data"))
    assert len((await tracker.read(issue, ALL_PARTS)).attachments) == 5


@pytest.mark.parametrize("config", [SimulatorConfig(versioned=True)], ids=["versioned"])
async def test_content_that_breaks_off_leaves_nothing_checked_out(
    alm, tracker, draft, refusal, config
) -> None:
    made = await tracker.create(draft(type="Requirement"))
    cut = AttachmentDraft("cut.bin", 10, "text/plain", "a-1")
    await refusal(tracker.add_attachment(made.ref.id, cut, content(b"short")))
    entity = alm.state.entity("requirement", 1)
    assert (entity.checked_out_by, alm.state.attachments) == ("", {})


@pytest.mark.parametrize("config", [SimulatorConfig(largest_file=3)], ids=["small files"])
async def test_a_file_that_is_too_large_is_refused(tracker, by_hand, refusal, config) -> None:
    error = await refusal(tracker.add_attachment(by_hand(), FILE, content(b"data")))
    assert error.fault is Fault.PERMISSION
    assert "larger" in error.message


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("plan.txt", "plan.txt"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("a\\b:c|d.txt", "a_b_c_d.txt"),
        ("line\nbreak.txt", "line_break.txt"),
        ("", "attachment"),
        ("..", "attachment"),
        ("x" * 300 + ".txt", "x" * 196 + ".txt"),
    ],
)
def test_names_of_files_are_fitted(given: str, sent: str) -> None:
    assert filename(given) == sent


@pytest.mark.parametrize(
    ("wanted", "login"),
    [
        (User(name="Alice Example"), "alice"),
        (User(name="alice"), "alice"),
        (User(email="ALICE@example.com"), "alice"),
        (User(name="Somebody", email="bob@example.com"), "bob"),
        (User(name="Bob Example", email="bob@elsewhere.example"), "bob"),
        (User(name="Wrong", id="Bob"), "bob"),
        ("Bob Example", "bob"),
    ],
)
async def test_people_are_found_by_what_is_known(alm, tracker, draft, wanted, login) -> None:
    made = await tracker.create(draft(assignee=wanted))
    assert made.fields["assignee"].id == login
    assert alm.state.entity("defect", 1).values["owner"] == [login]


async def test_discovery_tells_kinds_and_values(tracker) -> None:
    known = await tracker.metadata("sim")
    types = {info.type.name: info for info in known.types}
    assert {"Defect", "Requirement", "Requirement / Functional"} <= set(types)
    fields = {field.name: field for field in types["Defect"].fields}
    assert (fields["severity"].kind, fields["severity"].required) == ("option", True)
    assert [choice.name for choice in fields["milestone"].choices] == ["Autumn & Winter", "Spring"]
    assert [choice.name for choice in fields["user-09"].choices] == [
        "Europe",
        "Asia",
        "Europe / Berlin",
        "Europe / Paris",
        "Asia / Tokyo",
    ]
    kinds = {name: fields[name].kind for name in fields if name.startswith("user-")}
    assert kinds == {
        "user-01": "text",
        "user-02": "rich_text",
        "user-03": "number",
        "user-04": "date",
        "user-05": "date",
        "user-06": "options",
        "user-08": "user",
        "user-09": "cascading",
        "user-10": "boolean",
        "user-11": "datetime",
        "user-12": "users",
        "user-13": "option",
        "user-14": "text",
    }


async def test_fields_of_ours_get_a_place(alm, connect, draft) -> None:
    places = {"due": "user-05", "labels": "user-14", "resolution": "user-13"}
    tracker = connect(fields=places, source_field="user-01")
    assert "due" in tracker.capabilities.fields
    assert "due" not in tracker.capabilities.degraded
    wanted = {"due": "2026-01-31", "labels": ("a b", "c"), "resolution": "Red"}
    made = await tracker.create(draft(**wanted))
    assert {name: made.fields[name] for name in wanted} == wanted
    assert not set(places.values()) & set(made.fields)
    assert "user-01" not in made.fields


async def test_capabilities_follow_the_entities(connect) -> None:
    only_tests = connect(entities=["test"]).capabilities
    assert (only_tests.parent, only_tests.link_kinds) == (False, ())
    both = connect().capabilities
    assert (both.parent, both.link_kinds) == (True, ("relates",))
    assert {"summary", "priority", "fix_versions"} <= set(both.fields)
    assert not {"assignee", "milestone", "parent"} & set(both.fields)
    assert "assignee" in connect(entities=["defect"]).capabilities.fields


def test_losses(tracker) -> None:
    assert tracker.losses("summary", "x" * 256)
    assert tracker.losses("summary", "x") == ()
    assert tracker.losses("user-11", "2032-01-31T12:00:00.123Z")
    assert tracker.losses("user-11", "2032-01-31T12:00:00.000Z") == ()
