import pytest

from adapters.azure_devops.simulator import AzureDevOpsSimulator, SimulatorConfig
from adapters.port import Watching

URL = "https://node.example/hooks/azure/s3cret"
SUBSCRIPTIONS = "GET /_apis/hooks/subscriptions"


@pytest.fixture
async def simulator(clock):
    config = SimulatorConfig(projects=("Tidegate", "Other"), webhooks=((URL, "hook", "word"),))
    async with AzureDevOpsSimulator(config, now=clock) as simulator:
        yield simulator


@pytest.fixture
def watched(make_tracker):
    return make_tracker(webhook_url=URL + "/", webhook_secret="s3cret")


@pytest.fixture
def subscriptions(simulator):
    return simulator.hooks.subscribers[0].subscriptions


async def test_nothing_is_to_do_when_all_is_sent(watched, simulator):
    assert isinstance(watched, Watching)
    assert await watched.watch(()) == ()
    assert await watched.watch(("Tidegate", "Other")) == ()
    simulator.calls.clear()
    assert await watched.watch(("Tidegate", "Other")) == ()
    assert dict(simulator.calls) == {SUBSCRIPTIONS: 1}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("onProbation", "probation"),
        ("disabledBySystem", "enable the subscription again"),
        ("disabledByUser", "somebody has switched off"),
        ("disabledByInactiveIdentity", "subscribe anew"),
    ],
)
async def test_a_subscription_in_trouble_is_told(watched, subscriptions, status, words):
    subscriptions["workitem.deleted"].status = status
    (told,) = await watched.watch(("Tidegate",))
    assert "Project Tidegate" in told
    assert "the event deleted" in told
    assert words in told
    assert "s3cret" not in told


async def test_events_of_one_state_are_told_together(watched, subscriptions):
    for event in ("created", "updated"):
        subscriptions[f"workitem.{event}"].status = "disabledBySystem"
    subscriptions["workitem.commented"].status = "onProbation"
    told = await watched.watch(("Tidegate",))
    assert len(told) == 2
    assert "the events created, updated" in told[0]


async def test_a_missing_subscription_is_told(make_tracker, subscriptions):
    elsewhere = make_tracker(webhook_url="https://node.example/hooks/other")
    (told,) = await elsewhere.watch(())
    assert "no subscription sends the events created, updated, commented" in told
    assert "https://node.example/hooks/other" in told


async def test_a_subscription_of_another_project_is_none_of_this_one(
    watched, simulator, subscriptions, monkeypatch
):
    import json

    from adapters.azure_devops.simulator.api_places import project_id

    found = [
        {
            "eventType": event,
            "status": "enabled",
            "publisherInputs": {"projectId": project_id("Other")},
            "consumerInputs": {"url": URL},
        }
        for event in subscriptions
    ]
    body = json.dumps({"count": len(found), "value": found}).encode()
    simulator.fail_next(status=200, body=body, path="/hooks/subscriptions")
    (told,) = await watched.watch(("Tidegate", "Other"))
    assert told.startswith("Project Tidegate: no subscription sends")


async def test_whoever_may_not_look_is_told_so(watched, simulator):
    simulator.fail_next(status=403, path="/hooks/subscriptions")
    (told,) = await watched.watch(())
    assert "allow the token's account to view subscriptions" in told


async def test_without_an_address_there_is_nothing_to_look_for(tracker, simulator):
    assert await tracker.watch(("Tidegate",)) == ()
    assert not simulator.calls
