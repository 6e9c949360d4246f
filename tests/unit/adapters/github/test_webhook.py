"""Webhooks as GitHub sends them: recorded ones, ours, forged ones and broken ones."""

import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest

from adapters.github.webhook import parse
from adapters.port import WebhookRequest
from schemas.errors import InputError
from schemas.issue import Part

SECRET = "hook-secret"
FIELDS, COMMENTS = (Part.FIELDS,), (Part.COMMENTS,)


def signed(body: bytes, event: str, secret: str = SECRET, **headers: str) -> WebhookRequest:
    digest = hmac.digest(secret.encode(), body, hashlib.sha256).hex()
    named = {"x-github-event": event, "x-hub-signature-256": "sha256=" + digest, **headers}
    return WebhookRequest(named, "", body)


def request(event: str, **payload: object) -> WebhookRequest:
    repository = {"id": 42, "full_name": "octo/hello"}
    return signed(json.dumps({"repository": repository, **payload}).encode(), event)


@pytest.mark.parametrize(
    ("event", "payload", "expected"),
    [
        ("issues", {"action": "opened", "issue": {"number": 7}}, [("42-7", (), False)]),
        ("issues", {"action": "edited", "issue": {"number": 7}}, [("42-7", FIELDS, False)]),
        ("issues", {"action": "deleted", "issue": {"number": 7}}, [("42-7", (), True)]),
        ("issues", {"action": "transferred", "issue": {"number": 7}}, [("42-7", (), False)]),
        (
            "issue_comment",
            {"action": "deleted", "issue": {"number": 7}},
            [("42-7", COMMENTS, False)],
        ),
        ("issue_comment", {"issue": {"number": 7, "pull_request": {"url": "x"}}}, []),
        ("issues", {"issue": {"number": 7, "pull_request": {}}}, []),
        (
            "sub_issues",
            {
                "action": "parent_issue_added",
                "parent_issue": {"number": 1},
                "sub_issue": {"number": 2},
                "sub_issue_repo": {"id": 43, "full_name": "octo/other"},
            },
            [("43-2", FIELDS, False)],
        ),
        (
            "issue_dependencies",
            {"blocked_issue": {"number": 1}, "blocking_issue": {"number": 2}},
            [("42-1", FIELDS, False), ("42-2", FIELDS, False)],
        ),
        ("ping", {"zen": "x"}, []),
        ("label", {"action": "edited", "label": {"name": "x"}}, []),
        ("push", {"commits": []}, []),
    ],
)
def test_an_event_names_the_issues_it_concerns(event, payload, expected) -> None:
    found = parse("c", SECRET, request(event, **payload))
    assert [(one.issue, one.parts, one.deleted) for one in found] == expected
    assert all(one.connector == "c" and one.version is None for one in found)


def test_a_new_comment_is_named_and_an_edited_one_is_not() -> None:
    for action, named in (("created", "5"), ("edited", ""), ("deleted", "")):
        hook = request("issue_comment", action=action, issue={"number": 7}, comment={"id": 5})
        assert [one.new_comment for one in parse("c", SECRET, hook)] == [named]


def test_a_form_is_read_too() -> None:
    payload = {"repository": {"id": 42}, "issue": {"number": 7}, "action": "edited"}
    body = urlencode({"payload": json.dumps(payload)}).encode()
    kind = {"content-type": "application/x-www-form-urlencoded"}
    found = parse("c", SECRET, signed(body, "issues", **kind))
    assert [one.issue for one in found] == ["42-7"]


@pytest.mark.parametrize(
    ("secret", "headers"),
    [
        (SECRET, {"x-hub-signature-256": "sha256=00"}),
        (SECRET, {"x-hub-signature-256": ""}),
        (SECRET, {"x-hub-signature-256": "sha256=\udcff"}),
        ("other", {}),
        ("", {}),
    ],
)
def test_who_does_not_know_the_secret_is_refused(secret, headers) -> None:
    with pytest.raises(InputError) as raised:
        parse("c", secret, signed(b"{}", "issues", **headers))
    assert raised.value.status == 401


def test_without_a_secret_nobody_may_call() -> None:
    with pytest.raises(InputError) as raised:
        parse("c", "", signed(b"{}", "issues", secret=""))
    assert raised.value.status == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[1]",
        b"{",
        b"\xff\xfe",
        b'{"issue": 5}',
        b'{"repository": {"id": -1}, "issue": {"number": 1}}',
        b'{"repository": {"id": 1, "full_name": "a\\nb"}, "issue": {"number": 1}}',
        b'{"a":' * 100_000,
    ],
)
def test_what_is_no_webhook_is_refused(body) -> None:
    with pytest.raises(InputError) as raised:
        parse("c", SECRET, signed(body, "issues"))
    assert raised.value.status == 400
