import base64
import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.azure_devops.params import parse_params
from adapters.azure_devops.webhook import WebhookReader
from adapters.port import WebhookRequest
from schemas.errors import InputError
from schemas.issue import Part

BASE = {"url": "https://dev.azure.com/acme", "token": "t"}
FIELDS, COMMENTS, ATTACHMENTS = Part.FIELDS, Part.COMMENTS, Part.ATTACHMENTS


def reader(**params):
    return WebhookReader("ado", parse_params(BASE | params))


def request(body, secret="s3cret", headers=None):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return WebhookRequest(headers or {}, secret, raw)


def basic(user, password):
    word = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"authorization": f"Basic {word}"}


def update(**resource):
    whole = {"workItemId": 17, "rev": 4} | resource
    return {"id": "e-1", "eventType": "workitem.updated", "resource": whole}


@pytest.fixture
def hook():
    return reader(webhook_secret="s3cret")


@pytest.mark.parametrize(
    ("event", "version", "parts"),
    [
        ("created", 1, ()),
        ("commented", 4, (COMMENTS, FIELDS)),
        ("deleted", 1, ()),
        ("restored", 1, ()),
        ("updated", 2, (FIELDS,)),
    ],
)
def test_recorded_messages(hook, specs, event, version, parts):
    body = (specs / "service-hooks" / f"workitem.{event}.json").read_bytes()
    (change,) = hook.read(request(body))
    assert (change.issue, change.version, change.parts) == ("5", version, parts)
    assert change.project == "GoodCompanyCloud"
    assert change.deleted is (event == "deleted")
    assert change.connector == "ado"
    assert change.source == "webhook"
    assert change.at > 1_462_000_000_000
    assert len(change.change) == 36


@pytest.mark.parametrize(
    ("resource", "parts"),
    [
        ({"fields": {"System.Title": {}, "System.Rev": {}}}, (FIELDS,)),
        ({"fields": {"System.CommentCount": {}}}, (FIELDS, COMMENTS)),
        ({"fields": {"System.History": {}}}, (FIELDS, COMMENTS)),
        ({"relations": {"added": [{"rel": "AttachedFile"}]}}, (FIELDS, ATTACHMENTS)),
        ({"relations": {"removed": [{}], "added": None}}, (FIELDS, ATTACHMENTS)),
        ({"fields": {"System.ChangedDate": {}, "System.Rev": {}}}, ()),
        ({"fields": None, "relations": None, "revision": None}, ()),
        ({}, ()),
    ],
)
def test_an_update_tells_what_to_look_at(hook, resource, parts):
    (change,) = hook.read(request(update(**resource)))
    assert (change.issue, change.version, change.parts) == ("17", 4, parts)


def test_minimal_details_name_the_item_in_the_address(hook):
    place = "https://dev.azure.com/acme/_apis/wit/workItems/17"
    brief = {"id": 3, "url": f"{place}/updates/3"}
    (change,) = hook.read(request({"eventType": "workitem.updated", "resource": brief}))
    assert (change.issue, change.version, change.parts) == ("17", None, ())
    brief = {"id": 17, "url": place}
    (change,) = hook.read(request({"eventType": "workitem.deleted", "resource": brief}))
    assert (change.issue, change.deleted) == ("17", True)


SPOKEN = {"id": 17, "rev": 4, "commentVersionRef": {"commentId": 9, "version": 1}}
HISTORY = {"System.History": {}, "System.CommentCount": {}, "System.Rev": {}}


@pytest.mark.parametrize(
    ("resource", "comment"),
    [
        ({"fields": HISTORY}, "9"),
        ({"fields": HISTORY | {"System.Title": {}}}, ""),
        ({"fields": {"System.ChangedDate": {}}}, ""),
        ({"fields": HISTORY, "relations": {"added": [{"rel": "AttachedFile"}]}}, ""),
        ({"fields": HISTORY, "revision": {"id": 17, "rev": 4}}, ""),
        (
            {
                "fields": HISTORY,
                "revision": SPOKEN | {"commentVersionRef": {"commentId": 9, "version": 2}},
            },
            "",
        ),
    ],
)
def test_an_update_of_nothing_but_a_new_comment_names_it(hook, resource, comment):
    (change,) = hook.read(request(update(**({"revision": SPOKEN} | resource))))
    assert change.new_comment == comment


def test_a_commented_event_names_its_comment(hook):
    (change,) = hook.read(request({"eventType": "workitem.commented", "resource": SPOKEN}))
    assert (change.parts, change.new_comment) == ((COMMENTS,), "9")


def test_other_events_are_of_no_interest(hook):
    assert hook.read(request({"eventType": "build.complete", "resource": {}})) == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        {"eventType": 5},
        {"eventType": "workitem.created"},
        {"eventType": "workitem.created", "resource": None},
        {"eventType": "workitem.created", "resource": {"id": "5"}},
        {"eventType": "workitem.created", "resource": {"id": -5}},
        {"eventType": "workitem.created", "resource": {"id": 10**300}},
        {"eventType": "workitem.created", "resource": {"id": 5, "rev": 10**300}},
        {"eventType": "workitem.updated", "resource": {"id": 5}},
        {"eventType": "workitem.updated", "resource": {"workItemId": 1, "fields": [1]}},
    ],
)
def test_malformed_is_refused(hook, body):
    with pytest.raises(InputError) as caught:
        hook.read(request(body))
    assert caught.value.status == 400
    assert caught.value.remedy


KEYS = st.sampled_from(["eventType", "resource", "id", "fields", "rev", "workItemId", "revision"])
LEAVES = st.none() | st.integers() | st.sampled_from(["workitem.updated", "workitem.created", "x"])
TREES = st.recursive(LEAVES, lambda inner: st.dictionaries(KEYS, inner, max_size=4), max_leaves=8)
EAGER = reader(webhook_secret="s3cret")


@given(st.binary(max_size=60) | TREES.map(lambda tree: json.dumps(tree).encode()))
@settings(max_examples=150, derandomize=True, deadline=None)
def test_any_body_is_parsed_or_refused(body):
    with contextlib.suppress(InputError):
        assert all(one.issue.isdigit() for one in EAGER.read(request(body)))


def test_wrong_or_missing_credentials_are_refused_without_detail():
    by_path = reader(webhook_secret="s3cret")
    by_user = reader(webhook_user="hook", webhook_password="pa:ß")
    both = reader(webhook_secret="s3cret", webhook_user="hook", webhook_password="pa:ß")
    body = update()
    right = basic("hook", "pa:ß")
    assert by_path.read(request(body))
    assert by_user.read(request(body, "", right))
    assert both.read(request(body, "s3cret", right))
    wrong = [
        (by_path, "", {}),
        (by_path, "S3cret", {}),
        (by_path, "\udcff", {}),
        (by_user, "s3cret", {}),
        (by_user, "", basic("hook", "wrong")),
        (by_user, "", {"authorization": "Basic !!!"}),
        (by_user, "", {"authorization": "Bearer x"}),
        (both, "s3cret", {}),
        (both, "", right),
        (reader(), "", {}),
    ]
    for hook, secret, headers in wrong:
        with pytest.raises(InputError) as caught:
            hook.read(request(body, secret, headers))
        assert caught.value.status == 401
        assert "s3cret" not in str(caught.value) + caught.value.remedy


def test_credentials_are_checked_before_the_body(hook):
    with pytest.raises(InputError) as caught:
        hook.read(request(b"{", "wrong"))
    assert caught.value.status == 401
