"""`tidegate rules …` against a node: versions, drafts, replays, dry runs."""

import msgspec
import pytest

from schemas.api import Page
from schemas.rule_life import (
    DiffQuery,
    DraftView,
    DryRun,
    NotAnswered,
    OtherEnd,
    RecorderView,
    Replayed,
    ReplayReport,
    RulesDiff,
    RulesSaved,
    RuleVersionDetail,
    RuleVersionView,
    Write,
)
from schemas.rules import Diagnostic, Difference

FINDING = Diagnostic("outgoing.py", 2, 5, "no such field", "    isue", 9)


async def test_the_versions_are_listed_with_who_and_why(on_node, node):
    rows = (
        RuleVersionView(2, "ann", "louder", 1_700_000_000_000, True),
        RuleVersionView(1, "tidegate", "Default rules", 1_600_000_000_000, False),
    )
    node.answers["rule_versions"] = Page(2, rows)
    result = await on_node("rules", "list", "acme-globex")
    assert result.code == 0
    first, second = result.out.splitlines()[1:3]
    assert "2" in first
    assert "published" in first
    assert "ann" in first
    assert "louder" in first
    assert "published" not in second


async def test_a_version_is_shown_whole(on_node, node):
    node.answers["rule_version"] = RuleVersionDetail(1, "out \x1b[31m", "in")
    result = await on_node("rules", "show", "acme-globex", "--version", "1")
    assert "# outgoing.py, version 1" in result.out
    assert "\x1b" not in result.out
    assert node.calls[-1][1]["version"] == "1"


@pytest.mark.parametrize(
    ("findings", "end"), [((), "It passes"), ((FINDING,), "cannot be published")]
)
async def test_a_draft_is_saved_on_top_of_what_stands(on_node, node, tmp_path, findings, end):
    node.answers["rule_draft"] = DraftView("old out", "old in", 3)
    node.answers["rule_draft_put"] = DraftView("new", "old in", 3, "ann", "m", 5, findings)
    file = tmp_path / "outgoing.py"
    file.write_text("new")
    result = await on_node("rules", "draft", "a", "--outgoing", str(file), "--message", "why")
    assert result.code == 0
    assert end in result.out
    body = node.calls[-1][2]
    assert (body.outgoing, body.incoming, body.message) == ("new", "old in", "why")
    assert bool(findings) == ("^^^^" in result.out)


async def test_a_draft_is_thrown_away(on_node, node):
    node.answers["rule_draft_discard"] = None
    assert (await on_node("rules", "draft", "a", "--discard")).code == 0
    assert node.calls[-1][0] == "rule_draft_discard"


async def test_publishing_what_has_findings_ends_with_1(on_node, node):
    node.answers["rules_publish"] = RulesSaved(4)
    assert "Version 4 decides" in (await on_node("rules", "publish", "a")).out
    node.answers["rules_publish"] = (422, RulesSaved(None, (FINDING,)))
    result = await on_node("rules", "publish", "a")
    assert result.code == 1
    assert "no such field" in result.out


async def test_rolling_back_names_the_new_version(on_node, node):
    node.answers["rules_rollback"] = RulesSaved(5)
    result = await on_node("rules", "rollback", "a", "3", "--message", "too loud")
    assert "Version 5, as 3 was" in result.out
    assert (node.calls[-1][2].version, node.calls[-1][2].message) == (3, "too loud")


async def test_a_diff_is_printed(on_node, node):
    node.answers["rules_diff"] = RulesDiff(3, 0, "--- outgoing.py\n+louder\n", "")
    result = await on_node("rules", "diff", "a", "--from", "3")
    assert "+louder" in result.out
    assert node.calls[-1][2] == DiffQuery(3, 0)


async def test_the_recorder_tells_what_it_holds(on_node, node):
    node.answers["rules_recorder"] = RecorderView(False, 0, 0, None)
    assert "--record-hours" in (await on_node("rules", "recorder", "a")).out
    node.answers["rules_recorder_empty"] = None
    await on_node("rules", "recorder", "a", "--empty")
    assert [call[0] for call in node.calls[-2:]] == ["rules_recorder_empty", "rules_recorder"]


async def test_a_replay_asks_on_until_all_was_seen_and_adds_up(on_node, node):
    def answer(body):
        number = body.after + 1
        differences = (Difference("fields.status", '"Open"', '"Done"'),)
        one = Replayed(5, "t", f"ABC-{number}", "outgoing", 2, differences)
        return ReplayReport(10, 0, (one,), {"fields.status": 1}, 1500, number, number < 3)

    node.answers["rules_replay"] = answer
    result = await on_node("rules", "replay", "a", "--since", "2026-01-31T08:00Z")
    assert [call[2].after for call in node.calls] == [0, 1, 2]
    assert {call[2].since for call in node.calls} == {1_769_846_400_000}
    assert "ABC-3 outgoing" in result.out
    assert 'fields.status: "Open" -> "Done"' in result.out
    assert "30 runs replayed in 4.5 s, 3 differ: fields.status (3)." in result.out
    whole = await on_node("rules", "replay", "a", "--json")
    assert whole.json["seen"] == 30
    assert len(whole.json["differing"]) == 3


async def test_a_time_that_is_none_is_refused(on_node, node):
    assert (await on_node("rules", "replay", "a", "--since", "yesterday")).code == 2
    assert node.calls == []


async def test_a_dry_run_shows_both_sides_and_its_error(on_node, node, tmp_path):
    run = DryRun(
        "ABC-1",
        "t",
        0,
        {"fields": {"status": "Open"}},
        None,
        (Write("update", {"set": {"status": "Done"}}),),
        {"fields": {}},
        (Difference("status", '"a"', '"b"'),),
        ("a note",),
        there=OtherEnd("b", 3, None, (Write("create", {"type": "Bug"}),), (), "KeyError: odd"),
    )
    node.answers["rules_dry_run"] = run
    file = tmp_path / "o.py"
    file.write_text("rule")
    result = await on_node("rules", "dry-run", "a", "ABC-1", "--outgoing", str(file))
    assert result.code == 0
    for words in ("by the draft", "update", 'status: "a" -> "b"', "a note", "create", "odd"):
        assert words in result.out
    assert node.calls[-1][2].outgoing == "rule"
    failed = DryRun("ABC-1", "t", 2, None, None, (), None, (), (), "outgoing.py:3: KeyError", "^^^")
    node.answers["rules_dry_run"] = failed
    result = await on_node("rules", "dry-run", "a", "ABC-1")
    assert result.code == 1
    assert "outgoing.py:3: KeyError" in result.err
    assert "^^^" in result.out


async def test_the_other_side_is_asked_on_demand_alone(on_node, node):
    run = DryRun("ABC-1", "t", 2, None, None, (), {"fields": {}}, (), ())
    node.answers["rules_dry_run"] = run
    await on_node("rules", "dry-run", "a", "ABC-1")
    assert node.calls[-1][2].ask_there is False
    why = NotAnswered("refused", "It does not answer \x1b[31mdry runs.", "Ask its administrator.")
    node.answers["rules_dry_run"] = msgspec.structs.replace(run, unanswered=why)
    result = await on_node("rules", "dry-run", "a", "ABC-1", "--there", "--wait", "5")
    assert (node.calls[-1][2].ask_there, node.calls[-1][2].wait_seconds) == (True, 5.0)
    # What this side knows is shown all the same.
    assert result.code == 1
    assert "Writes to this side's tracker" in result.out
    assert "It does not answer" in result.err
    assert "Ask its administrator." in result.err
    assert "\x1b" not in result.err
