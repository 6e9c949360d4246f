import msgspec
import pytest

from adapters.jira import errors
from schemas.errors import Fault


def body(*messages: str, **fields: str) -> bytes:
    return msgspec.json.encode({"errorMessages": messages, "errors": fields})


@pytest.mark.parametrize(
    ("status", "answer", "write", "fault"),
    [
        (400, body(summary="You must specify a summary."), True, Fault.VALIDATION),
        (
            400,
            body("You do not have permission to edit issues in this project."),
            True,
            Fault.PERMISSION,
        ),
        (401, b"<html>Login</html>", False, Fault.CREDENTIALS),
        (403, body("You may not."), False, Fault.PERMISSION),
        (
            403,
            body("You do not have the permission to see the specified issue."),
            False,
            Fault.NOT_FOUND,
        ),
        (404, body("Issue Does Not Exist"), False, Fault.NOT_FOUND),
        (409, b"", True, Fault.CONFLICT),
        (410, b"", False, Fault.GONE),
        (413, b"", True, Fault.VALIDATION),
        (429, b"", True, Fault.THROTTLED),
        (500, b"\xff\xfe", False, Fault.UNAVAILABLE),
        (502, b"", True, Fault.UNKNOWN_OUTCOME),
        (503, b"", False, Fault.UNAVAILABLE),
        (504, b"", True, Fault.UNKNOWN_OUTCOME),
        (302, b"", False, Fault.CONFIGURATION),
    ],
)
def test_the_fault_of_an_answer(status: int, answer: bytes, write: bool, fault: Fault) -> None:
    error = errors.translate(status, {}, answer, write=write, what="do it")
    assert error.fault is fault
    assert error.status == status
    assert error.remedy


def test_the_field_is_named_in_our_words() -> None:
    error = errors.translate(400, {}, body(duedate="No date."), write=True, what="edit")
    assert error.field == "due"
    assert "No date." in error.message


def test_a_captcha_is_told_apart_from_a_wrong_password() -> None:
    headers = {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://j/login"}
    error = errors.translate(403, headers, b"", write=False, what="read")
    assert error.fault is Fault.CREDENTIALS
    assert "browser" in error.remedy


def test_a_huge_or_odd_body_stays_short_in_the_message() -> None:
    error = errors.translate(400, {}, body("x" * 1_000_000), write=True, what="edit")
    assert len(error.message) < 700
    nested = b"[" * 100_000
    assert errors.translate(400, {}, nested, write=True, what="edit").fault is Fault.VALIDATION


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [("7", 7.0), ("-3", 0.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 10.0), ("soon", None), ("", None)],
)
def test_when_to_come_back(raw: str, seconds: float | None) -> None:
    now = 1_445_412_470_000
    headers = {"Retry-After": raw}
    error = errors.translate(429, headers, b"", write=True, what="edit", now=now)
    assert error.retry_after == seconds
