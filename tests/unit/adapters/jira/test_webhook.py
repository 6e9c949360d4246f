"""Webhooks: who may call, what is read from real recordings, and what is refused."""

import contextlib
import hashlib
import hmac
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.jira import parse_params, webhook
from adapters.port import WebhookRequest
from schemas.errors import InputError
from schemas.issue import Part

RECORDED = Path(__file__).parents[5] / "shared" / "specs" / "jira-webhooks"
FILES = sorted(RECORDED.glob("*.json"))
PARAMS = parse_params({"url": "https://jira.example.com", "token": "t", "webhook_secret": "path-1"})
SIGNED = parse_params(
    {"url": "https://jira.example.com", "token": "t", "webhook_hmac_secret": "sign-1"}
)


def parse(body: object, params=PARAMS, secret: str = "path-1", headers=None):
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return webhook.parse("jira-a", params, WebhookRequest(headers or {}, secret, raw))


def updated(*fields: str, **more) -> dict[str, object]:
    return {
        "timestamp": 5,
        "webhookEvent": "jira:issue_updated",
        "issue": {
            "id": "10300",
            "key": "T-4",
            "fields": {"updated": "2019-08-14T11:07:58.354+0800", "project": {"key": "T"}},
        },
        "changelog": {"items": [{"field": field, "toString": "x"} for field in fields]},
        **more,
    }


@pytest.mark.skipif(not FILES, reason="the recorded webhooks are not on this machine")
def test_every_recorded_webhook_names_its_issue() -> None:
    assert len(FILES) > 20
    for file in FILES:
        raw = file.read_bytes()
        recorded = msgspec.json.decode(raw)
        (event,) = parse(raw)
        issue = recorded.get("issue")
        expected = issue["id"] if issue else recorded["comment"]["self"].split("/")[-3]
        assert event.issue == str(expected), file.name
        assert event.connector == "jira-a"
        assert event.source == "webhook"
        if "comment" in recorded:
            assert event.parts == (Part.COMMENTS,), file.name
            assert event.version is None, file.name
            made = recorded.get("issue_event_type_name", recorded["webhookEvent"])
            new = made in ("issue_commented", "comment_created")
            assert event.new_comment == (recorded["comment"]["id"] if new else ""), file.name


def test_changed_fields_bring_the_version() -> None:
    (event,) = parse(updated("summary", "status"))
    assert event.parts == (Part.FIELDS,)
    assert event.version == 1_565_752_078_354
    assert (event.project, event.at, event.deleted) == ("T", 5, False)


def test_an_attachment_is_told_as_such() -> None:
    assert parse(updated("Attachment"))[0].parts == (Part.ATTACHMENTS,)
    assert set(parse(updated("Attachment", "labels"))[0].parts) == {Part.ATTACHMENTS, Part.FIELDS}


def test_a_comment_brings_no_version_for_jira_tells_an_old_one() -> None:
    event = parse(updated("summary", comment={"self": "x"}))[0]
    assert set(event.parts) == {Part.COMMENTS, Part.FIELDS}
    assert event.version is None


def test_a_new_comment_is_named_when_it_is_all_that_is_told() -> None:
    told = {"webhookEvent": "jira:issue_updated", "issue_event_type_name": "issue_commented"}
    comment = {"issue": {"id": "1"}, "comment": {"id": "7", "self": "x"}}
    assert parse(told | comment)[0].new_comment == "7"
    assert parse(told | comment | {"changelog": {"items": [{"field": "x"}]}})[0].new_comment == ""
    edited = told | {"issue_event_type_name": "issue_comment_edited"}
    assert parse(edited | comment)[0].new_comment == ""


def test_whole_seconds_prove_nothing() -> None:
    body = updated("summary")
    body["issue"]["fields"]["updated"] = "2019-08-14T11:07:58.000+0800"
    assert parse(body)[0].version is None


def test_an_update_without_a_cause_makes_one_look_at_all() -> None:
    event = parse({"webhookEvent": "jira:issue_updated", "issue": {"id": "1"}})[0]
    assert (event.parts, event.version) == ((), None)


def test_a_deleted_issue_is_told() -> None:
    assert parse({"webhookEvent": "jira:issue_deleted", "issue": {"id": 17}})[0].deleted


@pytest.mark.parametrize(
    "event", ["jira:worklog_updated", "user_created", "attachment_created", ""]
)
def test_other_events_are_of_no_interest(event: str) -> None:
    assert parse({"webhookEvent": event, "issue": {"id": "1"}}) == ()


def test_time_that_was_spent_is_told_by_the_id_of_its_issue() -> None:
    (event,) = parse({"webhookEvent": "worklog_created", "worklog": {"issueId": "10013"}})
    assert (event.issue, event.parts, event.version) == ("10013", (Part.WORKLOGS,), None)
    told = parse(updated("timespent", issue_event_type_name="issue_work_logged"))[0]
    assert set(told.parts) == {Part.WORKLOGS, Part.FIELDS}
    assert parse({"webhookEvent": "worklog_deleted"}) == ()


def test_a_link_is_told_of_both_its_issues() -> None:
    link = {"id": 1, "sourceIssueId": 10072, "destinationIssueId": 10073}
    told = parse({"webhookEvent": "issuelink_created", "issueLink": link, "timestamp": 5})
    assert [(event.issue, event.parts, event.at) for event in told] == [
        ("10072", (Part.FIELDS,), 5),
        ("10073", (Part.FIELDS,), 5),
    ]
    assert parse({"webhookEvent": "issuelink_deleted"}) == ()


def test_a_comment_without_any_trace_of_its_issue_is_passed_over() -> None:
    assert parse({"webhookEvent": "comment_created", "comment": {"self": "https://x/y"}}) == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b'{"webhookEvent": 1}',
        b'{"issue": {"id": "1"}}',
        b'{"webhookEvent": "jira:issue_updated", "issue": []}',
        b'{"webhookEvent": "jira:issue_updated", "issue": {"id": {}}}',
        b'{"webhookEvent": "jira:issue_updated", "issue": {"id": "1\\u0000"}}',
        b'{"webhookEvent": "jira:issue_updated", "issue": {"id": "1\\n"}}',
        b'{"webhookEvent": "jira:issue_updated", "issue": {"id": "' + b"1" * 256 + b'"}}',
        b'{"webhookEvent": "jira:issue_updated", "timestamp": 99999999999999999999}',
        b'{"webhookEvent": "jira:issue_updated", "timestamp": -1}',
        b"[" * 100_000,
        b'{"webhookEvent": "jira:issue_updated", "x": ' + b'{"a":' * 100_000,
    ],
)
def test_a_body_that_is_no_webhook_is_refused(body: bytes) -> None:
    with pytest.raises(InputError) as raised:
        parse(body)
    assert raised.value.status == 400


@pytest.mark.parametrize("secret", ["", "path-2", "path-1 ", "päth", "\udcff"])
def test_a_wrong_path_secret_is_refused_before_the_body_is_read(secret: str) -> None:
    with pytest.raises(InputError) as raised:
        parse(b"{", secret=secret)
    assert raised.value.status == 401
    assert "path-1" not in raised.value.message + raised.value.remedy


def test_a_signature_is_demanded_where_it_is_set() -> None:
    raw = msgspec.json.encode(updated("summary"))
    digest = hmac.new(b"sign-1", raw, hashlib.sha256).hexdigest()
    assert parse(raw, SIGNED, "", {"x-hub-signature": "sha256=" + digest})
    for headers in ({}, {"x-hub-signature": digest}, {"x-hub-signature": "sha256=" + "0" * 64}):
        with pytest.raises(InputError) as raised:
            parse(raw, SIGNED, "", headers)
        assert raised.value.status == 401


def test_with_both_secrets_both_are_demanded() -> None:
    params = parse_params(
        {"url": "https://j", "token": "t", "webhook_secret": "p", "webhook_hmac_secret": "s"}
    )
    raw = msgspec.json.encode(updated("summary"))
    signature = {"x-hub-signature": "sha256=" + hmac.new(b"s", raw, hashlib.sha256).hexdigest()}
    assert parse(raw, params, "p", signature)
    for secret, headers in (("p", {}), ("q", signature)):
        with pytest.raises(InputError):
            parse(raw, params, secret, headers)


def test_a_connector_without_a_secret_takes_no_webhook() -> None:
    params = parse_params({"url": "https://j", "token": "t"})
    with pytest.raises(InputError) as raised:
        parse(updated("summary"), params, "")
    assert raised.value.status == 401


@settings(max_examples=300, derandomize=True, database=None, deadline=None)
@given(st.data())
def test_spoilt_webhooks_never_raise_anything_else(data: st.DataObject) -> None:
    raw = bytearray(msgspec.json.encode(updated("summary", comment={"self": "x"})))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    with contextlib.suppress(InputError):
        assert all(event.connector == "jira-a" for event in parse(bytes(raw)))
