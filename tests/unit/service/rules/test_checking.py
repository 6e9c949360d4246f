"""`check` finds what a person can correct before a rule ever runs."""

import pytest

from service.rules.limits import RuleLimits
from service.rules.monty_engine import open_engine

GOOD = """\
TABLE = {"a": "b"}


def outgoing(issue: Issue, context: Context) -> Replica | None:
    if context.first_sync:
        return None
    return Replica(summary=issue.summary, status=map_value(TABLE, issue.status))
"""


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


async def test_a_good_rule_has_no_findings(engine):
    assert await engine.check("outgoing", GOOD, "my/outgoing.py") == ()


async def test_types_in_the_signature_may_be_left_out(engine):
    source = "def outgoing(issue, context):\n    return Replica(summary=issue.summary)"
    assert await engine.check("outgoing", source, "outgoing.py") == ()


@pytest.mark.parametrize(
    ("source", "line", "column", "message"),
    [
        (changed("issue.summary", "issue.sumary"), 7, 28, "no attribute `sumary`"),
        (changed("summary=", "sumary="), 7, 20, "`sumary` does not match any known parameter"),
        (changed("context.first_sync", "context.first"), 5, 8, "no attribute `first`"),
        (changed("status=map_value(TABLE, issue.status)", "status=3"), 7, 43, "Expected `str"),
        (changed("None:", "None"), 4, 63, "Expected `:`"),
        (changed("return None", "return Nothing"), 6, 16, "`Nothing`"),
        ("x = 1\n", 1, 1, "no function outgoing(issue, context)"),
        ("", 1, 1, "no function outgoing(issue, context)"),
        (changed("issue: Issue, context", "issue: Issue, other: int, context"), 4, 1, "to be: def"),
        ("def outgoing(issue, context) -> int:\n    return 1\n", 1, 1, "to be: def"),
        (GOOD + "\n\nclass A(B):\n    pass\n", 10, 9, "`B`"),
        ("class A:\n    pass\nclass B(A):\n    pass\n" + GOOD, 3, 1, "Rules cannot use class inh"),
    ],
)
async def test_a_finding_has_its_place(engine, source, line, column, message):
    found = await engine.check("outgoing", source, "my/outgoing.py")
    assert len(found) == 1
    assert message in found[0].message
    assert (found[0].line, found[0].column) == (line, column)
    assert found[0].file == "my/outgoing.py"
    assert found[0].source == (source.splitlines() or [""])[line - 1]


async def test_the_incoming_shape_is_checked(engine):
    source = "def incoming(issue, context):\n    return Wanted()\n"
    (found,) = await engine.check("incoming", source, "incoming.py")
    assert "def incoming(replica: Replica, issue: Issue | None, context: Context)" in found.message
    source = (
        "def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:\n"
        "    return Wanted(summary=issue.summary)\n"
    )
    (found,) = await engine.check("incoming", source, "incoming.py")
    assert "None" in found.message


async def test_several_findings_come_in_order(engine):
    source = changed("issue.summary", "issue.sumary").replace("issue.status", "issue.state")
    found = await engine.check("outgoing", source, "outgoing.py")
    assert [(f.line, f.column, f.end_column) for f in found] == [(7, 28, 40), (7, 66, 77)]


@pytest.mark.parametrize(
    "source",
    [
        "stop('ran')\n" + GOOD,
        "while True:\n    pass\n",
        "raise ValueError('ran')\n",
        "import sys\nsys.exit()\n" + GOOD,
    ],
)
async def test_nothing_is_run(engine, source):
    found = await engine.check("outgoing", source, "outgoing.py")
    assert all("ran" not in finding.message for finding in found)


@pytest.mark.parametrize("source", ["x = " + "[" * 100_000, "x = " + "-" * 100_000 + "1"])
async def test_a_hostile_file_is_a_finding(engine, source):
    assert await engine.check("outgoing", source, "outgoing.py")
    assert await engine.check("outgoing", GOOD, "outgoing.py") == ()


async def test_the_time_of_a_run_is_not_that_of_a_check(codec, monkeypatch):
    """A busy machine does not make a right rule look too large."""
    monkeypatch.setattr("service.rules.monty_engine.GRACE", 0.001)
    limits = RuleLimits(seconds=0.001)
    async with open_engine(codec, workers=1, kept=1, limits=limits) as hasty:
        assert await hasty.check("outgoing", GOOD, "outgoing.py") == ()
