"""What a tracker cannot hold is left out of the issue and told on its twin; nothing fails."""

from typing import Any

import msgspec
import pytest

from schemas.metadata import Choice, FieldInfo, Metadata, TypeInfo
from schemas.rich_text import plain
from schemas.values import User
from service.workers.metadata import YOUNG
from tests.simulation.model_tracker import CAPABILITIES, ModelTracker

ALICE = User("Alice", "alice@example.com", "u1")
KINDS = {
    "summary": "text",
    "status": "option",
    "labels": "labels",
    "components": "options",
    "resolution": "option",
    "assignee": "user",
    "reporter": "user",
    "due": "date",
    "estimate": "duration",
    "parent": "issue",
    "links": "links",
}


class Telling(ModelTracker):
    """A tracker that tells its fields and its people, and refuses what it does not know."""

    async def projects(self) -> tuple[Choice, ...]:
        return (Choice("P", "P"),)

    async def metadata(self, project: str) -> Metadata:
        self.step("metadata")
        fields = (
            FieldInfo("components", "Components", "options", choices=(Choice("core", "1"),)),
            FieldInfo("resolution", "Resolution", "option", choices=(Choice("Fixed", "1"),)),
            FieldInfo("Severity", "Severity", "option", choices=(Choice("high"),)),
            FieldInfo("Score", "Score", "number"),
            FieldInfo("Notes", "Notes", "rich_text"),
            FieldInfo("Locked", "Locked", "text", writable=False),
        )
        return Metadata(project, (TypeInfo(Choice("Task"), fields),))

    async def find_users(self, query: str) -> tuple[User, ...]:
        self.step("find_users")
        return (ALICE,) if query.casefold() in ("alice", ALICE.email) else ()

    def losses(self, field: str, value: Any) -> tuple[str, ...]:
        return ("It was cut.",) if field == "summary" and len(value) > 5 else ()


@pytest.fixture
def fitted(local, issue_of):
    tracker = local.trackers["b"]
    tracker.__class__ = Telling
    tracker.capabilities = msgspec.structs.replace(
        CAPABILITIES, fields=KINDS, read_only=("reporter",), custom_kinds=("option", "number")
    )
    return local


async def mirrored(shop, issue_of, **fields: Any) -> tuple[dict[str, Any], list[str], str]:
    issue = issue_of(shop.trackers["a"], **fields)
    twin = await shop.sync("a-b.a", issue)
    await shop.rest()
    row = await shop.row("a-b.b", twin)
    assert row.state.issue is not None, await shop.parked()
    held = shop.trackers["b"].issues[row.state.issue.id].fields
    return held, [f"{loss.field}: {loss.reason}" for loss in row.state.losses], twin


@pytest.mark.parametrize(
    ("field", "sent", "held", "loss"),
    [
        ("due", "2026-01-31", "2026-01-31", ""),
        ("milestone", "M1", None, "milestone: This tracker has no such field."),
        ("milestone", None, None, ""),
        ("reporter", ALICE, None, "reporter: It cannot be written here. There it is: Alice"),
        ("assignee", User("alice"), ALICE, ""),
        ("assignee", User("Zoe"), None, "assignee: Nobody is known here as Zoe."),
        ("assignee", None, None, ""),
        ("components", ("core", "web"), ("core",), "components: There is no such value here: web."),
        ("resolution", "Fixed", "Fixed", ""),
        ("resolution", "Moot", None, "resolution: There is no such value here: Moot."),
        ("estimate", "soon", None, "estimate: The field is a duration here. There it is: soon"),
        ("estimate", 3600, 3600, ""),
    ],
)
async def test_what_becomes_of_a_field(fitted, issue_of, field, sent, held, loss) -> None:
    fields, losses, _ = await mirrored(fitted, issue_of, **{field: sent})
    assert fields.get(field) == held
    assert losses == ([loss] if loss else [])


@pytest.mark.parametrize(
    ("field", "sent", "held", "loss"),
    [
        ("Severity", "high", "high", ""),
        ("Severity", "low", None, "Severity: There is no such value here: low."),
        ("Score", 3, 3, ""),
        ("Score", "many", None, "Score: The field is a number here. There it is: many"),
        ("Notes", "words", plain("words"), ""),
        ("Locked", "x", None, "Locked: It cannot be written here. There it is: x"),
        ("Colour", "red", None, "Colour: This tracker has no such field."),
    ],
)
async def test_what_becomes_of_a_custom_field(
    shop, issue_of, fitted, field, sent, held, loss
) -> None:
    here = fitted.roster.connections["a-b.a"]
    fitted.roster._connections["a-b.a"] = msgspec.structs.replace(
        here, allowed=here.allowed | {field}
    )
    fields, losses, _ = await mirrored(fitted, issue_of, **{field: sent})
    assert fields.get(field) == held
    assert losses == ([loss] if loss else [])


async def test_a_field_that_issues_of_this_type_lack_is_told(fitted, issue_of) -> None:
    tracker = fitted.trackers["b"]
    tracker.capabilities = msgspec.structs.replace(
        tracker.capabilities, by_type=("due", "resolution")
    )
    fields, losses, _ = await mirrored(fitted, issue_of, due="2026-01-31", resolution="Fixed")
    assert (fields.get("due"), fields["resolution"]) == (None, "Fixed")
    assert losses == ["due: This tracker has no such field."]


async def test_an_ordinary_issue_asks_the_tracker_for_nothing_more(fitted, issue_of) -> None:
    await mirrored(fitted, issue_of, due="2026-01-31", assignee=None, components=())
    assert "metadata" not in fitted.calls
    assert "find_users" not in fitted.calls


async def test_the_report_follows_the_newest_state(fitted, issue_of) -> None:
    _, losses, twin = await mirrored(fitted, issue_of, summary="too long", milestone="M1")
    assert losses == ["milestone: This tracker has no such field.", "summary: It was cut."]
    a = fitted.trackers["a"]
    (issue,) = a.issues
    a.person_sets(issue, "milestone", None)
    a.person_sets(issue, "summary", "short")
    fitted.at += 1_000
    await fitted.change("a", issue)
    await fitted.rest()
    assert (await fitted.row("a-b.b", twin)).state.losses == ()


async def test_a_person_who_is_held_already_is_not_written_again(fitted, issue_of) -> None:
    fields, _, twin = await mirrored(fitted, issue_of, assignee=User("Alice", ALICE.email, "x9"))
    assert fields["assignee"] == ALICE
    a, b = fitted.trackers["a"], fitted.trackers["b"]
    (issue,) = a.issues
    writes = b.writes
    a.person_sets(issue, "summary", "new")
    fitted.at += 1_000
    await fitted.change("a", issue)
    await fitted.rest()
    row = await fitted.row("a-b.b", twin)
    assert b.writes == writes + 1
    assert b.issues[row.state.issue.id].fields["assignee"] == ALICE
    assert row.state.version == 1, "our own person was sent back"


async def test_what_the_rule_leaves_out_because_it_has_no_place_here_is_told(
    fitted, issue_of, monkeypatch
) -> None:
    whole = fitted.engine.incoming

    async def choosy(rules, replica, issue, context):
        wanted = await whole(rules, replica, issue, context)
        kept = {name: wanted.fields[name] for name in ("summary", "status")}
        return msgspec.structs.replace(wanted, fields=kept)

    monkeypatch.setattr(fitted.engine, "incoming", choosy)
    sent = {"milestone": "M1", "reporter": ALICE, "due": "2026-01-31", "parent": None}
    _, losses, _ = await mirrored(fitted, issue_of, **sent)
    assert losses == [
        "milestone: This tracker has no such field.",
        "reporter: It cannot be written here. There it is: Alice",
    ]


async def test_a_value_that_was_added_a_moment_ago_is_taken(fitted, issue_of, monkeypatch) -> None:
    """A value that stays unknown is not asked for with each issue."""
    _, losses, _ = await mirrored(fitted, issue_of, components=("web",))
    assert losses == ["components: There is no such value here: web."]
    asked = fitted.calls.count("metadata")
    await mirrored(fitted, issue_of, components=("web",))
    assert fitted.calls.count("metadata") == asked, "it is asked for each issue"

    async def metadata(self: Telling, project: str) -> Metadata:
        choices = (Choice("core"), Choice("web"))
        info = FieldInfo("components", "Components", "options", choices=choices)
        return Metadata(project, (TypeInfo(Choice("Task"), (info,)),))

    monkeypatch.setattr(Telling, "metadata", metadata)
    fitted.at += YOUNG
    fields, losses, _ = await mirrored(fitted, issue_of, components=("web",))
    assert (fields["components"], losses) == (("web",), [])
