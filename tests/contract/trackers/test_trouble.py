"""Bad weather: lost answers, limits, outages. A simulator makes it; a real tracker does not."""

import pytest

from adapters.port import Tracker, Worklogs
from schemas.errors import Fault, TrackerError
from schemas.issue import (
    ALL_PARTS,
    AttachmentDraft,
    CommentDraft,
    FieldChange,
    Part,
    WorklogDraft,
)
from schemas.rich_text import plain, to_plain
from tests.contract.trackers.harness import Loss, Site, Weather
from tests.contract.trackers.test_parts import content

FIELDS = frozenset({Part.FIELDS})
LOSSES = pytest.mark.parametrize("how", ["error", "cut"])


@pytest.fixture
def weather(site: Site) -> Weather:
    if site.weather is None:
        pytest.skip("a real tracker makes no bad weather on demand")
    return site.weather


@LOSSES
async def test_a_lost_answer_to_a_creation_leaves_one_issue(
    site: Site, tracker: Tracker, draft, refusal, weather: Weather, how: Loss
) -> None:
    one, since = draft(), site.clock()
    weather.lose_answer("issue", how)
    assert (await refusal(tracker.create(one))).fault is Fault.UNKNOWN_OUTCOME
    found = await tracker.find_by_marker(one.marker, site.values.project, since)
    assert found is not None
    site.clock.pass_(60)
    issues = [change.issue async for change in tracker.all_issues(())]
    assert issues == [found.id]


@LOSSES
async def test_a_lost_answer_to_an_update_is_seen_by_reading(
    tracker: Tracker, draft, weather: Weather, how: Loss
) -> None:
    """It may also be sent again by the HTTP library: setting the same twice does no harm."""
    made = await tracker.create(draft())
    weather.lose_answer("update", how)
    fault = None
    try:
        await tracker.update(made, FieldChange({"summary": "New"}))
    except TrackerError as error:
        fault = error.fault
    assert fault in ((None, Fault.UNKNOWN_OUTCOME) if how == "cut" else (Fault.UNKNOWN_OUTCOME,))
    assert (await tracker.read(made.ref.id, FIELDS)).fields["summary"] == "New"


@LOSSES
async def test_a_lost_answer_to_a_comment_leaves_one_comment(
    tracker: Tracker, draft, refusal, weather: Weather, how: Loss
) -> None:
    issue = (await tracker.create(draft())).ref.id
    weather.lose_answer("comment", how)
    error = await refusal(tracker.add_comment(issue, CommentDraft(plain("Words"), "c-1")))
    assert error.fault is Fault.UNKNOWN_OUTCOME
    (found,) = await tracker.read_comments(issue)
    assert to_plain(found.body) == "Words"
    assert found.marker == ("c-1" if tracker.capabilities.comment_marker else "")


@LOSSES
async def test_a_lost_answer_to_an_upload_leaves_one_file(
    tracker: Tracker, draft, refusal, weather: Weather, how: Loss
) -> None:
    if not tracker.capabilities.attachment_upload:
        pytest.skip("the tracker takes no files, says its manifest")
    issue = (await tracker.create(draft())).ref.id
    file = AttachmentDraft("plan.txt", 4, "text/plain", "a-1")
    weather.lose_answer("attachment", how)
    error = await refusal(tracker.add_attachment(issue, file, content(b"data")))
    assert error.fault is Fault.UNKNOWN_OUTCOME
    (found,) = (await tracker.read(issue, ALL_PARTS)).attachments or ()
    assert (found.filename, found.size) == ("plan.txt", 4)


@LOSSES
async def test_a_lost_answer_to_a_record_of_time_leaves_one(
    tracker: Tracker, draft, refusal, weather: Weather, how: Loss
) -> None:
    if not tracker.capabilities.worklogs:
        pytest.skip("the tracker keeps no time, says its manifest")
    logs: Worklogs = tracker  # type: ignore[assignment]
    issue = (await tracker.create(draft())).ref.id
    weather.lose_answer("worklog", how)
    error = await refusal(logs.add_worklog(issue, WorklogDraft(3600, 0, "w-1")))
    assert error.fault is Fault.UNKNOWN_OUTCOME
    (found,) = (await tracker.read(issue, ALL_PARTS)).worklogs or ()
    assert (found.seconds, found.marker) == (3600, "w-1")


@LOSSES
async def test_a_lost_answer_to_a_link_leaves_one(
    tracker: Tracker, draft, refusal, weather: Weather, how: Loss
) -> None:
    if not tracker.capabilities.link_kinds:
        pytest.skip("the tracker has no links, says its manifest")
    one, two = await tracker.create(draft("One")), await tracker.create(draft("Two"))
    link = f"{tracker.capabilities.link_kinds[0]} {two.ref.id}"
    change = FieldChange(add={"links": (link,)})
    weather.lose_answer("link", how)
    assert (await refusal(tracker.update(one, change))).fault is Fault.UNKNOWN_OUTCOME
    now = await tracker.read(one.ref.id, FIELDS)
    assert now.fields["links"] == (link,)
    assert (await tracker.update(now, change)).fields["links"] == (link,)


async def test_a_short_limit_is_waited_for(tracker: Tracker, draft, weather: Weather) -> None:
    made = await tracker.create(draft())
    weather.throttle(1)
    assert (await tracker.read(made.ref.id, FIELDS)).fields == made.fields


async def test_a_long_limit_is_told_with_its_time(
    site: Site, tracker: Tracker, draft, refusal, weather: Weather
) -> None:
    made = await tracker.create(draft())
    weather.throttle(60)
    error = await refusal(tracker.read(made.ref.id, FIELDS))
    assert error.fault is Fault.THROTTLED
    assert error.retry_after is not None
    assert 0 < error.retry_after <= 60
    site.clock.pass_(61)
    assert (await tracker.read(made.ref.id, FIELDS)).fields == made.fields


async def test_a_tracker_that_is_down_is_unavailable(
    tracker: Tracker, draft, refusal, weather: Weather
) -> None:
    made = await tracker.create(draft())
    weather.break_down(20)
    error = await refusal(tracker.read(made.ref.id, FIELDS))
    assert error.fault is Fault.UNAVAILABLE
    error = await refusal(tracker.update(made, FieldChange({"summary": "New"})))
    assert error.fault in (Fault.UNKNOWN_OUTCOME, Fault.UNAVAILABLE)


async def test_an_answer_of_somebody_else_is_unavailable(
    tracker: Tracker, draft, refusal, weather: Weather
) -> None:
    made = await tracker.create(draft())
    weather.answer_garbage()
    error = await refusal(tracker.read(made.ref.id, FIELDS))
    assert error.fault is Fault.UNAVAILABLE
    assert error.remedy


async def test_no_one_there_is_unavailable(site: Site, refusal, weather: Weather) -> None:
    tracker = site.open(url="http://127.0.0.1:9/x")
    assert (await refusal(tracker.resolve("1"))).fault is Fault.UNAVAILABLE
