"""`tidegate twin`, `errors ignore` and what a tracker knows."""

import msgspec
import pytest

from adapters import registry
from schemas.api import Page
from schemas.error_api import ErrorView, Retried, RetryBody
from schemas.metadata import Choice, FieldInfo, Metadata, TypeInfo
from schemas.pairs_api import PairAgainReport, PairClaim, PairedAgain
from schemas.twin_api import TwinDetail, TwinView

TWIN = TwinView("t1", "acme", "WEB-1", "", "G-1", "", "in_step", 1, 1, 1, 1, 0, None, None)
STOPPED = msgspec.structs.replace(TWIN, status="stopped")
DETAIL = TwinDetail(TWIN, 0, 0, (), None, ())
ERROR = ErrorView("t1", "acme", "WEB-1", "mapping", "No such user.", "Map it.", 1, 3)


@pytest.mark.parametrize("act", ["stop", "start"])
async def test_a_twin_is_stopped_and_started_by_its_issue(node, on_node, act):
    node.answers |= {"twins": Page(1, (TWIN,)), f"twin_{act}": STOPPED}
    result = await on_node("twin", act, "WEB-1")
    assert "WEB-1 in acme" in result.out
    assert node.calls[-1][:2] == (f"twin_{act}", {"connection": "acme", "twin": "t1"})


async def test_a_twin_of_several_connections_must_be_named_exactly(node, on_node):
    other = msgspec.structs.replace(TWIN, connection="other")
    node.answers |= {"twins": Page(2, (TWIN, other)), "twin_stop": STOPPED}
    refused = await on_node("twin", "stop", "WEB-1")
    assert (refused.code, len(node.calls)) == (2, 1)
    assert "acme, other" in refused.err


async def test_a_twin_without_an_issue_goes_by_its_id(node, on_node):
    node.answers |= {"twins": Page(0, ()), "twin": DETAIL, "twin_start": TWIN}
    assert (await on_node("twin", "start", "t1", "--connection", "acme")).code == 0
    assert (await on_node("twin", "start", "t1")).code == 1


async def test_two_issues_are_paired(node, on_node):
    paired = PairedAgain("10042", "17", "paired")
    node.answers["connection_pair_again"] = PairAgainReport((paired,))
    await on_node("twin", "connect", "10042", "17", "--connection", "acme", "--dry-run")
    body = node.calls[0][2]
    assert (body.pairs, body.dry_run) == ((PairClaim("10042", "17"),), True)
    unknown = PairedAgain("10042", "17", "unknown_issue", "There is no issue 10042.")
    node.answers["connection_pair_again"] = PairAgainReport((unknown,))
    refused = await on_node("twin", "connect", "10042", "17", "--connection", "acme")
    assert (refused.code, "There is no issue 10042." in refused.err) == (1, True)


async def test_errors_of_a_kind_are_retried_and_ignored(node, on_node):
    node.answers |= {name: Retried(7) for name in ("errors_retry", "errors_ignore")}
    for act in ("retry", "ignore"):
        await on_node("errors", act, "--kind", "mapping", "--connection", "acme")
        assert node.calls[-1][2] == RetryBody("acme", "mapping")
        assert (await on_node("errors", act, "WEB-1", "--kind", "mapping")).code == 2


async def test_one_error_is_ignored(node, on_node):
    node.answers |= {"errors": Page(1, (ERROR,)), "error_ignore": Retried(1)}
    await on_node("errors", "ignore", "WEB-1")
    assert node.calls[-1][:2] == ("error_ignore", {"connection": "acme", "twin": "t1"})


async def test_errors_are_listed_by_kind_and_words(node, on_node):
    node.answers["errors"] = Page(0, ())
    await on_node("errors", "list", "--kind", "rule", "--search", "user")
    assert (node.calls[0][2].fault, node.calls[0][2].search) == ("rule", "user")


async def test_a_trackers_projects_types_and_fields_are_shown(node, on_node):
    field = FieldInfo("priority", "Priority", "option", True, True, (Choice("High", "1"),) * 10)
    types = TypeInfo(Choice("Bug", "1"), (field,), (Choice("Open"),)), TypeInfo(Choice("Task"), ())
    node.answers |= {"metadata": Metadata("WEB", types), "projects": Page(1, (Choice("Web"),))}
    await on_node("connector", "projects", "jira", "--search", "we", "--fresh")
    assert (node.calls[0][2].search, node.calls[0][2].fresh) == ("we", True)
    shown = (await on_node("connector", "metadata", "jira", "--project", "WEB")).out
    assert "and 2 more" in shown
    assert "required" in shown
    only = await on_node(
        "connector", "metadata", "jira", "--project", "W", "--type", "bug", "--json"
    )
    assert [each["type"]["name"] for each in only.json["types"]] == ["Bug"]


async def test_the_help_of_connector_add_names_every_system(tidegate, capsys):
    with pytest.raises(SystemExit):
        await tidegate("connector", "add", "--help")
    shown = " ".join(capsys.readouterr().out.split())
    assert ", ".join(registry.names()) in shown
