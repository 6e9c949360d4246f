"""`tidegate trigger`."""

from schemas.api import Page
from schemas.triggers import (
    FieldCondition,
    PreviewIssue,
    TriggerPreview,
    TriggerSpec,
    TriggerView,
)

SPEC = TriggerSpec("WEB", ("Bug",), query="priority = High", notes="For them")
VIEW = TriggerView("a-g", "shared", SPEC, 1)


async def test_a_trigger_is_added_with_its_conditions(node, on_node):
    node.answers["trigger_put"] = VIEW
    result = await on_node(
        "trigger", "add", "a-g", "shared", "--project", "WEB", "--type", "Bug",
        "--field", "severity=S1", "--field", "severity=S2", "--query", "priority = High",
    )  # fmt: skip
    assert result.code == 0
    assert node.calls[-1] == (
        "trigger_put",
        {"connection": "a-g", "trigger": "shared"},
        TriggerSpec(
            "WEB",
            ("Bug",),
            fields=(FieldCondition("severity", ("S1", "S2")),),
            query="priority = High",
        ),
    )
    assert "trigger preview a-g shared" in result.out
    assert (await on_node("trigger", "add", "a-g", "x", "--field", "severity")).code == 2


async def test_a_preview_ends_with_the_command_that_takes_them_all(node, on_node):
    issues = (PreviewIssue("WEB-1", "", True), PreviewIssue("WEB-2", "", False))
    node.answers["trigger"] = VIEW
    node.answers["trigger_preview"] = TriggerPreview(120, True, 119, True, issues)
    result = await on_node("trigger", "preview", "a-g", "shared")
    assert "120 issues; 119 of them are not under sync yet" in result.out
    assert "bulk sync a-g --trigger shared --confirm 120" in result.out
    assert node.calls[-1][2] == SPEC


async def test_a_trigger_is_paused_listed_and_removed(node, on_node):
    node.answers |= {
        "trigger": VIEW,
        "trigger_put": VIEW,
        "triggers": Page(1, (VIEW,)),
        "trigger_remove": None,
    }
    assert "is paused" in (await on_node("trigger", "pause", "a-g", "shared")).out
    assert node.calls[-1][2].active is False
    assert node.calls[-1][2].query == "priority = High"
    listed = (await on_node("trigger", "list", "a-g")).out
    assert "priority = High" in listed
    assert "For them" in listed
    assert (await on_node("trigger", "remove", "a-g", "shared")).code == 0
