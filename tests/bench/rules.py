"""What one run of a rule costs, for an ordinary issue and for a large one, with the real engine."""

import statistics
import time
from collections.abc import Awaitable, Callable

import msgspec
from rich.console import Console
from rich.table import Table

from schemas.issue import Comment, Issue, IssueRef
from schemas.replica import Replica, ReplicaComment
from schemas.rich_text import plain
from schemas.rules import RuleContext, RuleSet
from schemas.values import User
from service.codec import MarkdownCodec
from service.rules.defaults import default_rules
from service.rules.monty_engine import open_engine
from service.workers.systems import manifest_of

ALLOWED_MS = 0.4
"""For an ordinary issue."""
FULL, QUICK = 5_000, 500
ANN = User("Ann Lee", "ann@acme.example", "u7")
CONTEXT = RuleContext("acme-globex", "acme", "globex", project="WEB", now=1_767_225_600_000)
FIELDS = {
    "summary": "Login fails with a long password",
    "description": plain("Type 200 letters. Press enter.\n\nNothing happens."),
    "status": "To Do",
    "priority": "High",
    "type": "Bug",
    "labels": ("backend", "login"),
    "assignee": ANN,
    "reporter": ANN,
}


class Cost(msgspec.Struct, frozen=True):
    p50_ms: float
    p99_ms: float
    runs: int


async def measure(runs: int) -> dict[str, Cost]:
    outgoing, incoming = default_rules(manifest_of("jira"), manifest_of("azure_devops"))
    rules = RuleSet(1, outgoing, incoming)
    costs: dict[str, Cost] = {}
    async with open_engine(MarkdownCodec(), workers=1) as engine:
        for name, comments in (("ordinary", 2), ("large", 500)):
            issue, replica = _issue(comments), _replica(comments)
            costs[f"outgoing, {name}"] = await _cost(
                lambda issue=issue: engine.outgoing(rules, issue, CONTEXT), runs
            )
            costs[f"incoming, {name}"] = await _cost(
                lambda replica=replica, issue=issue: engine.incoming(
                    rules, replica, issue, CONTEXT
                ),
                runs,
            )
    return costs


def show(costs: dict[str, Cost], console: Console) -> None:
    table = Table("rule", "p50 ms", "p99 ms", f"allowed {ALLOWED_MS} ms")
    for name, cost in costs.items():
        held = "" if "large" in name else "kept" if cost.p50_ms <= ALLOWED_MS else "BROKEN"
        table.add_row(name, f"{cost.p50_ms:.3f}", f"{cost.p99_ms:.3f}", held)
    console.print(table)


async def _cost(call: Callable[[], Awaitable[object]], runs: int) -> Cost:
    for _ in range(50):
        await call()
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        await call()
        taken.append((time.perf_counter() - began) * 1000)
    taken.sort()
    return Cost(statistics.median(taken), taken[int(len(taken) * 0.99)], runs)


def _issue(comments: int) -> Issue:
    body = plain("Seen again.")
    held = tuple(Comment(f"c{n}", body, ANN, CONTEXT.now) for n in range(comments))
    ref = IssueRef("1", "WEB-1", "https://jira.acme.example/browse/WEB-1")
    return Issue(ref, 1, CONTEXT.now, "WEB", FIELDS, held, ())


def _replica(comments: int) -> Replica:
    body = plain("Seen again.")
    held = tuple(ReplicaComment(f"r{n}", body, ANN, CONTEXT.now, 1) for n in range(comments))
    return Replica(FIELDS, comments=held, key="17", url="https://dev.globex.example/17")
