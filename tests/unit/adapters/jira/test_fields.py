"""Custom fields of each kind, estimates, environment and versions."""

import pytest

from adapters.jira.simulator import Fault as SimulatedFault
from adapters.jira.simulator import custom_fields
from schemas.errors import Fault
from schemas.issue import ALL_PARTS, FieldChange, Part
from schemas.rich_text import Heading, RichText, Text, plain
from schemas.values import User

FIELDS = frozenset({Part.FIELDS})
EDIT = "PUT /rest/api/2/issue/{key}"
READ = "GET /rest/api/2/issue/{key}"
LIST = "GET /rest/api/2/field"
RICH = RichText((Heading(2, (Text("Größe"),)),))

BROWSERS, LOCATION, REVIEWERS = "customfield_10009", "customfield_10010", "customfield_10011"


@pytest.mark.parametrize(
    ("field", "value", "other"),
    [
        ("customfield_10001", "ACME & Söhne", "Other"),
        ("customfield_10002", 1.5, 7),
        ("customfield_10003", "S2", "S3"),
        ("customfield_10004", ("a", "b"), ("c",)),
        ("customfield_10005", User(name="Bob"), User(email="alice@example.com")),
        ("customfield_10006", RICH, plain("Plain")),
        ("customfield_10007", "2026-01-31", "2027-02-28"),
        ("customfield_10008", "2026-01-31T12:30:00.000Z", "2026-02-01T00:00:00.000Z"),
        (BROWSERS, ("Chromium", "Safari"), ("Firefox",)),
        (LOCATION, "Europe / Berlin", "Asia"),
        (REVIEWERS, ("Alice", "Bob"), ("Bob",)),
        ("customfield_10012", "https://example.com/a?b=c", "http://example.com"),
        ("environment", RICH, plain("Elsewhere")),
        ("affected_versions", ("1.0", "2.0"), ("2.0",)),
        ("estimate", 5400, 7200),
        ("remaining", 600, 0),
    ],
)
async def test_a_value_of_each_kind_is_made_changed_and_emptied(
    tracker, draft, field, value, other
) -> None:
    def shown(read):
        return read.name if isinstance(read, User) else read

    issue = await tracker.create(draft(**{field: value}))
    assert shown(issue.fields[field]) == shown(value)
    changed = await tracker.update(issue, FieldChange({field: other}))
    expected = "Alice" if field == "customfield_10005" else other
    assert shown(changed.fields[field]) == expected
    emptied = await tracker.update(changed, FieldChange({field: None}))
    assert emptied.fields.get(field) in (None, (), RichText(()))


async def test_one_estimate_is_changed_without_the_other(jira, tracker, draft) -> None:
    issue = await tracker.create(draft(estimate=7200, remaining=3600))
    changed = await tracker.update(issue, FieldChange({"remaining": 1830}))
    assert (changed.fields["estimate"], changed.fields["remaining"]) == (7200, 1800)
    changed = await tracker.update(changed, FieldChange({"estimate": 10_800}))
    assert (changed.fields["estimate"], changed.fields["remaining"]) == (10_800, 1800)


async def test_custom_sets_change_by_element_in_one_write(jira, tracker, draft) -> None:
    issue = await tracker.create(
        draft(**{BROWSERS: ("Chromium", "Firefox"), REVIEWERS: ("Alice",)})
    )
    held = jira.state.issue(issue.ref.id)
    body = {"update": {BROWSERS: [{"add": {"value": "Safari"}}]}}
    jira.state.edit(held, body, jira.state.users["bob"])
    jira.calls.clear()
    changed = await tracker.update(
        issue,
        FieldChange(add={REVIEWERS: ("Bob",)}, remove={BROWSERS: ("Firefox",)}),
    )
    assert changed.fields[BROWSERS] == ("Chromium", "Safari")
    assert changed.fields[REVIEWERS] == ("Alice", "Bob")
    assert (jira.calls[EDIT], jira.calls[READ]) == (1, 1)


async def test_what_is_no_set_cannot_be_added_to(tracker, draft, refusal) -> None:
    issue = await tracker.create(draft())
    for field in ("customfield_10001", "summary"):
        error = await refusal(tracker.update(issue, FieldChange(add={field: ("x",)})))
        assert (error.fault, error.field) == (Fault.VALIDATION, field)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("customfield_10002", "many"),
        ("customfield_10002", True),
        ("customfield_10003", "S9"),
        ("customfield_10005", ("a", "b")),
        ("customfield_10008", "noon"),
        (BROWSERS, 5),
        (LOCATION, "Europe / Tokyo"),
        (REVIEWERS, ("Nobody",)),
        ("customfield_10012", "no address"),
        ("customfield_10013", ("Sprint 1",)),
        ("customfield_77777", "x"),
        ("estimate", "two days"),
        ("environment", ("a",)),
        ("affected_versions", ("9.9",)),
    ],
)
async def test_what_a_field_cannot_hold_is_told_with_its_name(
    tracker, draft, refusal, field, value
) -> None:
    issue = await tracker.create(draft())
    error = await refusal(tracker.update(issue, FieldChange({field: value})))
    assert (error.fault, error.field) == (Fault.VALIDATION, field)
    assert error.remedy
    assert (await tracker.read(issue.ref.id, FIELDS)).version == issue.version


async def test_jiras_own_bookkeeping_is_no_content(jira, tracker, draft) -> None:
    """Ranks move when somebody sorts a board, and sprints are printed with an address in memory."""
    issue = await tracker.create(draft())
    held = jira.state.issue(issue.ref.id)
    seen = set()
    for address in ("1a2b3c", "4d5e6f"):
        held.rank = f"0|i{address}:"
        printed = f"com.atlassian.greenhopper.service.sprint.Sprint@{address}"
        sprint = f"{printed}[id=1,rapidViewId=2,state=ACTIVE,name=Sprint, the 1st,goal=]"
        held.custom = {**held.custom, "customfield_10013": [sprint]}
        fields = (await tracker.read(issue.ref.id, FIELDS)).fields
        assert "customfield_10016" not in fields
        seen.add(fields["customfield_10013"])
    assert seen == {("Sprint, the 1st",)}


async def test_the_list_of_fields_is_read_once_in_an_hour(jira, tracker, draft, clock) -> None:
    issue = await tracker.create(draft(customfield_10001="x"))
    for _ in range(3):
        await tracker.read(issue.ref.id, ALL_PARTS)
    assert jira.calls[LIST] == 1
    clock.millis += 3_600_000
    await tracker.read(issue.ref.id, ALL_PARTS)
    assert jira.calls[LIST] == 2


async def test_a_field_that_was_made_since_is_learned(
    jira, tracker, draft, clock, monkeypatch
) -> None:
    issue = await tracker.create(draft(customfield_10001="x"))
    made = custom_fields.CustomField("Why", "string", custom_fields._TYPES + "textarea")
    monkeypatch.setitem(custom_fields.FIELDS, "customfield_10999", made)
    held = jira.state.issue(issue.ref.id)
    held.custom = {**held.custom, "customfield_10999": "h2. Größe"}
    clock.millis += 60_000
    read = await tracker.read(issue.ref.id, FIELDS)
    assert read.fields["customfield_10999"] == RICH
    assert jira.calls[LIST] == 2


async def test_a_person_is_meant_by_key_too(jira, tracker, draft, refusal) -> None:
    issue = await tracker.create(draft(assignee=User(name="bob")))
    assert issue.fields["assignee"].id == "bob"
    from adapters.jira.simulator.model import User as Account

    jira.state.users["JIRAUSER10100"] = Account("JIRAUSER10100", "Carol", "carol@example.com")
    jira.fail_next(SimulatedFault(status=200, path="/user/search", raw=b"[]"))
    changed = await tracker.update(issue, FieldChange({"assignee": "JIRAUSER10100"}))
    assert changed.fields["assignee"].name == "Carol"
    error = await refusal(tracker.update(issue, FieldChange({"assignee": "JIRAUSER4"})))
    assert (error.fault, error.field) == (Fault.VALIDATION, "assignee")


@pytest.mark.parametrize(
    ("field", "value", "lost"),
    [
        ("summary", "x" * 255, 0),
        ("summary", "x" * 256, 1),
        ("summary", "one\ntwo", 1),
        ("labels", ("one", "two"), 0),
        ("labels", ("one two", "y" * 300), 2),
        ("estimate", 3600, 0),
        ("remaining", 3601, 1),
        ("description", plain("Words"), 0),
        ("comments", RICH, 0),
        ("status", None, 0),
    ],
)
def test_what_jira_would_not_keep_is_told(tracker, field, value, lost) -> None:
    told = tracker.losses(field, value)
    assert len(told) == lost
    assert all(told)
