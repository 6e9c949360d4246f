"""`tidegate sync`, `twins`, `errors` and `activity`."""

import msgspec

from schemas.api import Page
from schemas.conflict_api import ConflictView
from schemas.error_api import ErrorView, Retried, RetryBody, RetryOne
from schemas.node import Activity, OpenConflict
from schemas.twin import Loss
from schemas.twin_api import SyncAnswer, SyncBody, Synced, TwinDetail, TwinView

TWIN = TwinView(
    id="t1",
    connection="acme",
    issue="WEB-1",
    url="",
    remote_issue="77",
    remote_url="",
    status="parked",
    version=1,
    acknowledged=1,
    replica_version=0,
    included=0,
    attempts=3,
    due_at=None,
    reconciled_at=5,
)
ERROR = ErrorView(
    twin="t1",
    connection="acme",
    issue="WEB-1",
    fault="rule",
    message="boom \x1b[31m[/bold] \u05e9\u05dc\u05d5\u05dd",
    remedy="Correct the rule.",
    since=1,
    attempts=3,
    file="outgoing.py",
    line=4,
    trace="    x = 1/0\n        ^",
)


def errors(query):
    """Two pages, the second with the same issue under another connection."""
    other = ErrorView("t2", "globex", "WEB-2", "rule", "", "", 1, 1)
    item = ERROR if not query.cursor else other
    return Page(2, (item,), next=None if query.cursor else "http://node/api/v2/errors?cursor=a")


async def test_sync_tells_what_began_and_what_was_rung_for(node, on_node):
    node.answers["sync"] = SyncAnswer(
        (
            Synced("acme", "t1", "WEB-1", True),
            Synced("globex", "t2", "WEB-1", False),
        )
    )
    result = await on_node("sync", "WEB-1", "--connector", "jira")
    assert "now under sync: acme" in result.out
    assert "rang for it: globex" in result.out
    assert node.calls[0][2] == SyncBody("WEB-1", "", "jira")


async def test_twins_passes_its_filters_on(node, on_node):
    node.answers["twins"] = Page(1, (TWIN,))
    result = await on_node("twins", "--status", "parked", "--connection", "acme")
    assert "WEB-1" in result.out
    assert node.calls[0][2].status == "parked"


async def test_twins_of_an_issue_are_shown_whole(node, on_node):
    conflict = ConflictView("summary", "acme", "newest", "ours", "theirs", 1)
    losses = (Loss("due", "This tracker has no such field."),)
    detail = TwinDetail(TWIN, 4, 2, (conflict,), ERROR, (Activity(1, "twin.written"),), losses)
    node.answers |= {"twins": Page(1, (TWIN,)), "twin": detail}
    result = await on_node("twins", "WEB-1")
    for word in ("theirs", "twin.written", "Correct the rule."):
        assert word in result.out
    as_json = await on_node("twins", "WEB-1", "--json")
    assert as_json.json["twins"][0]["conflicts"][0]["lost"] == "theirs"
    assert as_json.json["twins"][0]["losses"][0]["field"] == "due"


async def test_an_issue_without_twins_is_told_with_the_next_step(node, on_node):
    node.answers["twins"] = Page(0, ())
    result = await on_node("twins", "WEB-9")
    assert result.code == 1
    assert "tidegate sync WEB-9" in result.err


async def test_text_from_trackers_is_neither_markup_nor_terminal_control(node, on_node):
    node.answers["errors"] = Page(1, (ERROR,))
    result = await on_node("errors", "list")
    assert "\x1b" not in result.out
    assert "[/bold] \u05e9\u05dc\u05d5\u05dd" in result.out


async def test_an_error_is_found_by_issue_on_any_page(node, on_node):
    node.answers |= {"errors": errors, "error": ERROR, "error_retry": Retried(1)}
    await on_node("errors", "retry", "WEB-2")
    assert node.calls[-1][:2] == ("error_retry", {"connection": "globex", "twin": "t2"})
    shown = await on_node("errors", "show", "t1")
    assert "outgoing.py:4" in shown.out
    assert "    x = 1/0\n        ^" in shown.out


async def test_an_issue_that_waits_twice_must_be_named_exactly(node, on_node):
    twice = (ERROR, ErrorView("t2", "globex", "WEB-1", "rule", "", "", 1, 1))
    node.answers["errors"] = Page(len(twice), twice)
    result = await on_node("errors", "retry", "WEB-1")
    assert result.code == 2
    assert "acme, globex" in result.err
    assert [name for name, *_ in node.calls] == ["errors"]


async def test_retry_all_must_be_meant(node, on_node):
    node.answers["errors_retry"] = Retried(7)
    assert (await on_node("errors", "retry")).code == 2
    assert (await on_node("errors", "retry", "WEB-1", "--all")).code == 2
    assert node.calls == []
    result = await on_node("errors", "retry", "--all", "--connection", "acme", "--json")
    assert result.json == {"count": 7}
    assert node.calls[0][2] == RetryBody("acme")


async def test_a_conflict_is_decided_for_one_issue_and_never_for_all(node, on_node):
    node.answers |= {"errors": errors, "error_retry": Retried(1)}
    refused = await on_node("errors", "retry", "--all", "--keep", "local")
    assert refused.code == 2
    assert "--keep" in refused.err
    assert node.calls == []
    await on_node("errors", "retry", "WEB-1", "--keep", "remote")
    assert node.calls[-1][2] == RetryOne("remote")


async def test_activity_shows_why(node, on_node):
    line = Activity(1_760_000_000_000, "conflict.decided", "acme", "t1", "WEB-1", "",
                    {"field": "status", "tried": [1, 2]})  # fmt: skip
    node.answers["activity"] = Page(1, (line,))
    result = await on_node("activity", "--twin", "t1")
    assert "2025-10-09 08:53:20" in result.out
    assert "field=status, tried=[1,2]" in result.out
    assert node.calls[0][2].twin == "t1"


async def test_a_conflict_that_waits_is_shown_with_both_values(node, on_node):
    choice = OpenConflict("summary", "ours", "theirs", 1, 2)
    waits = msgspec.structs.replace(ERROR, fault="undecided", trace="", choices=(choice,))
    node.answers |= {"errors": Page(1, (waits,)), "error": waits}
    result = await on_node("errors", "show", "WEB-1")
    for word in ("summary", "ours", "theirs"):
        assert word in result.out
