"""One session per connector, whatever ALM does to it."""

import asyncio

import pytest

from adapters.alm.simulator import Fault as SimulatedFault
from schemas.errors import Fault
from schemas.issue import FieldChange, Part

FIELDS = frozenset({Part.FIELDS})
HOUR = 3600
PASSWORD = {"user": "tidegate", "password": "simulator-password"}
LOGIN = "POST /qcbin/rest/oauth2/login"
AUTHENTICATE = "POST /qcbin/authentication-point/authenticate"
KEEP = "GET /qcbin/rest/site-session"


@pytest.mark.parametrize("credentials", [{}, PASSWORD], ids=["api key", "password"])
async def test_many_calls_make_one_session(alm, connect, draft, credentials) -> None:
    """The session's cookie changes now and then, and the newest one is sent."""
    tracker = connect(**credentials)
    made = await tracker.create(draft())
    for _ in range(12):
        await tracker.read(made.ref.id, FIELDS)
    await tracker.update(made, FieldChange({"summary": "New"}))
    assert alm.state.opened["tidegate"] == 1 + bool(credentials)  # the opening itself shows none
    assert alm.calls[LOGIN] + alm.calls[AUTHENTICATE] == 1


async def test_calls_that_come_together_sign_in_once(alm, tracker, by_hand) -> None:
    issue = by_hand()
    await asyncio.gather(*(tracker.read(issue, FIELDS) for _ in range(4)))
    assert alm.calls[LOGIN] == 1


async def test_a_session_that_was_ended_is_opened_anew_once(alm, tracker, by_hand) -> None:
    issue = by_hand()
    await tracker.read(issue, FIELDS)
    alm.state.sessions.clear()
    read = await asyncio.gather(*(tracker.read(issue, FIELDS) for _ in range(4)))
    assert len(read) == 4
    assert alm.calls[LOGIN] == 2


async def test_a_write_over_a_dead_session_is_carried_out(alm, tracker, draft) -> None:
    made = await tracker.create(draft())
    alm.state.sessions.clear()
    changed = await tracker.update(made, FieldChange({"summary": "New"}))
    assert changed.fields["summary"] == "New"


async def test_an_idle_session_is_kept_alive_or_opened_anew(alm, tracker, clock, by_hand) -> None:
    """`is-authenticated` says yes all the same, so it is not asked."""
    issue = by_hand()
    await tracker.read(issue, FIELDS)
    clock.pass_(HOUR / 2)
    await tracker.read(issue, FIELDS)
    assert (alm.calls[KEEP], alm.calls[LOGIN]) == (1, 1)
    clock.pass_(2 * HOUR)
    await tracker.read(issue, FIELDS)
    assert (alm.calls[KEEP], alm.calls[LOGIN]) == (2, 2)


async def test_a_refused_token_is_fetched_anew(alm, tracker, draft) -> None:
    made = await tracker.create(draft())
    for one in alm.state.sessions.values():
        one.token = "another"
    changed = await tracker.update(made, FieldChange({"summary": "New"}))
    assert changed.fields["summary"] == "New"
    assert alm.calls[LOGIN] == 2


async def test_closing_signs_out(alm, tracker, by_hand) -> None:
    await tracker.read(by_hand(), FIELDS)
    assert len(alm.state.sessions) == 1
    await tracker.close()
    assert alm.state.sessions == {}
    await tracker.close()


async def test_closing_while_alm_is_down_is_quiet(alm, tracker, by_hand) -> None:
    await tracker.read(by_hand(), FIELDS)
    alm.fail_next(SimulatedFault(status=503, times=20))
    await tracker.close()


async def test_credentials_that_are_wrong_by_now_are_told_after_one_try(
    alm, connect, by_hand, refusal
) -> None:
    tracker = connect(secret="nobody-has-this")
    error = await refusal(tracker.read(by_hand(), FIELDS))
    assert (error.fault, error.status) == (Fault.CREDENTIALS, 401)
    assert "nobody-has-this" not in error.message
    assert alm.calls[LOGIN] == 1


async def test_whoever_may_only_look_is_refused(connect, draft, refusal) -> None:
    tracker = connect(user="viewer", password="viewer-password")
    error = await refusal(tracker.create(draft()))
    assert error.fault is Fault.PERMISSION
