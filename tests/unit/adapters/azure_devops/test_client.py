import asyncio
import json
from email.utils import formatdate

import pytest

from schemas.errors import Fault, TrackerError
from schemas.issue import AttachmentDraft, CommentDraft, FieldChange, Part
from schemas.rich_text import plain

READ = frozenset({Part.FIELDS})


@pytest.fixture
async def issue(tracker, draft):
    return await tracker.create(draft())


async def fault_of(awaitable):
    with pytest.raises(TrackerError) as caught:
        await awaitable
    return caught.value


async def test_a_short_limit_is_waited_out(tracker, simulator, issue, clock):
    simulator.fail_next(status=429, headers={"Retry-After": "1"})
    assert (await tracker.read(issue.ref.id, READ)).ref == issue.ref
    assert clock.pauses == [1.0]


async def test_a_long_limit_is_told_at_once_and_kept(tracker, simulator, issue, clock):
    simulator.fail_next(status=429, headers={"Retry-After": "30"})
    error = await fault_of(tracker.read(issue.ref.id, READ))
    assert (error.fault, error.retry_after) == (Fault.THROTTLED, 30.0)
    simulator.calls.clear()
    clock.millis += 10_000
    again = await fault_of(tracker.read(issue.ref.id, READ))
    assert (again.fault, again.retry_after) == (Fault.THROTTLED, 20.0)
    assert not simulator.calls
    assert clock.pauses == []
    clock.millis += 20_000
    assert await tracker.read(issue.ref.id, READ)


async def test_waiting_has_an_end(tracker, simulator, issue, clock):
    simulator.fail_next(status=429, times=99, headers={"Retry-After": "1"})
    error = await fault_of(tracker.read(issue.ref.id, READ))
    assert error.fault is Fault.THROTTLED
    assert sum(clock.pauses) <= 2.0


async def test_a_limited_write_is_repeated_because_it_did_not_happen(
    tracker, simulator, issue, clock
):
    simulator.fail_next(status=429, method="PATCH", headers={"Retry-After": "1"})
    updated = await tracker.update(issue, FieldChange(set={"summary": "once"}))
    assert updated.version == issue.version + 1


async def test_rate_limit_of_the_simulator(tracker, simulator, issue, clock):
    simulator.weather.calls_per_second = 2
    for _ in range(4):
        await tracker.read(issue.ref.id, READ)
    assert clock.pauses


async def test_a_delayed_answer_slows_us_down(tracker, simulator, issue, clock):
    simulator.fail_next(mode="pass", headers={"X-RateLimit-Delay": "0.5"})
    simulator.fail_next(mode="pass", headers={"Retry-After": "40"})
    await tracker.read(issue.ref.id, READ)
    await tracker.read(issue.ref.id, READ)
    assert clock.pauses == [0.5]
    error = await fault_of(tracker.read(issue.ref.id, READ))
    assert (error.fault, error.retry_after) == (Fault.THROTTLED, 40.0)


@pytest.mark.parametrize("mode", ["stall_after", "drop_after"])
async def test_a_write_whose_answer_never_came_is_unknown_and_not_repeated(
    make_tracker, simulator, issue, draft, mode
):
    tracker = make_tracker(request_timeout=0.2)
    simulator.fail_next(method="POST", mode=mode)
    error = await fault_of(tracker.create(draft(marker="lost")))
    assert error.fault is Fault.UNKNOWN_OUTCOME
    assert len(simulator.state.items) == 2
    found = await tracker.find_by_marker("lost", "Tidegate", 0)
    assert found is not None
    assert found.id == "2"


async def test_a_read_whose_answer_never_came_is_unavailable(make_tracker, simulator, issue):
    simulator.fail_next(mode="stall_after", path="workitems", times=3)
    error = await fault_of(make_tracker(request_timeout=0.2).read(issue.ref.id, READ))
    assert error.fault is Fault.UNAVAILABLE


async def test_not_connected_means_not_written(make_tracker, draft):
    error = await fault_of(make_tracker(url="http://127.0.0.1:9/x").create(draft()))
    assert error.fault is Fault.UNAVAILABLE


@pytest.mark.parametrize(
    ("status", "message", "read_fault", "write_fault"),
    [
        (400, "TF401320: Rule Error", Fault.VALIDATION, Fault.VALIDATION),
        (400, "TF26071: changed by someone else", Fault.CONFLICT, Fault.CONFLICT),
        (400, "VS403351: Test Operation failed", Fault.CONFLICT, Fault.CONFLICT),
        (409, "", Fault.CONFLICT, Fault.CONFLICT),
        (412, "", Fault.CONFLICT, Fault.CONFLICT),
        (401, "", Fault.CREDENTIALS, Fault.CREDENTIALS),
        (203, "", Fault.CREDENTIALS, Fault.CREDENTIALS),
        (302, "", Fault.CREDENTIALS, Fault.CREDENTIALS),
        (403, "", Fault.PERMISSION, Fault.PERMISSION),
        (404, "TF401232: does not exist", Fault.NOT_FOUND, Fault.NOT_FOUND),
        (413, "", Fault.VALIDATION, Fault.VALIDATION),
        (500, "", Fault.UNAVAILABLE, Fault.UNKNOWN_OUTCOME),
        (502, "", Fault.UNAVAILABLE, Fault.UNKNOWN_OUTCOME),
        (503, "", Fault.UNAVAILABLE, Fault.UNAVAILABLE),
        (504, "", Fault.UNAVAILABLE, Fault.UNKNOWN_OUTCOME),
    ],
)
async def test_answers_become_typed_errors(
    tracker, simulator, issue, status, message, read_fault, write_fault
):
    # A read is repeated when the server seems to be down.
    times = 3 if status in (502, 503, 504) else 1
    simulator.fail_next(
        status=status, times=times, message=message, type_key="X", path="/workitems/1"
    )
    read = await fault_of(tracker.read(issue.ref.id, READ))
    simulator.fail_next(status=status, message=message, type_key="X", path="/workitems/1")
    write = await fault_of(tracker.update(issue, FieldChange(set={"summary": "x"})))
    assert (read.fault, write.fault) == (read_fault, write_fault)
    assert read.status == status
    assert read.remedy
    assert message in read.message


async def test_a_read_of_a_server_that_is_down_for_a_moment_is_repeated(tracker, simulator, issue):
    simulator.fail_next(status=503, path="/workitems/1", times=2)
    assert (await tracker.read(issue.ref.id, READ)).ref == issue.ref
    assert simulator.calls["GET /_apis/wit/workitems/{id}"] == 3


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        ("https://spsprodcus1.vssps.visualstudio.com/_signin?realm=dev.azure.com", "credentials"),
        ("https://boards.example/DefaultCollection/_apis/wit/workitems/1", "configuration"),
    ],
)
async def test_a_redirect_is_not_followed_but_understood(tracker, simulator, issue, place, fault):
    simulator.fail_next(status=302, headers={"Location": place})
    error = await fault_of(tracker.read(issue.ref.id, READ))
    assert error.fault == fault
    assert error.remedy


async def test_an_older_server_is_spoken_to_in_its_version(make_tracker, simulator, issue):
    simulator.newest_version = "6.1"
    simulator.weather.exchanges = []
    tracker = make_tracker()
    assert (await tracker.read(issue.ref.id, READ)).ref == issue.ref
    added = await tracker.add_comment(issue.ref.id, CommentDraft(plain("hi"), "m"))
    assert (await tracker.read_comments(issue.ref.id)) == (added,)
    asked = [one.query["api-version"] for one in simulator.weather.exchanges]
    assert asked == ["7.1", "6.0", "6.0-preview.3", "6.0-preview.3"]
    assert [one.status for one in simulator.weather.exchanges] == [400, 200, 200, 200]


async def test_a_write_that_is_refused_for_its_version_happens_once(
    make_tracker, simulator, draft, content
):
    simulator.newest_version = "7.0"
    await make_tracker().create(draft())
    assert len(simulator.state.items) == 1
    file = AttachmentDraft("a.txt", 3, "", "m")
    tracker = make_tracker()
    added = await tracker.add_attachment("1", file, content(b"abc"))
    async with make_tracker().open_attachment("1", added.id) as stream:
        assert [block async for block in stream] == [b"abc"]


async def test_a_version_that_was_set_stays(make_tracker, simulator, issue):
    simulator.newest_version = "6.0"
    error = await fault_of(make_tracker(api_version="7.1").read(issue.ref.id, READ))
    assert "supports is 6.0" in error.message
    simulator.newest_version = "4.1"
    error = await fault_of(make_tracker().read(issue.ref.id, READ))
    assert "supports is 4.1" in error.message


async def test_retry_after_may_be_a_date(tracker, simulator, issue, clock):
    date = formatdate(clock() / 1000 + 60, usegmt=True)
    simulator.fail_next(status=503, headers={"Retry-After": date})
    error = await fault_of(tracker.read(issue.ref.id, READ))
    assert error.fault is Fault.THROTTLED
    assert error.retry_after == pytest.approx(60, abs=1)


@pytest.mark.parametrize("body", [b"<html>sign in</html>", b"\xff", b"[]", b'{"id":"x"}'])
async def test_an_answer_that_is_no_answer(tracker, simulator, issue, body):
    simulator.fail_next(status=200, body=body)
    error = await fault_of(tracker.read(issue.ref.id, READ))
    assert error.fault is Fault.UNAVAILABLE
    simulator.fail_next(status=200, body=body)
    error = await fault_of(tracker.update(issue, FieldChange(set={"summary": "x"})))
    assert error.fault is Fault.UNKNOWN_OUTCOME


async def test_the_token_shows_nowhere(make_tracker, caplog, capsys):
    tracker = make_tracker(token="pat-very-secret")
    error = await fault_of(tracker.read("1", READ))
    assert error.fault is Fault.CREDENTIALS
    shown = f"{error!r}{error}{error.remedy}{vars(tracker)['_params']!r}"
    assert "pat-very-secret" not in shown + caplog.text + capsys.readouterr().out


async def test_a_cancelled_call_leaves_the_session_usable(tracker, simulator, issue):
    simulator.fail_next(mode="stall_after", path="workitems")
    task = asyncio.create_task(tracker.read(issue.ref.id, READ))
    while not simulator.calls["GET /_apis/wit/workitems/{id}"]:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await tracker.read(issue.ref.id, READ)


async def test_users_are_asked_at_the_host_of_identities(make_tracker, simulator):
    group = {"id": "g", "isContainer": True, "providerDisplayName": "Team"}
    person = {"id": "p", "providerDisplayName": "Zoe", "properties": {}}
    body = json.dumps({"count": 2, "value": [group, person]}).encode()
    simulator.fail_next(status=200, body=body, path="/Elsewhere/_apis/identities")
    tracker = make_tracker(identity_url=f"{simulator.origin}/Elsewhere")
    found = await tracker.find_users("zoe")
    assert [(one.name, one.id) for one in found] == [("Zoe", "p")]
