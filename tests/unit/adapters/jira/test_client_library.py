"""A public client library finds in the simulator what it finds in a real Jira Data Center."""

import asyncio
from io import BytesIO
from typing import Any

import pytest

jiralib = pytest.importorskip("jira", reason="the client library jira is not installed")


def everything(url: str, token: str) -> dict[str, Any]:
    jira = jiralib.JIRA(server=url, token_auth=token, max_retries=0)
    seen: dict[str, Any] = {"server": jira.server_info()["deploymentType"], "me": jira.myself()}
    seen["projects"] = [each.key for each in jira.projects()]
    seen["types"] = [each.name for each in jira.project_issue_types("SIM")][:2]
    seen["fields"] = {each.fieldId for each in jira.project_issue_fields("SIM", "10001")}
    made = [_issue(jira, "Epic", "Above"), _issue(jira, "Bug", "By a library é")]
    above, issue = made
    _edit(jira, issue, above)
    again = jira.issue(issue.key)
    seen["issue"] = (again.fields.summary, str(again.fields.status), str(again.fields.resolution))
    seen["labels"] = sorted(again.fields.labels)
    seen["versions"] = [each.name for each in again.fields.versions]
    seen["custom"] = (again.fields.customfield_10014 == above.key, again.fields.customfield_10002)
    seen["place"] = again.fields.customfield_10010.child.value
    seen["times"] = (again.fields.timeoriginalestimate, again.fields.timespent)
    seen["comments"] = [each.body for each in jira.comments(issue)]
    seen["files"] = [(each.filename, each.get()) for each in again.fields.attachment]
    (link,) = again.fields.issuelinks
    seen["link"] = (link.type.outward, link.outwardIssue.key == above.key)
    seen["worklogs"] = [(each.timeSpentSeconds, each.comment) for each in jira.worklogs(issue)]
    link.delete()
    found = jira.search_issues("project = SIM ORDER BY key DESC", maxResults=10)
    seen["found"] = [each.fields.summary for each in found]
    seen["people"] = [each.displayName for each in jira.search_users(user="ali")]
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


def _issue(jira: Any, type_name: str, summary: str) -> Any:
    fields = {
        "project": {"key": "SIM"},
        "issuetype": {"name": type_name},
        "summary": summary,
        "versions": [{"name": "1.0"}],
        "timetracking": {"originalEstimate": "1h 30m"},
    }
    return jira.create_issue(fields=fields)


def _edit(jira: Any, issue: Any, above: Any) -> None:
    issue.update(
        fields={
            "customfield_10002": 2.5,
            "customfield_10010": {"value": "Asia", "child": {"value": "Tokyo"}},
            "customfield_10014": above.key,
        },
        update={"labels": [{"add": "one"}, {"add": "two"}]},
    )
    jira.assign_issue(issue, "alice")
    jira.add_comment(issue, "Words")
    jira.add_attachment(issue, BytesIO(b"data"), filename="plan.txt")
    jira.add_worklog(issue, timeSpent="2h", comment="Looked")
    jira.create_issue_link("Blocks", issue.key, above.key)
    jira.transition_issue(issue, "Start progress")
    names = {each["name"]: each["id"] for each in jira.transitions(issue)}
    jira.transition_issue(issue, names["Finish"], fields={"resolution": {"name": "Done"}})


async def test_the_library_jira_works_with_the_simulator(jira) -> None:
    seen = await asyncio.to_thread(everything, jira.url, jira.config.token)
    assert seen.pop("me")["name"] == "tidegate"
    assert {"summary", "components", "customfield_10010", "versions"} <= seen.pop("fields")
    assert seen == {
        "server": "Server",
        "projects": ["SIM"],
        "types": ["Bug", "Task"],
        "issue": ("By a library é", "Done", "Done"),
        "labels": ["one", "two"],
        "versions": ["1.0"],
        "custom": (True, 2.5),
        "place": "Tokyo",
        "times": (5400, 7200),
        "comments": ["Words"],
        "files": [("plan.txt", b"data")],
        "link": ("blocks", True),
        "worklogs": [(7200, "Looked")],
        "found": ["By a library é", "Above"],
        "people": ["Alice"],
        "refused": (400, True),
        "gone": 404,
    }
