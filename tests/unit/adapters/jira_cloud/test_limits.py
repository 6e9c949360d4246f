"""Limits: whom each of them holds back, and for how long."""

import asyncio
from datetime import UTC, datetime

import pytest

from adapters.jira_cloud.simulator import Fault as SimulatedFault
from schemas.errors import Fault
from schemas.issue import CommentDraft, FieldChange, Part
from schemas.rich_text import plain

FIELDS = frozenset({Part.FIELDS})
ONE_ISSUE = {"RateLimit-Reason": "jira-per-issue-on-write", "Retry-After": "30"}
BURST = {"RateLimit-Reason": "jira-burst-based", "Retry-After": "30"}
QUOTA = {"RateLimit-Reason": "jira-quota-global-based", "Retry-After": "30"}


def limited(cloud, headers, method="PUT", path="/rest/api/3/issue/{key}") -> None:
    cloud.fail_next(SimulatedFault(status=429, method=method, path=path, headers=headers))


async def test_a_limit_on_one_issue_holds_back_writes_to_that_issue_alone(
    cloud, tracker, draft, refusal, clock
) -> None:
    one, two = await tracker.create(draft("m-1")), await tracker.create(draft("m-2"))
    limited(cloud, ONE_ISSUE)
    change = FieldChange({"summary": "New"})
    error = await refusal(tracker.update(one, change))
    assert (error.fault, error.retry_after) == (Fault.THROTTLED, 30.0)
    assert (await tracker.update(two, change)).fields["summary"] == "New"
    assert (await tracker.read(one.ref.id, FIELDS)).fields["summary"] == "A summary"
    error = await refusal(tracker.add_comment(one.ref.id, CommentDraft(plain("x"), "c-1")))
    assert error.fault is Fault.THROTTLED
    assert clock.pauses == []
    clock.millis += 30_000
    assert (await tracker.update(one, change)).fields["summary"] == "New"


async def test_a_burst_holds_back_one_endpoint_alone(cloud, tracker, draft, refusal, clock):
    one, two = await tracker.create(draft("m-1")), await tracker.create(draft("m-2"))
    limited(cloud, BURST)
    await refusal(tracker.update(one, FieldChange({"summary": "New"})))
    error = await refusal(tracker.update(two, FieldChange({"summary": "New"})))
    assert error.fault is Fault.THROTTLED
    await tracker.add_comment(one.ref.id, CommentDraft(plain("x"), "c-1"))
    assert clock.pauses == []


async def test_a_quota_holds_back_everything(cloud, tracker, draft, refusal) -> None:
    one = await tracker.create(draft())
    limited(cloud, QUOTA)
    await refusal(tracker.update(one, FieldChange({"summary": "New"})))
    assert (await refusal(tracker.read(one.ref.id, FIELDS))).fault is Fault.THROTTLED


async def test_the_moment_of_the_reset_is_waited_for(cloud, tracker, draft, clock) -> None:
    one = await tracker.create(draft())
    clock.millis = 1_790_000_000_000
    reset = datetime.fromtimestamp(clock.millis / 1000 + 1, UTC)
    reason = {"RateLimit-Reason": "jira-burst-based"}
    limited(cloud, {**reason, "X-RateLimit-Reset": f"{reset:%Y-%m-%dT%H:%M:%S}Z"})
    assert (await tracker.update(one, FieldChange({"summary": "New"}))).fields["summary"] == "New"
    assert clock.pauses == [1.0]


async def test_many_writes_to_one_issue_stay_below_the_real_limit(
    start_cloud, connect, draft, clock
) -> None:
    """20 within two seconds; what is more waits its turn, and none is lost."""
    cloud = await start_cloud(issue_writes=20)
    tracker = connect(cloud)
    issue = (await tracker.create(draft())).ref.id
    comments = [CommentDraft(plain(f"{n}"), f"c-{n}") for n in range(30)]
    await asyncio.gather(*(tracker.add_comment(issue, each) for each in comments))
    assert len(await tracker.read_comments(issue)) == 30


async def test_headers_of_good_answers_are_heeded(start_cloud, connect, draft, clock) -> None:
    cloud = await start_cloud(burst=3)
    tracker = connect(cloud)
    issue = (await tracker.create(draft())).ref.id
    clock.millis += 5000
    before = len(clock.pauses)
    for _ in range(7):
        await tracker.read(issue, FIELDS)
    assert 2 <= len(clock.pauses) - before <= 3


async def test_writes_to_one_issue_go_one_after_the_other(cloud, tracker, draft) -> None:
    issue = (await tracker.create(draft())).ref.id
    cloud.latency = 0.01
    drafts = [CommentDraft(plain("x"), f"c-{n}") for n in range(3)]
    clock = asyncio.get_running_loop().time
    started = clock()
    await asyncio.gather(*(tracker.add_comment(issue, each) for each in drafts))
    assert clock() - started >= 0.03


async def test_an_outage_that_tells_its_end_is_waited_out(
    cloud, tracker, draft, refusal, clock
) -> None:
    one = await tracker.create(draft())
    cloud.fail_next(SimulatedFault(status=503, headers={"Retry-After": "60"}))
    error = await refusal(tracker.read(one.ref.id, FIELDS))
    assert error.fault in (Fault.UNAVAILABLE, Fault.THROTTLED)
    assert error.retry_after is not None
    assert 55 < error.retry_after <= 60
    before = sum(cloud.calls.values())
    await refusal(tracker.read(one.ref.id, FIELDS))
    assert sum(cloud.calls.values()) == before
    clock.millis += 60_000
    assert (await tracker.read(one.ref.id, FIELDS)).fields == one.fields


@pytest.mark.parametrize("status", [502, 503])
async def test_an_outage_is_read_through_and_a_write_is_not_repeated(
    cloud, tracker, draft, refusal, status
) -> None:
    one = await tracker.create(draft())
    cloud.fail_next(SimulatedFault(status=status, times=2))
    assert (await tracker.read(one.ref.id, FIELDS)).fields == one.fields
    cloud.fail_next(SimulatedFault(status=status, method="PUT"))
    error = await refusal(tracker.update(one, FieldChange({"summary": "New"})))
    assert error.fault is Fault.UNKNOWN_OUTCOME
