"""Each limit from both sides: what is just allowed runs, what is just over it is ended."""

from typing import Any

import pytest

from schemas.errors import RuleError
from service.rules.limits import RuleLimits
from service.rules.monty_engine import PATIENCE, open_engine

WORK = "n = 0\nfor i in range(40_000):\n    n += i\nreturn Replica(summary=str(n))"
HOLD = "x = 'a' * {megabytes}_000_000\nreturn Replica(summary=str(len(x)))"
DEEP = (
    "def f(n):\n    return 0 if n == 0 else 1 + f(n - 1)\n"
    "return Replica(summary=str(f({calls})))"
)  # fmt: skip


async def ends(codec, rule, issue, context, limits):
    """What the rule sent as summary, or the words of its end."""
    async with open_engine(codec, workers=1, kept=1, limits=limits) as engine:
        try:
            sent = await engine.outgoing(rule, issue, context)
        except RuleError as error:
            return error.message
        return sent.fields["summary"]


@pytest.mark.parametrize(
    ("body", "limits", "told"),
    [
        (WORK, RuleLimits(seconds=30.0), "799980000"),
        (WORK, RuleLimits(seconds=0.0005), "ran longer"),
        (HOLD.format(megabytes=30), RuleLimits(seconds=30.0), "30000000"),
        (HOLD.format(megabytes=34), RuleLimits(seconds=30.0), "more than 32 MB"),
        (HOLD.format(megabytes=34), RuleLimits(seconds=30.0, memory=64 << 20), "34000000"),
        (DEEP.format(calls=90), RuleLimits(), "90"),
        (DEEP.format(calls=100), RuleLimits(), "RecursionError"),
        (DEEP.format(calls=100), RuleLimits(recursion=200), "100"),
    ],
)
async def test_limit(codec, outgoing_rule, issue, context, body, limits, told):
    assert told in await ends(codec, outgoing_rule(body), issue, context, limits)


@pytest.mark.parametrize(
    ("value", "passes"),
    [("2**63 - 1", True), ("-2**63", True), ("2**63", False), ("float('inf')", False)],
)
async def test_numbers_fit_what_the_store_and_the_wire_can_hold(
    engine, outgoing_rule, issue, context, value, passes
):
    rule = outgoing_rule(f"return Replica(fields={{'size': {value}}})")
    if passes:
        assert "size" in (await engine.outgoing(rule, issue, context)).fields
    else:
        with pytest.raises(RuleError, match="size"):
            await engine.outgoing(rule, issue, context)


FORGED = {
    "text that was not given": "return Wanted(description=RichText(99))",
    "a negative place": "return Wanted(description=RichText(-1))",
    "a place that is no number": "return Wanted(description=RichText('0'))",
    "another's comment": (
        "return Wanted(comments=[Comment('c1', 'hi', User(), 0, False)])"
    ),
    "a comment's body that is no text": (
        "replica.comments[0].body = 7\nreturn Wanted(comments=replica.comments)"
    ),
    "another's attachment": "return Wanted(attachments=[Attachment('a1', 'x', 1, 'y')])",
    "a list in a list": "return Wanted(fields={'labels': [['a']]})",
    "a dict": "return Wanted(fields={'x': {'a': 1}})",
    "a field without a name": "return Wanted(fields={'': 1})",
    "a field whose name is no text": "return Wanted(fields={1: 1})",
    "a function": "return Wanted(fields={'x': incoming})",
    "a class": "return Wanted(fields={'x': Wanted})",
    "a list that holds itself": "x = []\nx.append(x)\nreturn Wanted(fields={'labels': x})",
    "the wrong class": "return Replica(summary='x')",
    "a replaced word": "global Wanted\nWanted = Replica\nreturn Replica(summary='x')",
    "a project that is no key": "return Wanted(project=7)",
    "bytes": "return Wanted(fields={'x': b'1'})",
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
async def test_what_a_rule_may_not_return_is_refused(engine, incoming_rule, replica, context, name):
    rule = incoming_rule(FORGED[name])
    with pytest.raises(RuleError) as caught:
        await engine.incoming(rule, replica, None, context)
    assert caught.value.file == "incoming.py"
    assert caught.value.line >= 1
    fine = incoming_rule("return Wanted(summary=replica.summary)")
    assert (await engine.incoming(fine, replica, None, context)).fields == {"summary": "Crash"}


async def test_a_second_try_has_more_time(codec, outgoing_rule, issue, context, monkeypatch):
    """A machine that is short of time may have stopped a rule that is quick enough."""
    limits = RuleLimits(seconds=0.02)
    given: list[int] = []

    def patient(self: RuleLimits, patience: int = 1) -> Any:
        given.append(patience)
        return allowed(self, patience)

    allowed = RuleLimits.for_session
    monkeypatch.setattr(RuleLimits, "for_session", patient)
    rule = outgoing_rule("while True:\n    pass")
    assert "ran longer than 20 ms" in await ends(codec, rule, issue, context, limits)
    assert given == [1, PATIENCE]
    assert allowed(limits, PATIENCE)["max_feed_duration_secs"] == pytest.approx(0.06)
