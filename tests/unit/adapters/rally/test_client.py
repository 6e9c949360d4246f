"""Errors that hide in a 200, logins, and how many calls are under way."""

import asyncio
import time

import pytest

from adapters.rally.simulator import Fault as Trouble
from adapters.rally.simulator import SimulatorConfig
from schemas.errors import Fault
from schemas.issue import AttachmentDraft, CommentDraft, FieldChange, Part
from schemas.rich_text import plain
from tests.contract.trackers.test_parts import content

FIELDS = frozenset({Part.FIELDS})
PERSON = {"user": "tidegate@example.com", "password": "simulator-password"}


def told(*messages: str, envelope: str = "OperationResult") -> dict[str, object]:
    return {envelope: {"_rallyAPIMajor": "2", "Errors": list(messages), "Warnings": []}}


@pytest.mark.parametrize(
    ("message", "fault", "field"),
    [
        ("Validation error: Defect.Notes length is greater than the maximum length of 32768",
         Fault.VALIDATION, "Notes"),
        ("Validation error: Defect.Name should not be null", Fault.VALIDATION, "summary"),
        ("Could not read: Could not read referenced object 2", Fault.VALIDATION, ""),
        ("Cannot find object to update", Fault.NOT_FOUND, ""),
        ("Not authorized to perform action on this object", Fault.PERMISSION, ""),
        ("Concurrency conflict: [Object has been modified]", Fault.CONFLICT, ""),
        ("Too many concurrent requests", Fault.THROTTLED, ""),
        ("An unexpected error has occurred. We have recorded it", Fault.UNKNOWN_OUTCOME, ""),
    ],
)  # fmt: skip
async def test_an_error_inside_a_200_is_typed_by_its_text(
    rally, tracker, draft, refusal, message: str, fault: Fault, field: str
) -> None:
    made = await tracker.create(draft())
    rally.fail_next(Trouble(status=200, method="POST", path="/defect/{oid}", body=told(message)))
    error = await refusal(tracker.update(made, FieldChange({"summary": "New"})))
    assert (error.fault, error.field) == (fault, field)
    assert error.remedy
    assert message[:40] in error.message


async def test_an_error_inside_a_query_is_no_empty_list(rally, tracker, refusal) -> None:
    body = told("Could not parse: Error parsing expression", envelope="QueryResult")
    await tracker.find_users("Alice")
    rally.fail_next(Trouble(status=200, path="/{type", body=body))
    error = await refusal(tracker.find_users("Bob"))
    assert error.fault is Fault.VALIDATION


@pytest.mark.parametrize("raw", [b"{}", b'{"Something": {}}', b"[]", b"null", b"<html>", b""])
async def test_an_answer_without_the_envelope_is_none(
    rally, tracker, draft, refusal, raw: bytes
) -> None:
    made = await tracker.create(draft())
    rally.fail_next(Trouble(status=200, method="GET", raw=raw))
    error = await refusal(tracker.read(made.ref.id, FIELDS))
    assert (error.fault, bool(error.remedy)) == (Fault.UNAVAILABLE, True)
    rally.fail_next(Trouble(status=200, method="POST", raw=raw))
    error = await refusal(tracker.update(made, FieldChange({"summary": "New"})))
    assert error.fault is Fault.UNKNOWN_OUTCOME


async def test_a_wrong_key_is_told_without_the_key(connect, refusal) -> None:
    error = await refusal(connect(token="_nobody-has-this-key").resolve("DE1"))
    assert error.fault is Fault.CREDENTIALS
    assert "_nobody-has-this-key" not in error.message + error.remedy


async def test_user_and_password_open_one_session_for_all_writes(rally, connect, draft) -> None:
    tracker = connect(**PERSON)
    made = await tracker.create(draft())
    made = await tracker.update(made, FieldChange({"summary": "New"}))
    assert made.fields["summary"] == "New"
    assert rally.calls["GET /slm/webservice/v2.0/security/authorize"] == 1


async def test_a_session_that_has_ended_is_opened_anew(rally, connect, draft) -> None:
    tracker = connect(**PERSON)
    made = await tracker.create(draft())
    assert len(rally.keys) == 1
    rally.keys.clear()
    made = await tracker.update(made, FieldChange({"summary": "New"}))
    assert made.fields["summary"] == "New"
    assert rally.calls["GET /slm/webservice/v2.0/security/authorize"] == 2


async def test_a_wrong_password_is_told(connect, draft, refusal) -> None:
    error = await refusal(connect(user="me", password="wrong-password").create(draft()))
    assert error.fault is Fault.CREDENTIALS
    assert "wrong-password" not in error.message


async def test_a_key_that_rally_mistakes_is_shown_once_more(rally, tracker, draft, refusal) -> None:
    """Rally words a meeting of two writes like a wrong key."""
    made = await tracker.create(draft())
    body = told("Not authorized to perform action: Invalid key")
    rally.fail_next(Trouble(status=200, method="POST", path="/defect/{oid}", body=body))
    made = await tracker.update(made, FieldChange({"summary": "New"}))
    assert made.fields["summary"] == "New"
    rally.fail_next(Trouble(status=200, method="POST", path="/defect/{oid}", body=body, times=2))
    error = await refusal(tracker.update(made, FieldChange({"summary": "Newer"})))
    assert error.fault is Fault.CREDENTIALS


async def test_no_more_calls_are_under_way_than_rally_likes(rally, tracker, draft) -> None:
    made = await tracker.create(draft())
    rally.faults.latency = 0.01
    began = time.monotonic()
    file = AttachmentDraft("a.bin", 3, "text/plain", "a-1")
    work = [tracker.read(made.ref.id, FIELDS) for _ in range(40)]
    work += [tracker.add_attachment(made.ref.id, file, content(b"abc")) for _ in range(20)]
    await asyncio.gather(*work)
    assert rally.state.slowed == 0
    assert 2 <= rally.most_at_once <= 12
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("config", [SimulatorConfig(page_cap=3)])
async def test_lists_are_whole_whatever_rallys_own_limit_is(tracker, draft, clock) -> None:
    cursor = (await tracker.changed_since(None, ())).cursor
    clock.pass_(1)
    made = await tracker.create(draft(c_Areas=("Dock", "Engine"), c_Team="Red"))
    for number in range(8):
        await tracker.add_comment(made.ref.id, CommentDraft(plain(f"{number}"), f"c-{number}"))
        await tracker.create(draft(marker=f"m-{number}"))
    read = await tracker.read_comments(made.ref.id)
    assert [one.marker for one in read] == [f"c-{number}" for number in range(8)]
    told, complete = set(), False
    while not complete:
        page = await tracker.changed_since(cursor, ())
        told |= {change.issue for change in page.changes}
        cursor, complete = page.cursor, page.complete
    assert len(told) == 9
    assert len([change async for change in tracker.all_issues(())]) == 9


async def test_a_list_that_changes_between_its_pages_is_asked_anew(
    rally, connect, draft, by_hand
) -> None:
    tracker = connect(page_size=2)
    made = await tracker.create(draft())
    posts = [
        await tracker.add_comment(made.ref.id, CommentDraft(plain(f"{n}"), f"c-{n}"))
        for n in range(5)
    ]
    state, seen = rally.state, []
    of = state.of

    def losing(thing, collection):
        """The first post goes after the first page."""
        if collection.name == "Discussion":
            seen.append(1)
            first = state.things.get(int(posts[0].id))
            if len(seen) == 2 and first is not None:
                state.drop(first)
        return of(thing, collection)

    state.of = losing
    read = await tracker.read_comments(made.ref.id)
    assert [one.id for one in read] == [one.id for one in posts[1:]]
