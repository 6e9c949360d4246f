"""Pretended operations about the life of rules."""

from typing import Any

from schemas import api, rule_life
from schemas.rules import Difference

DRAFT = rule_life.DraftView("out", "in", 1)


class FakeRuleLife:
    def __init__(self, calls: list[Any]) -> None:
        self.calls = calls

    async def versions(self, name: str, query: api.PageQuery) -> Any:
        return api.Page(1, (rule_life.RuleVersionView(1, "ann", "first", 5, True),))

    async def version(self, name: str, version: str) -> rule_life.RuleVersionDetail:
        return rule_life.RuleVersionDetail(1, "out", "in")

    async def draft(self, name: str) -> rule_life.DraftView:
        return DRAFT

    async def save_draft(self, name: str, body: rule_life.DraftPut, author: str) -> Any:
        self.calls.append(("save_draft", name, body, author))
        return DRAFT

    async def discard(self, name: str) -> None:
        self.calls.append(("discard", name))

    async def publish(self, name: str, body: rule_life.PublishBody, author: str) -> Any:
        self.calls.append(("publish", name, body, author))
        return rule_life.RulesSaved(2)

    async def roll_back(self, name: str, body: rule_life.RollbackBody, author: str) -> Any:
        self.calls.append(("roll_back", name, body, author))
        return rule_life.RulesSaved(3)

    async def diff(self, name: str, query: rule_life.DiffQuery) -> rule_life.RulesDiff:
        return rule_life.RulesDiff(1, 2, "", "")

    async def recorder(self, name: str) -> rule_life.RecorderView:
        return rule_life.RecorderView(True, 1, 2, 3)

    async def forget(self, name: str) -> None:
        self.calls.append(("forget", name))

    async def replay(self, name: str, body: rule_life.ReplayBody) -> rule_life.ReplayReport:
        differing = rule_life.Replayed(
            5, "t1", "ABC-1", "outgoing", 1, (Difference("fields.status", '"a"', '"b"'),)
        )
        return rule_life.ReplayReport(1, 0, (differing,), {"fields.status": 1}, 4, 9, False)

    async def dry_run(self, name: str, body: rule_life.DryRunBody, author: str = "") -> Any:
        return rule_life.DryRun("ABC-1", "t1", 1, None, None, (), None, (), ())
