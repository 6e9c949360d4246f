"""Errors that hide in a 200, logins, and how many calls are under way."""

import asyncio
import time

import pytest

from adapters.rally.simulator import Fault as Trouble
from schemas.errors import Fault
from schemas.issue import AttachmentDraft, FieldChange, Part
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
