"""Sessions: what they share, what they never share, and how many there are."""

from asyncio import gather
from datetime import UTC, datetime

import msgspec
from structlog.testing import capture_logs

from schemas.rules import RuleSet
from service.rules.limits import RuleLimits
from service.rules.monty_engine import open_engine
from service.rules.sessions import RUNS

DRAW = """\
import random
from datetime import datetime


def outgoing(issue, context):
    return Replica(summary=f"{datetime.now():%Y-%m-%d %H:%M:%S} {random.random()}")
"""


async def test_two_files_do_not_see_each_other(engine, issue, replica, context):
    outgoing = "TABLE = {'x': 'out'}\ndef outgoing(i, c): return Replica(status=TABLE['x'])\n"
    incoming = "TABLE = {'x': 'in'}\ndef incoming(r, i, c): return Wanted(status=TABLE['x'])\n"
    rules = RuleSet(1, outgoing, incoming)
    for _ in range(2):
        assert (await engine.outgoing(rules, issue, context)).fields == {"status": "out"}
        assert (await engine.incoming(rules, replica, None, context)).fields == {"status": "in"}


async def test_the_clock_stands_at_the_context(engine, issue, context):
    rules = RuleSet(1, DRAW, "")
    moment = datetime.fromtimestamp(context.now // 1000, UTC)
    first = await engine.outgoing(rules, issue, context)
    assert first.fields["summary"].startswith(f"{moment:%Y-%m-%d %H:%M:%S} ")
    assert await engine.outgoing(rules, issue, context) == first
    later = msgspec.structs.replace(context, now=context.now + 60_000)
    assert await engine.outgoing(rules, issue, later) != first


async def test_moment_turns_milliseconds_into_a_date(engine, outgoing_rule, issue, context):
    rules = outgoing_rule("return Replica(summary=moment(context.now).isoformat())")
    sent = await engine.outgoing(rules, issue, context)
    assert sent.fields == {"summary": "2023-11-14T22:13:20.123000+00:00"}


async def test_kept_sessions_are_bounded(codec, outgoing_rule, issue, context):
    async with open_engine(codec, workers=1, kept=2) as engine:
        for number in range(5):
            rules = outgoing_rule(f"return Replica(summary='{number}')")
            assert (await engine.outgoing(rules, issue, context)).fields == {"summary": str(number)}
        assert len(engine.sessions.workers()) == 2


async def test_equal_sources_share_a_session(engine, outgoing_rule, issue, context):
    for version in range(3):
        rules = msgspec.structs.replace(outgoing_rule("return None"), version=version)
        await engine.outgoing(rules, issue, context)
    assert len(engine.sessions.workers()) == 1


async def test_many_runs_at_once_are_served_by_few_workers(codec, outgoing_rule, issue, context):
    async with open_engine(codec, workers=2, kept=2) as engine:
        runs = [
            engine.outgoing(outgoing_rule(f"return Replica(summary='{n % 5}')"), issue, context)
            for n in range(40)
        ]
        sent = await gather(*runs)
        assert [s.fields["summary"] for s in sent] == [str(n % 5) for n in range(40)]
        assert len(engine.sessions.workers()) <= 2


async def test_asking_the_host_does_not_wear_a_session_out(codec, outgoing_rule, issue, context):
    limits = RuleLimits(suspensions=20)
    async with open_engine(codec, limits=limits) as engine:
        rules = outgoing_rule("return Replica(summary=text(issue.description))")
        for _ in range(50):
            assert await engine.outgoing(rules, issue, context)


async def test_a_session_is_renewed(engine, outgoing_rule, issue, context):
    rules = outgoing_rule("SEEN.append(1)\nreturn Replica(fields={'seen': len(SEEN)})")
    rules = RuleSet(1, "SEEN = []\n" + rules.outgoing, "")
    seen = [(await engine.outgoing(rules, issue, context)).fields["seen"] for _ in range(RUNS + 1)]
    assert seen[-1] == 1


async def test_prints_reach_the_log_with_a_bound(codec, outgoing_rule, issue, context):
    async with open_engine(codec, limits=RuleLimits(printed=100)) as engine:
        with capture_logs() as logs:
            rules = outgoing_rule("print('hello', issue.key)\nprint('x' * 5000)\nreturn None")
            assert await engine.outgoing(rules, issue, context) is None
    (line,) = [entry for entry in logs if entry["event"] == "rule.printed"]
    assert line["text"].startswith("hello WEB-1\nxxx")
    assert len(line["text"]) == 100
    assert line["log_level"] == "debug"
