"""Rate limits, time-outs and broken answers, as the port shows them."""

import asyncio

import aiohttp
import pytest

from adapters.jira import JiraTracker, parse_params
from adapters.jira.simulator import Fault as SimulatedFault
from adapters.jira.simulator import RateLimit
from schemas.errors import Fault
from schemas.issue import ALL_PARTS, CommentDraft, FieldChange
from schemas.rich_text import plain


async def test_a_short_rate_limit_is_waited_for(jira, tracker, draft, clock) -> None:
    issue = await tracker.create(draft())
    jira.fail_next(SimulatedFault(status=429, headers={"Retry-After": "1"}))
    assert (await tracker.read(issue.ref.id, ALL_PARTS)).ref == issue.ref
    assert clock.pauses == [1.0]


async def test_a_long_rate_limit_is_told_and_holds_the_next_call_back(
    jira, tracker, draft, clock, refusal
) -> None:
    issue = await tracker.create(draft())
    jira.fail_next(SimulatedFault(status=429, headers={"Retry-After": "30"}))
    error = await refusal(tracker.read(issue.ref.id, ALL_PARTS))
    assert (error.fault, error.retry_after) == (Fault.THROTTLED, 30.0)
    asked = sum(jira.calls.values())
    error = await refusal(tracker.read(issue.ref.id, ALL_PARTS))
    assert error.fault is Fault.THROTTLED
    assert sum(jira.calls.values()) == asked
    clock.millis += 30_000
    assert (await tracker.read(issue.ref.id, ALL_PARTS)).ref == issue.ref
    assert clock.pauses == []


async def test_the_waits_of_one_call_are_bounded_together(jira, tracker, refusal, clock) -> None:
    jira.fail_next(SimulatedFault(status=429, headers={"Retry-After": "0.9"}, times=9))
    error = await refusal(tracker.resolve("SIM-1"))
    assert error.fault is Fault.THROTTLED
    assert sum(clock.pauses) <= 2.0


async def test_an_empty_bucket_is_respected_before_it_refuses(jira, tracker, draft, clock) -> None:
    jira.limit_rate(RateLimit(capacity=2, interval=1, fill=2, tokens=2, filled_at=clock.millis))
    issue = await tracker.create(draft())
    await tracker.read(issue.ref.id, ALL_PARTS)
    assert clock.pauses == [1.0]
    assert jira.calls["GET /rest/api/2/issue/{key}"] == 2


async def test_a_write_without_an_answer_is_unknown(jira, connect, draft, refusal) -> None:
    tracker = connect(jira, request_timeout=0.2)
    jira.fail_next(SimulatedFault(after=True, hang=30, method="POST"))
    error = await refusal(tracker.create(draft("marker-9")))
    assert error.fault is Fault.UNKNOWN_OUTCOME
    found = await tracker.find_by_marker("marker-9", "SIM", jira.state.tick())
    assert found is not None
    assert len(jira.state.issues) == 1


async def test_a_read_without_an_answer_is_unavailable(jira, connect, refusal) -> None:
    tracker = connect(jira, request_timeout=0.2)
    jira.fail_next(SimulatedFault(hang=30, times=3))
    assert (await refusal(tracker.resolve("SIM-1"))).fault is Fault.UNAVAILABLE


@pytest.mark.parametrize("after", [True, False])
async def test_a_write_whose_connection_broke_is_unknown(
    jira, tracker, draft, refusal, after
) -> None:
    issue = await tracker.create(draft())
    jira.fail_next(SimulatedFault(drop=True, after=after, method="POST"))
    note = CommentDraft(plain("Hello"), "marker-2")
    assert (await refusal(tracker.add_comment(issue.ref.id, note))).fault is Fault.UNKNOWN_OUTCOME
    held = await tracker.read_comments(issue.ref.id)
    assert [comment.marker for comment in held] == (["marker-2"] if after else [])


async def test_a_server_that_is_not_there_is_unavailable_for_writes_too(
    jira, tracker, draft, refusal
) -> None:
    await jira.close()
    assert (await refusal(tracker.create(draft()))).fault is Fault.UNAVAILABLE


async def test_an_issue_that_was_created_is_never_taken_for_refused(
    jira, tracker, draft, refusal
) -> None:
    jira.fail_next(SimulatedFault(status=503, method="GET", path="/issue/", times=3))
    error = await refusal(tracker.create(draft("marker-3")))
    assert error.fault is Fault.UNKNOWN_OUTCOME
    assert await tracker.find_by_marker("marker-3", "SIM", jira.state.tick()) is not None


@pytest.mark.parametrize("answer", [b"<html>Log in</html>", b"{}", b"[1", b"\xff", b""])
async def test_an_answer_that_is_none_of_jira_is_unavailable(
    jira, tracker, refusal, answer
) -> None:
    jira.fail_next(SimulatedFault(status=200, raw=answer))
    assert (await refusal(tracker.resolve("SIM-1"))).fault is Fault.UNAVAILABLE


async def test_a_redirect_to_a_login_page_names_the_setting(jira, tracker, refusal) -> None:
    jira.fail_next(SimulatedFault(status=302, raw=b"", headers={"Location": "https://sso.example"}))
    error = await refusal(tracker.resolve("SIM-1"))
    assert error.fault is Fault.CONFIGURATION
    assert "url" in error.remedy


async def test_wrong_credentials_are_told(jira, connect, refusal) -> None:
    tracker = connect(jira, token="wrong-token")
    error = await refusal(tracker.resolve("SIM-1"))
    assert error.fault is Fault.CREDENTIALS
    assert "wrong-token" not in str(error) + error.remedy


async def test_user_and_password_log_in(jira, connect, draft) -> None:
    tracker = connect(jira, token="", user=jira.config.user, password=jira.config.password)
    assert (await tracker.create(draft())).ref.key == "SIM-1"


async def test_an_edit_that_was_lost_on_the_way_back_is_unknown(
    jira, tracker, draft, refusal
) -> None:
    issue = await tracker.create(draft())
    jira.fail_next(SimulatedFault(status=504, after=True, method="PUT"))
    error = await refusal(tracker.update(issue, FieldChange({"summary": "New"})))
    assert error.fault is Fault.UNKNOWN_OUTCOME
    assert (await tracker.read(issue.ref.id, ALL_PARTS)).fields["summary"] == "New"


async def test_a_read_is_tried_again_and_a_write_is_not(jira, tracker, draft, refusal) -> None:
    issue = await tracker.create(draft())
    jira.fail_next(SimulatedFault(status=502))
    assert (await tracker.read(issue.ref.id, ALL_PARTS)).ref == issue.ref
    jira.calls.clear()
    jira.fail_next(SimulatedFault(status=502, method="PUT", after=True))
    error = await refusal(tracker.update(issue, FieldChange({"summary": "New"})))
    assert error.fault is Fault.UNKNOWN_OUTCOME
    assert jira.calls == {"PUT /rest/api/2/issue/{key}": 1}


async def test_a_restarting_server_is_left_alone_as_long_as_it_says(
    jira, tracker, refusal, clock
) -> None:
    jira.fail_next(SimulatedFault(status=503, headers={"Retry-After": "120"}))
    assert (await refusal(tracker.resolve("SIM-1"))).fault is Fault.THROTTLED
    asked = sum(jira.calls.values())
    assert (await refusal(tracker.resolve("SIM-1"))).fault is Fault.THROTTLED
    assert sum(jira.calls.values()) == asked
    clock.millis += 120_000
    assert (await refusal(tracker.resolve("SIM-1"))).fault is Fault.NOT_FOUND


async def test_writes_to_one_issue_go_one_after_the_other(jira, draft, clock) -> None:
    """While writes to other issues go beside them."""
    under_way: list[str] = []
    most = {"of one": 0, "in all": 0}

    async def begun(_session, _context, params) -> None:
        under_way.append(params.url.path)
        most["of one"] = max(most["of one"], under_way.count(params.url.path))
        most["in all"] = max(most["in all"], len(under_way))

    async def over(_session, _context, params) -> None:
        under_way.remove(params.url.path)

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(begun)
    trace.on_request_end.append(over)
    params = parse_params({"url": jira.url, "token": jira.config.token})
    async with aiohttp.ClientSession(trace_configs=[trace]) as session:
        tracker = JiraTracker("jira-a", params, session, clock, clock.pause)
        issues = [await tracker.create(draft(f"m-{number}")) for number in range(2)]
        notes = [CommentDraft(plain("x"), f"c-{number}") for number in range(3)]
        await asyncio.gather(
            *(tracker.add_comment(issue.ref.id, note) for issue in issues for note in notes)
        )
    assert most == {"of one": 1, "in all": 2}


async def test_an_unreadable_answer_to_a_write_is_unknown(jira, tracker, draft, refusal) -> None:
    issue = await tracker.create(draft())
    jira.fail_next(SimulatedFault(status=200, raw=b"<html>", method="POST", after=True))
    error = await refusal(tracker.add_comment(issue.ref.id, CommentDraft(plain("x"), "c-1")))
    assert error.fault is Fault.UNKNOWN_OUTCOME
    assert len(await tracker.read_comments(issue.ref.id)) == 1


async def test_the_session_stays_open(tracker, session: aiohttp.ClientSession) -> None:
    await tracker.close()
    assert not session.closed
