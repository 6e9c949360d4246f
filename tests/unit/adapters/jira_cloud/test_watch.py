"""The administrator's webhook is looked after, where the account may see it."""

import pytest

from adapters.jira_cloud.simulator import Fault as SimulatedFault
from adapters.jira_cloud.simulator import Webhook
from adapters.port import Watching
from schemas.errors import Fault

URL = "https://node.example/hooks/cloud"
EVENTS = ("jira:issue_created", "jira:issue_updated")


@pytest.mark.parametrize(
    ("webhooks", "words"),
    [
        ((Webhook(URL + "/hush"),), ""),
        ((), "no webhook"),
        ((Webhook("https://other.example/"),), "no webhook"),
        ((Webhook(URL, enabled=False),), "switched off"),
        ((Webhook(URL, events=EVENTS),), "comment_created"),
        ((Webhook(URL, enabled=False), Webhook(URL)), ""),
    ],
)
async def test_what_a_person_must_do_is_told(start_cloud, connect, webhooks, words) -> None:
    cloud = await start_cloud(webhooks=webhooks)
    tracker = connect(cloud, webhook_url=URL)
    assert isinstance(tracker, Watching)
    said = await tracker.watch(("SIM",))
    assert bool(said) == bool(words)
    assert words in "".join(said)


async def test_an_account_that_may_not_look_asks_once(start_cloud, connect) -> None:
    cloud = await start_cloud(webhooks_visible=False)
    tracker = connect(cloud, webhook_url=URL)
    for _ in range(3):
        assert await tracker.watch(()) == ()
    assert cloud.calls["GET /rest/webhooks/1.0/webhook"] == 1


async def test_without_an_address_and_at_the_gateway_nothing_is_asked(cloud, connect) -> None:
    place = {"cloud_id": cloud.cloud_config.cloud_id, "api_url": cloud.url}
    for settings in ({}, {"webhook_url": URL, **place}):
        assert await connect(cloud, **settings).watch(()) == ()
    assert not cloud.calls


async def test_an_outage_is_no_answer(cloud, connect, refusal) -> None:
    cloud.fail_next(SimulatedFault(status=500, path="webhook"))
    error = await refusal(connect(cloud, webhook_url=URL).watch(()))
    assert error.fault is Fault.UNAVAILABLE
