"""Hostile rules: each is contained, and the engine serves the next one."""

import os
from asyncio import CancelledError, ensure_future, gather, sleep
from pathlib import Path

import pytest

from schemas.errors import RuleError
from schemas.rules import RuleSet

FINE = "return Replica(summary=issue.summary)"

ABUSE = {
    "loop": ("while True:\n    pass", "ran longer"),
    "8 GB string": ("x = 'a' * 8_000_000_000", "used more"),
    "list doubling": ("x = [1]\nwhile True:\n    x = x + x", "used more|ran longer"),
    "recursion": ("def f(n):\n    return f(n + 1)\nf(0)", "RecursionError"),
    "huge power": ("x = 10 ** 10 ** 8", "."),
    "nesting": ("x = " + "[" * 100_000 + "]" * 100_000, "."),
    "eval nesting": ("eval('(' * 100_000 + ')' * 100_000)", "."),
    "regular expression": (
        "import re\nre.match('(a+)+$', 'a' * 5000 + 'b')\nre.match('(a|a)*b', 'a' * 90000)\n"
        "while True:\n    re.match('(a*)*b', 'a' * 5000)",
        ".",
    ),
    "replace bomb": ("x = 'a' * 1000\nfor _ in range(9):\n    x = x.replace('a', x)", "used more"),
    "sorted range": ("sorted(range(10_000_000))", "used more|ran longer"),
    "file": ("open('/etc/passwd').read()", "PermissionError"),
    "path": ("from pathlib import Path\nPath('/etc/passwd').read_text()", "."),
    "listdir": ("import os\nos.listdir('/')", "PermissionError"),
    "environ": ("import os\nos.environ['HOME']", "."),
    "getenv": ("import os\nstop(str(os.getenv('TIDEGATE_PLANTED')))", "."),
    "socket": ("import socket", "ModuleNotFoundError"),
    "subprocess": ("import subprocess", "ModuleNotFoundError"),
    "class walk": ("().__class__.__mro__[1].__subclasses__()", "AttributeError"),
    "function globals": ("outgoing.__globals__", "AttributeError"),
    "catching the time-out": (
        "while True:\n    try:\n        while True:\n            pass\n"
        "    except BaseException:\n        pass",
        "ran longer",
    ),
    "catching the memory limit": (
        "while True:\n    try:\n        x = 'a' * 8_000_000_000\n"
        "    except BaseException:\n        pass",
        "used more",
    ),
    "repeated squaring": ("x = 3\nwhile True:\n    x = x * x", "ran longer|used more"),
    "asking the host for ever": (
        "while True:\n    try:\n        nowhere\n    except NameError:\n        pass",
        "asked for names",
    ),
    "sleeping": ("import time\ntime.sleep(3600)\nstop('awake')", "awake"),
    "printing": ("while True:\n    print('x' * 1000)", "."),
}


@pytest.mark.parametrize("name", ABUSE)
async def test_abuse_is_contained(engine, outgoing_rule, issue, context, name, monkeypatch):
    monkeypatch.setenv("TIDEGATE_PLANTED", "canary-7c1f")
    body, message = ABUSE[name]
    with pytest.raises(RuleError, match=message) as caught:
        await engine.outgoing(outgoing_rule(body), issue, context)
    assert caught.value.file == "outgoing.py"
    assert caught.value.remedy
    assert "canary" not in f"{caught.value.message} {caught.value.trace}"
    sent = await engine.outgoing(outgoing_rule(FINE), issue, context)
    assert sent.fields == {"summary": issue.fields["summary"]}


async def test_abuse_while_the_file_loads_is_contained(engine, outgoing_rule, issue, context):
    with pytest.raises(RuleError, match="ran longer"):
        await engine.outgoing(RuleSet(1, "while True:\n    pass\n", "."), issue, context)
    assert await engine.outgoing(outgoing_rule(FINE), issue, context)


async def test_a_huge_result_is_contained(engine, outgoing_rule, issue, context):
    rules = outgoing_rule("return Replica(labels=[str(i) * 9 for i in range(10_000_000)])")
    with pytest.raises(RuleError):
        await engine.outgoing(rules, issue, context)
    assert await engine.outgoing(outgoing_rule(FINE), issue, context)


async def test_a_killed_worker_is_replaced_unnoticed(engine, outgoing_rule, issue, context):
    rules = outgoing_rule(FINE)
    await engine.outgoing(rules, issue, context)
    for pid in engine.sessions.workers():
        os.kill(pid, 9)
    assert await engine.outgoing(rules, issue, context)


async def test_the_worker_sees_no_environment(engine, outgoing_rule, issue, context, monkeypatch):
    monkeypatch.setenv("TIDEGATE_PLANTED", "canary-7c1f")
    await engine.outgoing(outgoing_rule(FINE), issue, context)
    (pid,) = engine.sessions.workers()
    environ = Path(f"/proc/{pid}/environ")
    if not environ.exists():
        pytest.skip("needs /proc")
    assert b"canary" not in environ.read_bytes()


async def test_a_cancelled_run_leaves_nothing_behind(engine, outgoing_rule, issue, context):
    running = ensure_future(engine.outgoing(outgoing_rule("while True: pass"), issue, context))
    await sleep(0)
    running.cancel()
    with pytest.raises(CancelledError):
        await running
    many = [engine.outgoing(outgoing_rule(FINE), issue, context) for _ in range(20)]
    assert all(await gather(*many))
