"""Whether Jira still sends our webhook."""

import pytest

from adapters.jira.simulator import Fault as SimulatedFault
from adapters.jira.simulator import Webhook
from adapters.port import Watching
from schemas.errors import Fault

OURS = "https://node.example/hooks/jira-a/secret-1"
LIST = "GET /rest/webhooks/1.0/webhook"


@pytest.mark.parametrize(
    ("webhook", "advice"),
    [
        (Webhook(OURS), ""),
        (Webhook("https://other.example/hooks/jira-b/x", enabled=False), ""),
        (Webhook(OURS, enabled=False), "Switch on"),
        (Webhook(OURS, events=("jira:issue_created",)), "comment_created"),
    ],
)
async def test_what_a_person_must_do_is_told(start_jira, connect, webhook, advice) -> None:
    jira = await start_jira(webhooks=(webhook,))
    tracker: Watching = connect(jira)
    told = await tracker.watch(())
    assert (advice in told[0]) if advice else told == ()
    assert "secret-1" not in f"{told}"


async def test_an_account_that_may_not_look_asks_seldom(start_jira, connect, clock) -> None:
    jira = await start_jira(administrator=False)
    tracker = connect(jira)
    for _ in range(3):
        assert await tracker.watch(()) == ()
    assert jira.calls[LIST] == 1
    clock.millis += 3_600_000
    await tracker.watch(())
    assert jira.calls[LIST] == 2


async def test_a_jira_that_is_down_is_no_advice(jira, tracker, refusal) -> None:
    jira.fail_next(SimulatedFault(status=503, times=3))
    assert (await refusal(tracker.watch(()))).fault is Fault.UNAVAILABLE
