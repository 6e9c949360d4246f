"""Pretended operations about the configuration as a whole."""

from typing import Any

from schemas import configuration as schema
from schemas.access import Caller
from schemas.rules import Diagnostic

CHANGE = schema.ConfigurationChange(
    "connection",
    "acme-globex",
    "change",
    (schema.Alteration(("settings", "project"), "ABC", "OPS"),),
    "+louder",
)
FINDING = Diagnostic("outgoing.py", 1, 2, "no such field", "a", 3)


class FakeConfiguration:
    def __init__(self, calls: list[Any]) -> None:
        self.calls = calls

    async def view(self) -> schema.ConfigurationView:
        return schema.ConfigurationView("e1", schema.Configuration())

    async def plan(self, body: schema.PlanBody, caller: Caller) -> schema.ConfigurationPlan:
        problem = schema.ConfigurationProblem(("connectors", "jira"), "It is away.")
        step = schema.ConfigurationStep("x-y", "Not here.", "Invite them.")
        return schema.ConfigurationPlan(
            "e1", (CHANGE,), (problem,), (FINDING,), (step,), ("connector old",)
        )

    async def apply(self, body: schema.ApplyBody, caller: Caller) -> schema.ConfigurationApplied:
        self.calls.append(("apply", body, caller.name))
        if body.message == "bad":
            return schema.ConfigurationApplied(False, "e1", (CHANGE,), (), (FINDING,))
        return schema.ConfigurationApplied(True, "e2", (CHANGE,), versions={"acme-globex": 2})
