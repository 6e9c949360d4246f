"""Service hooks as the adapter reads them, and the command's entry point."""

import asyncio

import aiohttp
import pytest
from aiohttp import web

from adapters.azure_devops import AzureDevOpsTracker, parse_params
from adapters.azure_devops.simulator import AzureDevOpsSimulator, SimulatorConfig, run
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
        tracker = AzureDevOpsTracker("ado", params, session, clock, clock.sleep)
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
    import json

    url, received = inbox
    async with AzureDevOpsSimulator(SimulatorConfig(webhooks=((url, "", ""),)), now=clock) as sim:
        settings = {"url": sim.url, "token": sim.config.token}
        tracker = AzureDevOpsTracker("ado", parse_params(settings), session, clock, clock.sleep)
        issue = await tracker.create(draft())
        await tracker.update(issue, FieldChange(set={"summary": "new"}))
        await sim.hooks.drained()
    ours = {one["eventType"]: one for one in (json.loads(each.body) for each in received)}
    for event in ("workitem.created", "workitem.updated"):
        recorded = json.loads((specs / "service-hooks" / f"{event}.json").read_text())
        assert recorded.keys() <= ours[event].keys()
        missing = recorded["resource"].keys() - ours[event]["resource"].keys()
        assert missing <= {"_links"}


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
