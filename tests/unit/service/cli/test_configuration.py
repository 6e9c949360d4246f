"""`tidegate export`, `plan` and `apply` against a node: what is sent and shown, how they end."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.configuration import (
    Alteration,
    Configuration,
    ConfigurationApplied,
    ConfigurationChange,
    ConfigurationPlan,
    ConfigurationProblem,
    ConfigurationStep,
    ConfigurationView,
)
from schemas.redaction import MASK
from schemas.rules import Diagnostic

WHOLE = msgspec.convert(
    {
        "connectors": {"jira": {"system": "jira", "params": {"token": MASK}}},
        "connections": {
            "acme-globex": {
                "connector": "jira",
                "local_side": "acme",
                "remote_side": "globex",
                "type": "private",
                "settings": {"project": "ABC", "mappings": {"status": {"unmapped": "keep"}}},
            }
        },
    },
    Configuration,
)
CHANGED = ConfigurationChange(
    "connection",
    "acme-globex",
    "change",
    (Alteration(("settings", "project"), "ABC", "O\x1b[31mPS"),),
    "--- a\n+++ b\n+louder\n",
)
SECRET = ConfigurationChange(
    "connector", "jira", "change", (Alteration(("params", "token"), MASK, MASK),)
)
SNIPPET = ConfigurationChange(
    "snippet", "names", "change", source="--- a\n+++ b\n+shared\n", used_by=("x-y",)
)
ALM = ConfigurationChange(
    "alm_connection", "17/The shop", "change", (Alteration(("params", "alm_project"), MASK, MASK),)
)
ALM_REMOVED = ConfigurationChange("alm_connection", "17/Old", "remove", twins=3)
REMOVED = ConfigurationChange("connection", "old", "remove", twins=12)
PLACE = ("connections", "acme-globex", "settings", "mappings", "status")
PROBLEM = ConfigurationProblem(PLACE, "There is no status 'Dnoe' here.", "Did you mean Done?")
WARNING = Diagnostic("connections/acme-globex/incoming.py", 7, 5, "no 'Dnoe'", "    x", 6)
FINDING = Diagnostic("connections/acme-globex/outgoing.py", 2, 5, "no such field", "    isue", 9)
STEP = ConfigurationStep("x-y", "'x-y' is not on this node.", "tidegate connection initiate x-y")


def planned(*changes: ConfigurationChange, **more: Any) -> ConfigurationPlan:
    empty: dict[str, Any] = dict.fromkeys(("problems", "findings", "steps", "kept"), ())
    return ConfigurationPlan("e1", changes, **(empty | more))


@pytest.fixture
async def folder(on_node: Any, node: Any, tmp_path: Path) -> Path:
    """As it is exported."""
    node.answers["configuration"] = ConfigurationView("e1", WHOLE)
    result = await on_node("export", str(tmp_path / "c"), "--json")
    assert result.code == 0
    assert len(result.json["files"]) == 3
    node.calls.clear()
    return tmp_path / "c"


@pytest.mark.parametrize(
    ("plan", "plain", "told"),
    [
        (planned(), 0, 0),
        (planned(kept=("connector old",), steps=(STEP,)), 0, 0),
        (planned(warnings=(WARNING,)), 0, 0),
        (planned(CHANGED), 0, 2),
        (planned(CHANGED, problems=(PROBLEM,)), 1, 1),
        (planned(findings=(FINDING,)), 1, 1),
    ],
)
async def test_a_plan_ends_by_what_it_found(
    on_node: Any, node: Any, folder: Path, plan: ConfigurationPlan, plain: int, told: int
) -> None:
    node.answers["configuration_plan"] = plan
    assert (await on_node("plan", str(folder))).code == plain
    assert (await on_node("plan", str(folder), "--exit-code")).code == told
    assert (await on_node("plan", str(folder), "--json")).json["edition"] == "e1"
    assert node.calls[-1][2].wanted == WHOLE


async def test_a_plan_can_be_read(on_node: Any, node: Any, folder: Path) -> None:
    node.answers["configuration_plan"] = planned(
        CHANGED,
        SECRET,
        SNIPPET,
        REMOVED,
        ALM,
        ALM_REMOVED,
        problems=(PROBLEM,),
        findings=(FINDING,),
        steps=(STEP,),
        kept=("connector old",),
        warnings=(WARNING,),
        unchecked={"x-y": "It is down."},
        untried=("connector jira",),
    )
    shown = (await on_node("plan", str(folder))).out
    assert "\x1b" not in shown
    for words in (
        '~ connection acme-globex\n    settings.project: "ABC" -> "O',
        "    +louder\n",
        "~ connector jira\n    params.token: another secret\n",
        "~ snippet names\n    a new version of the rules of x-y\n    --- a\n",
        "    +shared\n",
        "Warnings, which stop nothing:\nconnections/acme-globex/incoming.py:7:5: no 'Dnoe'",
        "x-y: Fields and values were not compared with the tracker's. It is down.",
        "- connection old (12 issues are under sync; their pairs would be forgotten)\n",
        "connections/acme-globex/mappings.toml:1: There is no status 'Dnoe' here. Did you mean",
        "connections/acme-globex/outgoing.py:2:5: no such field",
        "tidegate connection initiate x-y",
        "Not in the files, and kept: connector old",
        "~ ALM connection 17/The shop\n    params.alm_project: another value, which this token",
        "- ALM connection 17/Old (3 issues are under sync; their pairs would be forgotten)\n",
        "Not tried, which takes more than this token may: connector jira",
        "0 to create, 4 to change, 2 to remove (edition e1).",
    ):
        assert words in shown, words


async def test_secrets_that_are_kept_from_a_plan_come_with_the_apply(
    on_node: Any, node: Any, folder: Path
) -> None:
    place = ("connectors", "jira", "params", "token")
    file = folder / "connectors" / "jira.toml"
    file.write_text('system = "jira"\n[params]\ntoken = { env = "JIRA_TOKEN" }\n')
    node.answers["configuration_plan"] = planned(CHANGED, awaited=(place,))
    given = ("plan", str(folder), "--keep-secrets")
    result = await on_node(*given)
    assert result.code == 0
    assert node.calls[-1][2].awaited == (place,)
    words = f"{file}:3: secret token comes with the apply, from JIRA_TOKEN; until then jira is not"
    assert words in result.out
    assert (await on_node(*given, "--exit-code")).code == 2
    assert (await on_node(*given, "--json")).json["awaited"] == [list(place)]
    file.write_text(file.read_text().replace('env = "JIRA_TOKEN"', "kept = true"))
    await on_node(*given)
    assert node.calls[-1][2].awaited == (), "the node has it, as the file says"
    file.write_text(file.read_text().replace("kept = true", 'env = "JIRA_TOKEN"'))
    node.calls.clear()
    missing = await on_node("apply", str(folder), "--yes")
    assert (missing.code, node.calls) == (1, [])
    assert "no variable JIRA_TOKEN" in missing.err
    node.answers["configuration_plan"] = planned(CHANGED, problems=(PROBLEM,))
    refused = await on_node("apply", str(folder), "--yes", "--keep-secrets")
    assert (refused.code, [call[0] for call in node.calls]) == (1, ["configuration_plan"])
    assert node.calls[-1][2].awaited == (), "an apply is the last chance to tell it"


async def test_apply_sends_what_was_planned_and_shown(
    on_node: Any, node: Any, folder: Path
) -> None:
    node.answers["configuration_plan"] = planned(CHANGED, REMOVED, ALM_REMOVED)
    node.answers["configuration_apply"] = ConfigurationApplied(
        True, "e2", (CHANGED, REMOVED), versions={"acme-globex": 4}, freed=3
    )
    given = ("apply", str(folder), "--prune", "--no-check", "--message", "why")
    result = await on_node(*given, "--yes")
    assert result.code == 0
    assert "Applied. Rules: version 4 of acme-globex. 3 issues go on." in result.out
    body = node.calls[-1][2]
    assert (body.edition, body.message, body.prune, body.check) == ("e1", "why", True, False)
    assert body.removing == {"old": 12, "17/Old": 3}
    assert (await on_node(*given)).code == 2, "nobody is there to ask"
    node.calls.clear()
    refused = await on_node(*given, ask=lambda _: "", stdin="n\n")
    assert (refused.code, [call[0] for call in node.calls]) == (1, ["configuration_plan"])
    assert (await on_node(*given, ask=lambda _: "", stdin="y\n")).code == 0
    stale = await on_node(*given, "--yes", "--planned", "e0")
    assert stale.code == 1
    assert "Plan again" in stale.err
    assert (await on_node(*given, "--yes", "--planned", "e1", "--json")).json["edition"] == "e2"


async def test_nothing_is_applied_while_something_is_wrong(
    on_node: Any, node: Any, folder: Path
) -> None:
    node.answers["configuration_plan"] = planned(CHANGED, findings=(FINDING,))
    result = await on_node("apply", str(folder), "--yes")
    assert (result.code, [call[0] for call in node.calls]) == (1, ["configuration_plan"])
    node.answers["configuration_plan"] = planned(CHANGED)
    late = ConfigurationApplied(False, "e1", (CHANGED,), (PROBLEM,), (FINDING,))
    node.answers["configuration_apply"] = (422, late)
    result = await on_node("apply", str(folder), "--yes")
    assert result.code == 1
    assert "no such field" in result.out
    assert "Applied" not in result.out
    (folder / "connectors" / "jira.toml").write_text('system = "jira"\nparams.token = "hush"\n')
    node.calls.clear()
    result = await on_node("apply", str(folder), "--yes")
    assert (result.code, node.calls) == (1, [])
    assert "jira.toml:2: token is a secret in clear." in result.err
    assert "hush" not in result.err


async def test_what_shares_its_name_is_told_when_it_is_left_out(
    on_node: Any, node: Any, tmp_path: Path
) -> None:
    node.answers["configuration"] = ConfigurationView("e1", WHOLE, ("ALM connector Team",))
    result = await on_node("export", str(tmp_path / "c"))
    assert result.code == 0
    assert "Not written, for several have this name: ALM connector Team" in result.err


async def test_an_empty_folder_is_no_configuration(on_node: Any, tmp_path: Path) -> None:
    assert (await on_node("plan", str(tmp_path))).code == 2
    assert (await on_node("apply", str(tmp_path / "none"), "--prune", "--yes")).code == 2
