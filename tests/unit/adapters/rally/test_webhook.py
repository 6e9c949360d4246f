"""Webhooks: one that Rally really sent, those of the simulator, and the watch over them."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from adapters.port import WebhookRequest
from schemas.errors import InputError
from schemas.issue import AttachmentDraft, CommentDraft, FieldChange, Part
from schemas.rich_text import plain
from tests.contract.trackers.test_parts import content

SECRET = "a-long-secret"
SAMPLE = Path(__file__).parents[5] / "shared" / "specs" / "rally" / "webhook-sample.json"


def request(body: object, secret: str = SECRET) -> WebhookRequest:
    return WebhookRequest({}, secret, json.dumps(body).encode())


@pytest.fixture
def reader(connect):
    return connect(webhook_secret=SECRET)


@pytest.mark.skipif(not SAMPLE.exists(), reason="the recorded webhook is not on this machine")
def test_a_recorded_webhook_is_understood(reader) -> None:
    (change,) = reader.parse_webhook(request(json.loads(SAMPLE.read_text())))
    assert (change.issue, change.version) == ("203777583884", 103)
    assert (change.parts, change.deleted) == ((Part.FIELDS,), False)
    assert change.change == "200dc445-2052-4ed4-aff8-791660503c17"
    assert change.at == 1547683564906
    # A project that is not known by its ObjectID is left open: the issue is read anyway.
    assert change.project == ""


def shape(value: object) -> object:
    """Which keys there are, all the way down to an attribute's."""
    if isinstance(value, dict) and "name" in value and "display_name" in value:
        return sorted(value)
    return {key: shape(held) for key, held in value.items()} if isinstance(value, dict) else None


@pytest.mark.skipif(not SAMPLE.exists(), reason="the recorded webhook is not on this machine")
async def test_the_simulator_sends_what_rally_sends(rally, session, tracker, draft, ear) -> None:
    await make_hook(rally, session, ear)
    made = await tracker.create(draft())
    await tracker.update(made, FieldChange({"PlanEstimate": 32}))
    await rally.hooks.settle()
    sent, recorded = json.loads(ear.bodies[-1]), json.loads(SAMPLE.read_text())
    for part in ("state", "changes"):
        ours = {one["name"]: one for one in sent["message"].pop(part).values()}
        theirs = {one["name"]: one for one in recorded["message"].pop(part).values()}
        shared = set(ours) & set(theirs)
        assert len(shared) >= {"state": 40, "changes": 2}[part]
        for name in shared:
            assert shape(ours[name]) == shape(theirs[name]), name
            for key in ("type", "display_name"):
                assert ours[name][key] == theirs[name][key], name
            assert (ours[name]["ref"] is None) == (theirs[name]["ref"] is None), name
    assert sorted(sent["rule"]) == sorted(recorded["rule"])
    assert shape(sent["message"]) == shape(recorded["message"])


def message(kind: str = "Defect", action: str = "Updated", **more: object) -> dict[str, object]:
    state = {"ObjectID": 17, "VersionId": 3, **more}
    named = {str(n): {"name": k, "value": v} for n, (k, v) in enumerate(state.items())}
    return {"message": {"action": action, "object_type": kind, "state": named}}


@pytest.mark.parametrize(
    ("kind", "action", "issue", "deleted"),
    [
        ("Defect", "Created", "17", False),
        ("Hierarchical Requirement", "Updated", "17", False),
        ("HierarchicalRequirement", "Updated", "17", False),
        ("Task", "Recycled", "17", True),
        ("Task", "Deleted", "17", True),
        ("Defect", "Restored", "17", False),
    ],
)
def test_each_type_is_heard(reader, kind: str, action: str, issue: str, deleted: bool) -> None:
    (change,) = reader.parse_webhook(request(message(kind, action)))
    assert (change.issue, change.deleted, change.version) == (issue, deleted, 3)


def test_attributes_that_are_called_by_their_names_are_understood(reader) -> None:
    """As a webhook of the format `attribute_name` has them."""
    body = {
        "message": {
            "action": "Updated",
            "object_type": "Task",
            "state": {"ObjectID": {"value": 17}, "VersionId": {"value": 3}},
            "changes": {"Discussion": {"value": None}},
        }
    }
    (change,) = reader.parse_webhook(request(body))
    assert (change.issue, change.version, change.parts) == ("17", 3, (Part.COMMENTS,))


def test_what_is_no_issue_is_of_no_interest(reader) -> None:
    assert reader.parse_webhook(request(message("Test Case"))) == ()
    assert reader.parse_webhook(request(message("Conversation Post", Artifact=None))) == ()


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x", "\udcff"])
def test_a_wrong_secret_is_turned_away(reader, connect, secret: str) -> None:
    with pytest.raises(InputError) as raised:
        reader.parse_webhook(request(message(), secret))
    assert raised.value.status == 401
    with pytest.raises(InputError):
        connect().parse_webhook(request(message(), ""))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"message": {}}', b"\xff", b"<x>"])
def test_nonsense_is_refused(reader, body: bytes) -> None:
    with pytest.raises(InputError) as raised:
        reader.parse_webhook(WebhookRequest({}, SECRET, body))
    assert raised.value.status == 400


class Ear:
    """Hears webhooks; `status` is what it answers."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.url = ""
        self.status = 204

    async def hear(self, got: web.Request) -> web.Response:
        self.bodies.append(await got.read())
        return web.Response(status=self.status)


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    heard = Ear()
    app = web.Application()
    app.router.add_post("/hooks/rally/{secret}", heard.hear)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    heard.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/rally/{SECRET}"
    yield heard
    await runner.cleanup()


KINDS = ["Defect", "HierarchicalRequirement", "Task", "ConversationPost"]


async def make_hook(rally, session, ear: Ear, **more: object) -> str:
    body = {"Name": "Tidegate", "TargetUrl": ear.url, "ObjectTypes": KINDS, **more}
    cookies = {"ZSESSIONID": rally.config.token}
    url = rally.url + "/apps/pigeon/api/v2/webhook"
    headers = {"Cookie": f"ZSESSIONID={cookies['ZSESSIONID']}"}
    async with session.post(url, json=body, headers=headers) as answer:
        assert answer.status == 200
        return str((await answer.json())["ObjectUUID"])


async def test_what_the_simulator_sends_is_understood(rally, session, connect, draft, ear) -> None:
    await make_hook(rally, session, ear)
    tracker = connect(webhook_secret=SECRET)
    made = await tracker.create(draft())
    await tracker.update(made, FieldChange({"summary": "New"}, add={"labels": ("a",)}))
    post = await tracker.add_comment(made.ref.id, CommentDraft(plain("Words"), "c-1"))
    await rally.hooks.settle()
    changes = [
        change
        for body in ear.bodies
        for change in tracker.parse_webhook(WebhookRequest({}, SECRET, body))
    ]
    assert {change.issue for change in changes} == {made.ref.id}
    assert [change.version for change in changes[:3]] == [1, 2, 3]
    assert [change.parts for change in changes] == [
        (),
        (Part.FIELDS,),
        (Part.FIELDS,),
        (Part.COMMENTS,),
    ]
    assert (changes[0].project, changes[-1].new_comment) == ("Harbour", post.id)


async def test_a_webhook_that_comes_twice_has_the_same_id(
    rally, session, connect, draft, ear
) -> None:
    await make_hook(rally, session, ear)
    rally.hooks.double = True
    tracker = connect(webhook_secret=SECRET)
    await tracker.create(draft())
    await rally.hooks.settle()
    told = [tracker.parse_webhook(WebhookRequest({}, SECRET, body))[0] for body in ear.bodies]
    assert len(told) == 2
    assert told[0] == told[1]


async def test_a_webhook_is_tried_again_and_then_given_up(
    rally, session, tracker, draft, ear
) -> None:
    await make_hook(rally, session, ear)
    rally.hooks.drop = 1
    await tracker.create(draft())
    await rally.hooks.settle()
    assert (len(ear.bodies), rally.hooks.delivered, rally.hooks.lost) == (1, 1, 0)
    ear.status = 500
    await tracker.create(draft(marker="m-2"))
    await rally.hooks.settle()
    assert (rally.hooks.delivered, rally.hooks.lost) == (1, 1)


async def test_a_file_is_told_as_a_change_of_its_issue(
    rally, session, connect, draft, by_hand, ear
) -> None:
    tracker = connect(webhook_secret=SECRET)
    made = await tracker.create(draft())
    await make_hook(rally, session, ear)
    file = AttachmentDraft("plan.txt", 4, "text/plain", "a-1")
    await tracker.add_attachment(made.ref.id, file, content(b"data"))
    await by_hand("DELETE", f"/defect/{made.ref.id}")
    await rally.hooks.settle()
    told = [tracker.parse_webhook(WebhookRequest({}, SECRET, body))[0] for body in ear.bodies]
    assert [(change.parts, change.deleted) for change in told] == [
        ((Part.ATTACHMENTS,), False),
        ((), True),
    ]


async def test_the_watch_sees_whether_webhooks_are_there_and_on(
    rally, session, connect, ear
) -> None:
    tracker = connect(webhook_url=ear.url)
    (told,) = await tracker.watch(())
    assert "Make a webhook" in told
    assert "ConversationPost" in told
    hook = await make_hook(rally, session, ear)
    assert await tracker.watch(()) == ()
    rally.hooks.registered[hook].disabled = True
    (told,) = await tracker.watch(())
    assert "'Tidegate'" in told
    rally.hooks.registered[hook].disabled = False
    rally.hooks.registered[hook].object_types.remove("Task")
    (told,) = await tracker.watch(())
    assert "Task" in told
    assert SECRET not in told
    assert await connect().watch(()) == ()


@pytest.mark.parametrize("login", [{"token": "alice-token"}, {"user": "tidegate@example.com"}])
async def test_an_account_that_may_not_look_at_webhooks_says_so(connect, ear, login) -> None:
    if "user" in login:
        login = {**login, "password": "simulator-password"}
    (told,) = await connect(webhook_url=ear.url, **login).watch(())
    assert "administrator" in told


async def test_the_watch_reads_every_page(rally, session, connect, ear) -> None:
    for number in range(205):
        rally.hooks.register(f"A {number}", "http://elsewhere.example", KINDS, [])
    await make_hook(rally, session, ear)
    assert await connect(webhook_url=ear.url).watch(()) == ()
