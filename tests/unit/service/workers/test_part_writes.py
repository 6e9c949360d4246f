"""After a crash: what was begun is given time to show before it is begun again."""

import pytest

from schemas.errors import Fault, TrackerError
from schemas.replica import ReplicaAttachment
from schemas.rich_text import plain
from schemas.rules import WantedComment
from service.sync.markers import UNDER_WAY, attachment_intent, comment_intent, issue_intent
from service.sync.retry import Retry, decide_retry
from service.workers.part_writes import await_outcome

NOW = 1_760_000_000_000
INTENTS = [
    issue_intent("t", "c", NOW),
    comment_intent("t", "c", WantedComment("77", plain("text")), NOW),
    attachment_intent("t", "c", ReplicaAttachment("78", "photo.bin", 3), NOW),
]


@pytest.mark.parametrize("intent", INTENTS, ids=lambda intent: intent.kind)
def test_a_create_that_was_cut_off_may_still_be_under_way(intent):
    with pytest.raises(TrackerError) as raised:
        await_outcome(intent, NOW + UNDER_WAY - 1)
    assert raised.value.fault is Fault.UNKNOWN_OUTCOME
    assert intent.kind in raised.value.message
    await_outcome(intent, NOW + UNDER_WAY)


def test_the_twin_comes_back_well_before_it_would_be_parked():
    waited = 0
    for attempts in (1, 2, 3):
        decision = decide_retry(Fault.UNKNOWN_OUTCOME, attempts, retry_after=None, jitter=0.0)
        assert isinstance(decision, Retry)
        waited += decision.delay
    assert waited > UNDER_WAY
