"""Limits, unknown outcomes, logins and broken answers, as the port shows them."""

import asyncio

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.github.simulator import AppConfig, Webhook
from adapters.github.simulator import Fault as SimulatedFault
from schemas.errors import ConfigurationError, Fault
from schemas.issue import ALL_PARTS, CommentDraft, FieldChange
from schemas.rich_text import plain

NOTE = CommentDraft(plain("Hello"), "marker-2")
HIDDEN = {"X-RateLimit-Remaining": "0", "X-RateLimit-Resource": "core"}


async def test_a_short_limit_is_waited_for(github, tracker, draft, clock) -> None:
    issue = await tracker.create(draft())
    github.fail_next(SimulatedFault(status=429, headers={"Retry-After": "1"}))
    assert (await tracker.read(issue.ref.id, ALL_PARTS)).ref == issue.ref
    assert clock.pauses == [1.0]


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        (SimulatedFault(status=403, headers={"Retry-After": "30"}), 30.0),
        (SimulatedFault(status=429, message="Too many"), 60.0),
        (SimulatedFault(status=403, message="You have exceeded a secondary rate limit"), 60.0),
        (SimulatedFault(status=403, headers={**HIDDEN, "X-RateLimit-Reset": "1790000100"}), 99.9),
    ],
)
async def test_limits_of_all_kinds_are_told_apart_from_refusals(
    github, tracker, draft, refusal, clock, fault, wait
) -> None:
    issue = await tracker.create(draft())
    github.fail_next(fault)
    error = await refusal(tracker.add_comment(issue.ref.id, NOTE))
    assert error.fault is Fault.THROTTLED
    assert error.retry_after == pytest.approx(wait, abs=0.2)
    asked = sum(github.calls.values())
    assert (await refusal(tracker.read(issue.ref.id, ALL_PARTS))).fault is Fault.THROTTLED
    assert sum(github.calls.values()) == asked
    clock.millis += 101_000
    assert (await tracker.read(issue.ref.id, ALL_PARTS)).comments == ()


async def test_a_plain_403_is_a_matter_of_permission(github, tracker, draft, refusal) -> None:
    issue = await tracker.create(draft())
    github.fail_next(SimulatedFault(status=403, message="Resource not accessible by token"))
    error = await refusal(tracker.add_comment(issue.ref.id, NOTE))
    assert error.fault is Fault.PERMISSION
    assert "not accessible" in error.message


async def test_an_empty_bucket_is_respected_before_it_refuses(
    github, tracker, draft, refusal, clock
) -> None:
    issue = await tracker.create(draft())
    github.faults.limit.limit = github.faults.limit.used + 1
    await tracker.read(issue.ref.id, ALL_PARTS - {"comments"})
    asked = sum(github.calls.values())
    error = await refusal(tracker.read(issue.ref.id, ALL_PARTS))
    assert (error.fault, sum(github.calls.values())) == (Fault.THROTTLED, asked)
    assert 3000 < error.retry_after <= 3600


async def test_writes_are_spread_below_the_secondary_limit(github, connect, draft, clock) -> None:
    github.faults.writes_a_minute = 80
    tracker = connect(github, write_rate=1.0)
    issue = await tracker.create(draft())
    for number in range(100):
        await tracker.add_comment(issue.ref.id, CommentDraft(plain("x"), f"m-{number}"))
    assert len(await tracker.read_comments(issue.ref.id)) == 100


@pytest.mark.parametrize(
    "fault",
    [
        SimulatedFault(status=500, after=True, method="POST"),
        SimulatedFault(status=502, after=True, method="POST"),
        SimulatedFault(drop=True, after=True, method="POST"),
        SimulatedFault(status=201, raw=b"<html>", after=True, method="POST"),
    ],
)
async def test_an_unknown_outcome_leads_to_one_issue_and_one_comment(
    github, tracker, draft, refusal, clock, fault
) -> None:
    github.fail_next(fault)
    error = await refusal(tracker.create(draft("m-1")))
    assert error.fault is Fault.UNKNOWN_OUTCOME
    found = await tracker.find_by_marker("m-1", "sim/project", clock.millis)
    assert found is not None
    assert len(github.state.issues) == 1
    github.fail_next(_again(fault))
    assert (await refusal(tracker.add_comment(found.id, NOTE))).fault is Fault.UNKNOWN_OUTCOME
    held = await tracker.read_comments(found.id)
    assert [comment.marker for comment in held] == ["marker-2"]


def _again(fault: SimulatedFault) -> SimulatedFault:
    return msgspec.structs.replace(fault, times=1)


@pytest.mark.parametrize("path", ["/labels", "/issue-field-values", "/sub_issues", "blocked_by"])
async def test_an_unknown_outcome_beside_the_issue_is_mended_by_looking_again(
    github, tracker, draft, refusal, clock, path
) -> None:
    above = await tracker.create(draft("m-0"))
    issue = await tracker.create(draft("m-1"))
    change = FieldChange(
        {"field_73": "ACME", "parent": above.ref.id},
        {"labels": ("x",), "links": (f"blocked_by {above.ref.id}",)},
    )
    github.fail_next(SimulatedFault(status=500, after=True, method="POST", path=path))
    assert (await refusal(tracker.update(issue, change))).fault is Fault.UNKNOWN_OUTCOME
    after = await tracker.update(await tracker.read(issue.ref.id, ALL_PARTS), change)
    assert after.fields["labels"] == ("x",)
    assert after.fields["parent"] == above.ref.id
    assert after.fields["links"] == (f"blocked_by {above.ref.id}",)
    assert after.fields["field_73"] == "ACME"


async def test_an_edit_whose_answer_was_lost_is_unknown(github, tracker, draft, refusal) -> None:
    issue = await tracker.create(draft())
    github.fail_next(SimulatedFault(status=504, after=True, method="PATCH"))
    error = await refusal(tracker.update(issue, FieldChange({"summary": "New"})))
    assert error.fault is Fault.UNKNOWN_OUTCOME
    assert (await tracker.read(issue.ref.id, ALL_PARTS)).fields["summary"] == "New"


async def test_a_created_issue_is_never_taken_for_refused(
    github, tracker, draft, refusal, clock
) -> None:
    for fault in (
        SimulatedFault(status=422, method="PATCH"),
        SimulatedFault(status=403, method="GET", path="/issues/"),
    ):
        github.fail_next(fault)
        error = await refusal(tracker.create(draft("m-1", status="closed")))
        assert error.fault is Fault.UNKNOWN_OUTCOME
        assert await tracker.find_by_marker("m-1", "sim/project", clock.millis)
        github.state.issues.clear()
        github.faults._queued.clear()


async def test_a_read_is_tried_again_and_ends(github, tracker, draft, refusal) -> None:
    issue = await tracker.create(draft())
    github.fail_next(SimulatedFault(status=502, times=2))
    assert (await tracker.read(issue.ref.id, ALL_PARTS)).ref == issue.ref
    github.fail_next(SimulatedFault(status=502, times=9))
    assert (await refusal(tracker.read(issue.ref.id, ALL_PARTS))).fault is Fault.UNAVAILABLE


@pytest.mark.parametrize("answer", [b"<html>Log in</html>", b"{}", b"[1", b"\xff", b""])
async def test_an_answer_that_is_none_of_github_is_unavailable(
    github, tracker, refusal, answer
) -> None:
    github.fail_next(SimulatedFault(status=200, raw=answer))
    assert (await refusal(tracker.resolve("sim/project#1"))).fault is Fault.UNAVAILABLE


async def test_a_write_without_an_answer_in_time_is_unknown(
    github, connect, draft, refusal
) -> None:
    tracker = connect(github, request_timeout=0.2)
    github.fail_next(SimulatedFault(after=True, hang=30, method="POST"))
    assert (await refusal(tracker.create(draft()))).fault is Fault.UNKNOWN_OUTCOME


async def test_a_github_that_is_not_there_is_unavailable_for_writes_too(
    github, tracker, draft, refusal
) -> None:
    await github.close()
    assert (await refusal(tracker.create(draft()))).fault is Fault.UNAVAILABLE


async def test_a_wrong_token_is_told_and_not_shown(github, connect, refusal) -> None:
    tracker = connect(github, token="wrong-token")
    error = await refusal(tracker.resolve("sim/project#1"))
    assert error.fault is Fault.CREDENTIALS
    assert "wrong-token" not in str(error) + error.remedy


@pytest.fixture(scope="module")
def keys() -> tuple[str, str]:
    """An App's key and what GitHub keeps of it."""
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


@pytest.fixture
def as_app(start_github, connect, keys):
    async def started(**app):
        github = await start_github(app=AppConfig("Iv1.abc", keys[1], **app))
        tracker = connect(
            github, token="", app_id="Iv1.abc", app_private_key=keys[0], installation_id=7
        )
        return github, tracker

    return started


async def test_an_app_logs_in_and_renews_its_token_before_it_ends(as_app, draft, clock) -> None:
    github, tracker = await as_app()
    issue = await tracker.create(draft())
    clock.millis += 54 * 60_000
    await tracker.read(issue.ref.id, ALL_PARTS)
    assert github.logins.issued == 1
    clock.millis += 2 * 60_000
    await tracker.read(issue.ref.id, ALL_PARTS)
    assert github.logins.issued == 2


async def test_a_revoked_token_of_an_app_is_replaced(as_app, draft) -> None:
    github, tracker = await as_app()
    issue = await tracker.create(draft())
    github.logins.revoke()
    await tracker.add_comment(issue.ref.id, NOTE)
    assert github.logins.issued == 2
    assert len(await tracker.read_comments(issue.ref.id)) == 1


async def test_calls_that_come_together_log_in_once(as_app, draft) -> None:
    github, tracker = await as_app()
    await asyncio.gather(*(tracker.create(draft(f"m-{n}")) for n in range(5)))
    assert github.logins.issued == 1


async def test_the_check_of_an_app_sees_what_it_may(as_app) -> None:
    _, tracker = await as_app()
    assert all(stage.passed for stage in await tracker.check())
    _, tracker = await as_app(issues="read")
    last = (await tracker.check())[-1]
    assert (last.stage, last.passed) == ("permissions", False)


async def test_the_wrong_key_of_an_app_is_told(start_github, connect, keys, refusal) -> None:
    other = rsa.generate_private_key(65537, 2048).public_key()
    public = other.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    github = await start_github(app=AppConfig("Iv1.abc", public.decode()))
    tracker = connect(
        github, token="", app_id="Iv1.abc", app_private_key=keys[0], installation_id=7
    )
    assert (await refusal(tracker.resolve("sim/project#1"))).fault is Fault.CREDENTIALS


def test_what_is_no_key_is_refused_without_being_shown(github, connect) -> None:
    with pytest.raises(ConfigurationError) as raised:
        connect(github, token="", app_id="1", app_private_key="secret-words", installation_id=7)
    assert "app_private_key" in raised.value.message
    assert "secret-words" not in raised.value.message + raised.value.remedy


async def test_the_session_stays_open(tracker, session) -> None:
    await tracker.close()
    assert not session.closed


async def test_an_app_has_its_failed_webhooks_sent_again(as_app) -> None:
    github, tracker = await as_app()
    project = github.state.repository("sim/project")
    github.hooks.register(Webhook("http://127.0.0.1:1/hook"), project.id, ("issues",))
    github.state.create(project, {"title": "x"}, github.state.me)
    await github.hooks.settle()
    assert await tracker.watch(()) == ()
    assert github.calls["POST /app/hook/deliveries/{delivery}/attempts"] == 2  # the ping among them


async def test_an_app_tells_where_it_is_installed(as_app, connect, keys) -> None:
    github, _ = await as_app()
    for number in range(4):
        github.state.add_repository(f"sim/p{number}")
    settings = {"app_id": "Iv1.abc", "app_private_key": keys[0], "installation_id": 7}
    tracker = connect(github, token="", projects=[], page_size=2, **settings)
    assert len(await tracker.projects()) == 5
