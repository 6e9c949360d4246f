"""Service hooks as the adapter reads them, and the command's entry point."""

import asyncio
import json
from types import SimpleNamespace

import aiohttp
import pytest
from aiohttp import web

from adapters.azure_devops import AzureDevOpsTracker, parse_params
from adapters.azure_devops.simulator import AzureDevOpsSimulator, SimulatorConfig, run
from adapters.azure_devops.simulator.edit import PatchOperation, create_item
from adapters.azure_devops.simulator.hooks import Policy
from adapters.port import WebhookRequest
from schemas.issue import AttachmentDraft, CommentDraft, FieldChange, Part
from schemas.rich_text import plain


@pytest.fixture
async def inbox():
    """An address that takes hooks, and what came."""
    received = []

    async def take(request):
        headers = {name.lower(): value for name, value in request.headers.items()}
        received.append(WebhookRequest(headers, "", await request.read()))
        return web.Response(status=503 if len(received) == 1 else 202)

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}/hook", received
    await runner.cleanup()


async def test_every_change_is_told_in_order_and_can_be_read(inbox, session, clock, draft, content):
    url, received = inbox
    config = SimulatorConfig(webhooks=((url, "hook", "pä:ss"),))
    async with AzureDevOpsSimulator(config, now=clock) as simulator:
        settings = {"url": simulator.url, "token": config.token, "project": "Tidegate"}
        params = parse_params(settings | {"webhook_user": "hook", "webhook_password": "pä:ss"})
        tracker = AzureDevOpsTracker("ado", params, session, clock, clock.pause)
        issue = await tracker.create(draft())
        await tracker.update(issue, FieldChange(set={"summary": "new"}))
        added = await tracker.add_comment("1", CommentDraft(plain("hi"), "m"))
        await tracker.edit_comment("1", added.id, plain("ho"))
        await tracker.add_attachment("1", AttachmentDraft("a", 1, "", "m"), content(b"a"))
        item = simulator.state.item(1)
        simulator.state.delete(item)
        simulator.state.restore(item)
        await simulator.hooks.drained()
    changes = [change for request in received for change in tracker.parse_webhook(request)]
    assert [(one.version, one.parts, one.new_comment, one.deleted) for one in changes] == [
        (1, (), "", False),
        (2, (Part.FIELDS,), "", False),
        (3, (Part.COMMENTS,), added.id, False),
        (3, (Part.FIELDS, Part.COMMENTS), added.id, False),
        (3, (Part.FIELDS, Part.COMMENTS), "", False),
        (3, (Part.FIELDS, Part.COMMENTS, Part.ATTACHMENTS), "", False),
        (4, (), "", True),
        (5, (), "", False),
    ]
    assert {(one.issue, one.project) for one in changes} == {("1", "Tidegate")}
    assert len({one.change for one in changes}) == len(changes)


async def test_messages_look_like_the_recorded_ones(inbox, session, specs, clock, draft):
    url, received = inbox
    async with AzureDevOpsSimulator(SimulatorConfig(webhooks=((url, "", ""),)), now=clock) as sim:
        settings = {"url": sim.url, "token": sim.config.token}
        tracker = AzureDevOpsTracker("ado", parse_params(settings), session, clock, clock.pause)
        issue = await tracker.create(draft())
        await tracker.update(issue, FieldChange(set={"summary": "new"}))
        await sim.hooks.drained()
    ours = {one["eventType"]: one for one in (json.loads(each.body) for each in received)}
    for event in ("workitem.created", "workitem.updated"):
        recorded = json.loads((specs / "service-hooks" / f"{event}.json").read_text())
        assert recorded.keys() <= ours[event].keys()
        missing = recorded["resource"].keys() - ours[event]["resource"].keys()
        assert missing <= {"_links"}


@pytest.fixture
async def receiver():
    """Answers as it is told; remembers what came."""

    told = SimpleNamespace(url="", answers=[], received=[])

    async def take(request):
        told.received.append(await request.json())
        return web.Response(status=told.answers.pop(0) if told.answers else 200)

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    told.url = f"http://{host}:{port}/hook"
    yield told
    await runner.cleanup()


@pytest.fixture
def sender(receiver, clock):
    def made(**policy):
        config = SimulatorConfig(webhooks=((receiver.url, "", ""),), hooks=Policy(**policy))
        return AzureDevOpsSimulator(config, now=clock)

    return made


def comment(simulator):
    if not simulator.state.items:
        steps = [PatchOperation("add", "/fields/System.Title", "x")]
        create_item(simulator.state, "Tidegate", "Task", steps)
    simulator.state.comment(simulator.state.item(1), "hi")


def status(simulator, event="workitem.created"):
    return simulator.hooks.subscribers[0].subscriptions[event].status


async def test_a_passing_failure_is_tried_again_with_the_same_message(sender, receiver):
    receiver.answers = [503, 502, 200]
    async with sender(retries=(0.0,) * 8) as simulator:
        comment(simulator)
        await simulator.hooks.drained()
        assert status(simulator) == "enabled"
    created = [one for one in receiver.received if one["eventType"] == "workitem.created"]
    assert len(created) == 3
    assert len({one["id"] for one in created}) == 1


async def test_a_lasting_failure_means_probation_and_then_the_end(sender, receiver):
    async with sender(failures=2) as simulator:
        receiver.answers = [200, 400]
        comment(simulator)
        await simulator.hooks.drained()
        assert status(simulator, "workitem.commented") == "onProbation"
        receiver.answers = [400]
        comment(simulator)
        await simulator.hooks.drained()
        assert status(simulator, "workitem.commented") == "disabledBySystem"
        receiver.received.clear()
        comment(simulator)
        await simulator.hooks.drained()
        assert [one["eventType"] for one in receiver.received] == ["workitem.updated"]


async def test_probation_ends_with_a_message_that_arrives(sender, receiver):
    async with sender(failures=2) as simulator:
        receiver.answers = [400]
        comment(simulator)
        await simulator.hooks.drained()
        assert status(simulator) == "onProbation"
        steps = [PatchOperation("add", "/fields/System.Title", "y")]
        create_item(simulator.state, "Tidegate", "Task", steps)
        await simulator.hooks.drained()
        assert status(simulator) == "enabled"


async def test_gone_switches_off_at_once(sender, receiver, session):
    receiver.answers = [410]
    async with sender() as simulator:
        comment(simulator)
        await simulator.hooks.drained()
        assert status(simulator) == "disabledBySystem"
        one = simulator.hooks.subscribers[0].subscriptions["workitem.created"]
        place = f"{simulator.url}/_apis/hooks/subscriptions/{one.id}?api-version=7.1"
        owner = {"Authorization": aiohttp.encode_basic_auth("", simulator.config.token)}
        async with session.put(place, json={"status": "enabled"}, headers=owner) as answer:
            assert (await answer.json())["status"] == "enabled"
        async with session.get(place, headers=owner) as answer:
            assert (await answer.json())["consumerInputs"]["url"] == receiver.url


async def test_messages_get_lost_and_come_twice_on_demand(sender, receiver):
    async with sender() as simulator:
        simulator.hooks.lose = 1
        comment(simulator)
        await simulator.hooks.drained()
        events = [one["eventType"] for one in receiver.received]
        assert events == ["workitem.commented", "workitem.updated"]
        receiver.received.clear()
        simulator.hooks.double = 1
        comment(simulator)
        await simulator.hooks.drained()
        assert receiver.received[0]["id"] == receiver.received[1]["id"]
        assert len(receiver.received) == 3


async def test_minimal_details_can_be_read(sender, receiver, session, clock):
    async with sender(minimal=True) as simulator:
        settings = {"url": simulator.url, "token": "t", "webhook_secret": "s"}
        tracker = AzureDevOpsTracker("ado", parse_params(settings), session, clock, clock.pause)
        comment(simulator)
        await simulator.hooks.drained()
    bodies = [json.dumps(one).encode() for one in receiver.received]
    changes = [c for b in bodies for c in tracker.parse_webhook(WebhookRequest({}, "s", b))]
    assert [(one.issue, one.parts) for one in changes] == [
        ("1", ()),
        ("1", (Part.COMMENTS, Part.FIELDS)),
        ("1", ()),
    ]


async def test_the_command_announces_its_address_and_ends_when_cancelled(unused_tcp_port, session):
    lines = []
    told = asyncio.Event()

    def announce(line):
        lines.append(line)
        told.set()

    task = asyncio.create_task(
        run(
            unused_tcp_port,
            webhook=None,
            webhook_user="",
            webhook_password="",
            token="t",
            project="Demo",
            announce=announce,
        )
    )
    await told.wait()
    async with session.get(f"http://127.0.0.1:{unused_tcp_port}/") as answer:
        assert "Work items" in await answer.text()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert str(unused_tcp_port) in lines[0]
    with pytest.raises(aiohttp.ClientConnectorError):
        await session.get(f"http://127.0.0.1:{unused_tcp_port}/")
