"""The administrator's webhook is looked after, where the account may see it."""

import pytest

from adapters.jira_cloud.simulator import Fault as SimulatedFault
from adapters.jira_cloud.simulator import Webhook
from adapters.port import Watching
from schemas.errors import Fault

URL = "https://node.example/hooks/cloud-a"
EVENTS = ("jira:issue_created", "jira:issue_updated", "jira:issue_deleted")
WEBHOOKS = "GET /rest/webhooks/1.0/webhook"


@pytest.mark.parametrize(
    ("webhook", "words"),
    [
        (Webhook(URL + "/hush"), ""),
        (Webhook("https://node.example/hooks/cloud-b/x", enabled=False), ""),
        (Webhook(URL, enabled=False), "Switch on"),
        (Webhook(URL, events=EVENTS), "comment_created"),
    ],
)
async def test_what_a_person_must_do_is_told(start_cloud, connect, webhook, words) -> None:
    cloud = await start_cloud(webhooks=(webhook,))
    tracker = connect(cloud)
    assert isinstance(tracker, Watching)
    said = await tracker.watch(("SIM",))
    assert bool(said) == bool(words)
    assert words in "".join(said)


async def test_an_account_that_may_not_look_asks_rarely(start_cloud, connect, clock) -> None:
    cloud = await start_cloud(administrator=False)
    tracker = connect(cloud)
    for _ in range(3):
        assert await tracker.watch(()) == ()
    assert cloud.calls[WEBHOOKS] == 1


async def test_the_gateway_does_not_know_webhooks(cloud, connect) -> None:
    config = cloud.cloud_config
    tracker = connect(cloud, cloud_id=config.cloud_id, api_url=cloud.url)
    assert await tracker.watch(()) == ()
    assert not cloud.calls[WEBHOOKS]


async def test_an_outage_is_no_answer(cloud, connect, refusal) -> None:
    cloud.fail_next(SimulatedFault(status=500, path="webhook"))
    error = await refusal(connect(cloud).watch(()))
    assert error.fault is Fault.UNAVAILABLE
