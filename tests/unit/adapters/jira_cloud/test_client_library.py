"""A public client library finds in the simulator what it finds in a real Jira Cloud, in either
version of the API."""

import asyncio
from io import BytesIO
from typing import Any

import pytest

from adapters.jira_cloud.simulator import account_id
from adapters.rich_text import adf, wiki

jiralib = pytest.importorskip("jira", reason="the client library jira is not installed")


def everything(url: str, login: tuple[str, str], version: str) -> dict[str, Any]:
    options = {"rest_api_version": version}
    jira = jiralib.JIRA(server=url, basic_auth=login, options=options, max_retries=0)
    seen: dict[str, Any] = {"server": jira.server_info()["deploymentType"]}
    seen["me"] = jira.myself()["accountId"]
    seen["projects"] = [each.key for each in jira.projects()]
    above, issue = (_issue(jira, version, each) for each in ("Above", "By a library é"))
    _edit(jira, version, issue, above)
    again = jira.issue(issue.key)
    seen["issue"] = (again.fields.summary, str(again.fields.status), str(again.fields.resolution))
    seen["assignee"] = again.fields.assignee.displayName
    seen["parent"] = again.fields.parent.key == above.key
    seen["text"] = _plain(again.raw["fields"]["description"])
    seen["comments"] = [_plain(each.raw["body"]) for each in jira.comments(issue)]
    seen["files"] = [(each.filename, each.get()) for each in again.fields.attachment]
    (link,) = again.fields.issuelinks
    seen["link"] = (link.type.outward, link.outwardIssue.key == above.key)
    seen["worklogs"] = [each.timeSpentSeconds for each in jira.worklogs(issue)]
    link.delete()
    found = jira.enhanced_search_issues("project = SIM ORDER BY key DESC", maxResults=1)
    seen["found"] = ([each.fields.summary for each in found], found.nextPageToken is not None)
    seen["people"] = [each.displayName for each in jira.search_users(query="ali")]
    try:
        jira.create_issue(project="SIM", issuetype="Bug", summary="")
    except jiralib.JIRAError as error:
        seen["refused"] = (error.status_code, "summary" in error.text)
    issue.delete()
    try:
        jira.issue(issue.key)
    except jiralib.JIRAError as error:
        seen["gone"] = error.status_code
    return seen


def _rich(version: str, markup: str) -> Any:
    return markup if version == "2" else adf.render(wiki.parse(markup))


def _plain(body: Any) -> Any:
    return body if isinstance(body, str) else wiki.render(adf.parse(body))


def _issue(jira: Any, version: str, summary: str) -> Any:
    fields = {
        "project": {"key": "SIM"},
        "issuetype": {"name": "Bug"},
        "summary": summary,
        "description": _rich(version, "some *bold* words"),
    }
    return jira.create_issue(fields=fields)


def _edit(jira: Any, version: str, issue: Any, above: Any) -> None:
    fields = {"assignee": {"accountId": account_id("alice")}, "parent": {"key": above.key}}
    issue.update(fields=fields, update={"labels": [{"add": "one"}]})
    jira.add_comment(issue, _rich(version, "Words"))
    jira.add_attachment(issue, BytesIO(b"data"), filename="plan.txt")
    jira.add_worklog(issue, timeSpent="2h")
    jira.create_issue_link("Blocks", issue.key, above.key)
    jira.transition_issue(issue, "Start progress")
    names = {each["name"]: each["id"] for each in jira.transitions(issue)}
    jira.transition_issue(issue, names["Finish"], fields={"resolution": {"name": "Done"}})


@pytest.mark.parametrize("version", ["2", "3"])
async def test_the_library_jira_works_with_the_simulator(cloud, version) -> None:
    login = (cloud.cloud_config.email, cloud.cloud_config.token)
    seen = await asyncio.to_thread(everything, cloud.url, login, version)
    assert seen == {
        "server": "Cloud",
        "me": account_id("tidegate"),
        "projects": ["SIM"],
        "issue": ("By a library é", "Done", "Done"),
        "assignee": "Alice",
        "parent": True,
        "text": "some *bold* words",
        "comments": ["Words"],
        "files": [("plan.txt", b"data")],
        "link": ("blocks", True),
        "worklogs": [7200],
        "found": (["By a library é"], True),
        "people": ["Alice"],
        "refused": (400, True),
        "gone": 404,
    }
