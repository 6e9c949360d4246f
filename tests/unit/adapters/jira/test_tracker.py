"""Issues: read, create, find, update."""

import pytest

from adapters.jira.simulator import Fault as SimulatedFault
from schemas.errors import Fault
from schemas.issue import ALL_PARTS, CommentDraft, FieldChange, Part, WorklogDraft
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

ODD = "Ünïcödé 🚀 עברית العربية \u202e<b>&\"'"
FIELDS = frozenset({Part.FIELDS})


async def test_an_issue_comes_back_as_it_was_drafted(tracker, draft) -> None:
    made = await tracker.create(
        draft(
            summary=ODD,
            description=plain("One\n\nTwo"),
            priority="High",
            labels=("b", "a"),
            assignee=User(name="Alice"),
            due="2026-12-24",
            components=("Backend",),
            fix_versions=("1.0", "2.0"),
        )
    )
    assert made.ref.key == "SIM-1"
    assert made.ref.url.endswith("/browse/SIM-1")
    assert made.project == "SIM"
    assert made.version == made.updated > 0
    read = await tracker.read(made.ref.id, ALL_PARTS)
    assert read.fields == made.fields
    assert (read.comments, read.attachments, read.comment_count) == ((), (), 0)
    assert read.fields["summary"] == ODD
    assert to_plain(read.fields["description"]) == "One\n\nTwo"
    assert read.fields["type"] == "Bug"
    assert read.fields["status"] == "To Do"
    assert read.fields["priority"] == "High"
    assert read.fields["labels"] == ("a", "b")
    assert read.fields["assignee"] == User("Alice", "alice@example.com", "alice")
    assert read.fields["due"] == "2026-12-24"
    assert read.fields["components"] == ("Backend",)
    assert read.fields["fix_versions"] == ("1.0", "2.0")
    assert read.fields["resolution"] is None


async def test_everything_is_read_by_one_request(jira, tracker, draft) -> None:
    made = await tracker.create(draft())
    jira.calls.clear()
    await tracker.read(made.ref.id, ALL_PARTS)
    assert sum(jira.calls.values()) == 1


async def test_parts_that_are_not_asked_for_are_none(tracker, draft) -> None:
    made = await tracker.create(draft())
    read = await tracker.read(made.ref.id, FIELDS)
    assert (read.comments, read.attachments) == (None, None)


async def test_a_description_of_a_megabyte_arrives(tracker, draft) -> None:
    text = "lorem ipsum 🚀 " * 70_000
    made = await tracker.create(draft(description=plain(text)))
    assert to_plain(made.fields["description"]).strip() == text.strip()


async def test_what_jira_cannot_hold_is_fitted(tracker, draft) -> None:
    made = await tracker.create(draft(summary="line\none " + "x" * 300, labels=("two words",)))
    assert made.fields["summary"].startswith("line one x")
    assert made.fields["summary"].endswith("…")
    assert len(made.fields["summary"]) == 255
    assert made.fields["labels"] == ("two_words",)


async def test_a_new_issue_reaches_a_status_over_several_transitions(tracker, draft) -> None:
    made = await tracker.create(draft(status="done", resolution="Duplicate"))
    assert (made.fields["status"], made.fields["resolution"]) == ("Done", "Duplicate")


async def test_a_new_issue_whose_status_is_refused_stays_findable(tracker, draft, refusal) -> None:
    error = await refusal(tracker.create(draft("marker-7", status="Nowhere")))
    assert error.fault is Fault.UNKNOWN_OUTCOME
    assert "To Do" in error.remedy
    assert await tracker.find_by_marker("marker-7", "SIM", 1_790_000_000_000) is not None


async def test_the_other_sides_issue_is_linked(jira, tracker, draft) -> None:
    made = await tracker.create(draft(source_url="https://other.example/items/17"))
    links = jira.state.issue(made.ref.id).links
    assert [link["object"]["url"] for link in links.values()] == ["https://other.example/items/17"]


async def test_a_refused_link_does_not_undo_the_issue(jira, tracker, draft) -> None:
    jira.fail_next(SimulatedFault(status=403, path="remotelink"))
    made = await tracker.create(draft(source_url="https://other.example/items/17"))
    assert made.ref.key == "SIM-1"


@pytest.mark.parametrize("search_properties", [True, False])
async def test_the_marker_finds_its_issue_on_new_and_old_servers(
    start_jira, connect, draft, clock, search_properties
) -> None:
    jira = await start_jira(search_properties=search_properties, page_cap=2)
    tracker = connect(jira)
    made = {f"m-{n}": await tracker.create(draft(f"m-{n}")) for n in range(5)}
    jira.state.create(
        {
            "fields": {
                "project": {"key": "SIM"},
                "issuetype": {"name": "Bug"},
                "summary": "by a person",
            },
            "properties": [{"key": "tidegate", "value": "no marker"}],
        },
        jira.state.me,
    )
    for marker, issue in made.items():
        assert await tracker.find_by_marker(marker, "SIM", clock.millis) == issue.ref
    assert await tracker.find_by_marker("m-9", "SIM", clock.millis) is None


async def test_the_marker_is_found_while_the_index_is_late(
    jira, tracker, draft, clock, refusal
) -> None:
    """The lost answer of a creation is looked up at once, and no second issue is made."""
    await tracker.create(draft("old"))
    clock.millis += 600_000
    jira.state.search_lag = 300_000
    jira.state.delete(jira.state.issue((await tracker.create(draft("gone"))).ref.id), jira.state.me)
    jira.fail_next(SimulatedFault(status=500, method="POST", path="/issue", after=True))
    assert (await refusal(tracker.create(draft("new")))).fault is Fault.UNKNOWN_OUTCOME
    found = await tracker.find_by_marker("new", "SIM", clock.millis)
    assert found is not None
    assert found.key == "SIM-3"
    jira.calls.clear()
    assert await tracker.find_by_marker("never", "SIM", clock.millis) is None
    assert jira.calls.total() < 10


async def test_the_first_issue_of_a_project_is_found_while_the_index_is_late(
    jira, tracker, draft, clock
) -> None:
    jira.state.search_lag = 300_000
    made = await tracker.create(draft("new"))
    assert await tracker.find_by_marker("new", "SIM", clock.millis) == made.ref


async def test_fields_are_set_and_sets_are_changed_by_element(jira, tracker, draft) -> None:
    issue = await tracker.create(draft(labels=("keep", "drop"), components=("Backend",)))
    await tracker.update(issue, FieldChange(add={"labels": ("by-person",)}))
    jira.calls.clear()
    changed = await tracker.update(
        issue,
        FieldChange(
            {"summary": "New", "priority": "Low", "assignee": "bob"},
            {"labels": ("new one",), "components": ("Frontend",)},
            {"labels": ("drop",), "components": ("Backend",)},
        ),
    )
    assert changed.fields["summary"] == "New"
    assert changed.fields["priority"] == "Low"
    assert changed.fields["labels"] == ("by-person", "keep", "new_one")
    assert changed.fields["components"] == ("Frontend",)
    assert changed.fields["assignee"].id == "bob"
    assert changed.version > issue.version
    assert jira.calls["PUT /rest/api/2/issue/{key}"] == 1
    assert jira.calls["GET /rest/api/2/issue/{key}"] == 1


async def test_setting_and_adding_the_same_set_is_one_write(tracker, draft) -> None:
    issue = await tracker.create(draft(labels=("old",)))
    changed = await tracker.update(
        issue, FieldChange({"labels": ("a", "b")}, {"labels": ("c",)}, {"labels": ("a",)})
    )
    assert changed.fields["labels"] == ("b", "c")


async def test_values_are_emptied(tracker, draft) -> None:
    issue = await tracker.create(draft(assignee="alice", due="2026-01-01", labels=("x",)))
    changed = await tracker.update(
        issue,
        FieldChange({"assignee": None, "due": None, "labels": (), "description": None}),
    )
    assert changed.fields["assignee"] is None
    assert changed.fields["due"] is None
    assert changed.fields["labels"] == ()
    assert changed.fields["description"].blocks == ()


async def test_custom_fields_take_their_own_shapes(tracker, draft) -> None:
    issue = await tracker.create(draft(customfield_10001="ACME", customfield_10003="S2"))
    assert issue.fields["customfield_10001"] == "ACME"
    assert issue.fields["customfield_10003"] == "S2"
    changed = await tracker.update(
        issue,
        FieldChange(
            {
                "customfield_10001": None,
                "customfield_10002": 5,
                "customfield_10004": ("x", "y"),
                "customfield_10005": User(email="bob@example.com"),
            }
        ),
    )
    assert "customfield_10001" not in changed.fields
    assert changed.fields["customfield_10002"] == 5
    assert changed.fields["customfield_10004"] == ("x", "y")
    assert changed.fields["customfield_10005"] == User("Bob", "bob@example.com", "bob")


async def test_only_named_custom_fields_are_read_where_that_is_set(jira, connect, draft) -> None:
    tracker = connect(jira, custom_fields=["customfield_10003"])
    issue = await tracker.create(draft(customfield_10001="ACME", customfield_10003="S2"))
    assert issue.fields["customfield_10003"] == "S2"
    assert "customfield_10001" not in issue.fields
    assert issue.fields["summary"] == "A summary"


@pytest.mark.parametrize(
    ("wanted", "field", "allowed"),
    [
        ({"priority": "Urgent"}, "priority", "Highest, High, Medium, Low, Lowest"),
        ({"type": "Idea"}, "type", "Bug, Task, Story, Improvement, Epic, Sub-task"),
        ({"components": ("Nowhere",)}, "components", "Backend, Frontend"),
        ({"assignee": User(email="nobody@example.com")}, "assignee", "user name"),
        ({"due": "tomorrow"}, "due", ""),
        ({"summary": ""}, "summary", ""),
        ({"colour": "red"}, "colour", ""),
        ({"summary": ("a", "b")}, "summary", ""),
        ({"customfield_99999": "x"}, "customfield_99999", ""),
    ],
)
async def test_a_value_that_jira_lacks_is_told_with_what_it_has(
    tracker, draft, refusal, wanted, field, allowed
) -> None:
    issue = await tracker.create(draft())
    error = await refusal(tracker.update(issue, FieldChange(wanted)))
    assert error.fault is Fault.VALIDATION
    assert error.field == field
    assert allowed in error.remedy
    assert error.remedy


async def test_a_text_that_is_too_long_tells_the_setting(
    start_jira, connect, draft, refusal
) -> None:
    tracker = connect(await start_jira(text_limit=32_767))
    error = await refusal(tracker.create(draft(description=plain("x" * 40_000))))
    assert (error.fault, error.field) == (Fault.VALIDATION, "description")
    assert "jira.text.field.character.limit" in error.remedy


async def test_a_closed_issue_that_refuses_edits_is_reopened_first(jira, tracker, draft) -> None:
    issue = await tracker.create(draft(status="Done"))
    jira.fail_next(
        SimulatedFault(
            status=400, method="PUT", messages=("You do not have permission to edit this issue.",)
        )
    )
    changed = await tracker.update(issue, FieldChange({"summary": "New", "status": "To Do"}))
    assert (changed.fields["summary"], changed.fields["status"]) == ("New", "To Do")


def meddle(jira, key: str, **fields) -> None:
    """A person writes."""
    state = jira.state
    actor = next(user for user in state.users.values() if user != state.me)
    state.edit(state.issue(key), {"fields": fields}, actor)


async def test_what_our_write_replaced_unseen_is_told_without_another_call(
    jira, tracker, draft
) -> None:
    before = await tracker.create(draft(priority="High"))
    meddle(jira, before.ref.key, summary="Theirs", description="h1. Theirs", duedate="2026-01-02")
    meddle(jira, before.ref.key, summary="Theirs again", priority={"name": "Low"})
    jira.calls.clear()
    meddle(jira, before.ref.key, environment="Theirs")
    ours = {"summary": "Ours", "description": plain("Ours"), "due": "2027-01-02"}
    ours["environment"] = plain("Ours")
    after = await tracker.update(before, FieldChange(ours))
    assert after.overwritten == {
        "summary": "Theirs again",
        "description": RichText((Heading(1, (Text("Theirs"),)),)),
        "due": "2026-01-02",
        "environment": plain("Theirs"),
    }
    assert after.fields["priority"] == "Low"
    assert jira.calls.total() == 2


@pytest.mark.parametrize("offset", [0, 330, -480])
async def test_moments_mean_the_same_in_every_time_zone(
    start_jira, connect, draft, clock, offset
) -> None:
    tracker = connect(await start_jira(utc_offset=offset))
    at = clock.millis
    made = await tracker.create(draft())
    comment = await tracker.add_comment(made.ref.id, CommentDraft(plain("x"), "c-1"))
    logged = await tracker.add_worklog(made.ref.id, WorklogDraft(60, at, "w-1"))
    assert 0 <= made.version - at < 1000
    assert 0 <= comment.created - at < 1000
    assert logged.started == at


async def test_what_was_seen_or_stands_on_top_is_not_overwritten(jira, tracker, draft) -> None:
    made = await tracker.create(draft())
    for summary in ("First", "Second", "First"):
        meddle(jira, made.ref.key, summary=summary)
        seen = await tracker.read(made.ref.id, ALL_PARTS)
        after = await tracker.update(seen, FieldChange({"summary": "Ours"}))
        assert after.overwritten == {}
    meddle(jira, made.ref.key, summary="Ours too")
    same = await tracker.update(after, FieldChange({"summary": "Ours too"}))
    assert same.overwritten == {}, "a person wrote the same"


async def test_an_edit_right_after_our_write_is_not_overwritten(
    jira, tracker, draft, monkeypatch
) -> None:
    made = await tracker.create(draft())
    edit = jira.state.edit

    def then_a_person(issue, body, actor) -> None:
        edit(issue, body, actor)
        edit(issue, {"fields": {"summary": "Theirs"}}, actor)

    monkeypatch.setattr(jira.state, "edit", then_a_person)
    after = await tracker.update(made, FieldChange({"summary": "Ours"}))
    assert (after.fields["summary"], after.overwritten) == ("Theirs", {})


async def test_a_change_of_nothing_only_reads(jira, tracker, draft) -> None:
    issue = await tracker.create(draft())
    jira.calls.clear()
    same = await tracker.update(issue, FieldChange({"status": "TO DO"}))
    assert same.version == issue.version
    assert jira.calls == {"GET /rest/api/2/issue/{key}": 1}


async def test_what_cannot_be_seen_is_not_found(tracker, refusal) -> None:
    assert (await refusal(tracker.read("SIM-404", ALL_PARTS))).fault is Fault.NOT_FOUND
    assert (await refusal(tracker.resolve("../../serverInfo?x=#"))).fault is Fault.NOT_FOUND


async def test_a_key_resolves_to_the_id(tracker, draft) -> None:
    issue = await tracker.create(draft())
    assert await tracker.resolve(" SIM-1 ") == issue.ref


async def test_users_are_found_over_several_pages(jira, tracker) -> None:
    from adapters.jira.simulator.model import User as Account

    for number in range(120):
        name = f"many{number}"
        jira.state.users[name] = Account(name, f"Many {number}", f"{name}@example.com")
    assert len(await tracker.find_users("many")) == 120
    assert await tracker.find_users("bob@") == (User("Bob", "bob@example.com", "bob"),)


async def test_a_name_that_fits_two_people_is_not_guessed(jira, tracker, draft, refusal) -> None:
    from adapters.jira.simulator.model import User as Account

    for name in ("kim1", "kim2"):
        jira.state.users[name] = Account(name, "Kim", f"{name}@example.com")
    error = await refusal(tracker.create(draft(assignee=User(name="Kim"))))
    assert (error.fault, error.field) == (Fault.VALIDATION, "assignee")
    assert "2 users" in error.message


async def test_rich_text_crosses_as_wiki_markup(jira, tracker, draft) -> None:
    rich = RichText(
        (
            Heading(2, (Text("Steps"),)),
            ListBlock((ListItem((Paragraph((Text("one", ("strong",)),)),)),), ordered=True),
            CodeBlock("a[1] = {b}", "python"),
        )
    )
    issue = await tracker.create(draft(description=rich))
    assert issue.fields["description"] == rich
    assert "h2. Steps" in jira.state.issue(issue.ref.id).description


async def test_a_person_is_looked_up_once_in_ten_minutes(jira, tracker, draft, clock) -> None:
    bob = User(email="BOB@example.com")
    for marker in ("a", "b"):
        made = await tracker.create(draft(marker, assignee=bob))
        assert made.fields["assignee"].id == "bob"
    assert jira.calls["GET /rest/api/2/user/search"] == 1
    clock.millis += 600_001
    await tracker.create(draft("c", assignee=bob))
    assert jira.calls["GET /rest/api/2/user/search"] == 2


async def test_a_field_without_a_place_on_the_screen_is_told(jira, tracker, draft, refusal) -> None:
    text = "Field 'duedate' cannot be set. It is not on the appropriate screen, or unknown."
    refused = SimulatedFault(status=400, method="POST", messages=(), errors={"duedate": text})
    jira.fail_next(refused)
    error = await refusal(tracker.create(draft(due="2026-01-01")))
    assert (error.fault, error.field) == (Fault.VALIDATION, "due")
    assert "screen" in error.remedy
