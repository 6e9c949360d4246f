"""What is held as GitHub's JSON."""

from collections.abc import Iterable
from typing import Any

from adapters.github.moments import iso
from adapters.github.simulator.model import Comment, Issue, Milestone, Repository, User
from adapters.github.simulator.people import node_id, user
from adapters.github.simulator.state import State

API = "/api/v3"
_REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


class Shapes:
    """`site` is the address as people open it."""

    def __init__(self, state: State, site: str) -> None:
        self._state = state
        self.site = site
        self.api = site + API

    def user(self, found: User) -> dict[str, Any]:
        return user(found, self.site, self.api)

    def at(self, repository: Repository) -> str:
        return f"{self.api}/repos/{repository.full_name}"

    def page(self, issue: Issue) -> str:
        kind = "pull" if issue.pull_request else "issues"
        return f"{self.site}/{issue.repository.full_name}/{kind}/{issue.number}"

    def label(self, repository: Repository, name: str) -> dict[str, Any]:
        number = repository.labels[name]
        return {
            "id": number,
            "node_id": node_id("Label", number),
            "url": f"{self.at(repository)}/labels/{name}",
            "name": name,
            "color": "ededed",
            "default": name == "bug",
            "description": None,
        }

    def milestone(self, repository: Repository, one: Milestone) -> dict[str, Any]:
        url = f"{self.at(repository)}/milestones/{one.number}"
        held = [i for i in self._state.in_repository(repository) if i.milestone is one]
        return {
            "url": url,
            "html_url": f"{self.site}/{repository.full_name}/milestone/{one.number}",
            "labels_url": url + "/labels",
            "id": one.id,
            "node_id": node_id("Milestone", one.id),
            "number": one.number,
            "title": one.title,
            "description": None,
            "creator": self.user(repository.owner),
            "open_issues": sum(i.state == "open" for i in held),
            "closed_issues": sum(i.state == "closed" for i in held),
            "state": one.state,
            "created_at": iso(one.created),
            "updated_at": iso(one.created),
            "due_on": None,
            "closed_at": None,
        }

    def issue_type(self, name: str) -> dict[str, Any]:
        number = self._state.config.issue_types.index(name) + 1
        return {
            "id": number,
            "node_id": node_id("IssueType", number),
            "name": name,
            "description": None,
            "color": "gray",
            "is_enabled": True,
        }

    def issue_field(self, found: dict[str, Any]) -> dict[str, Any]:
        shaped = {key: found[key] for key in ("id", "name", "data_type")}
        shaped["node_id"] = node_id("IssueField", found["id"])
        if "options" in found:
            shaped["options"] = [
                {"id": number, "name": name, "color": "gray", "priority": number}
                for number, name in enumerate(found["options"], 1)
            ]
        return shaped

    def field_values(self, issue: Issue) -> list[dict[str, Any]]:
        fields = {field["id"]: field for field in self._state.config.issue_fields}
        return [_value(fields[number], value) for number, value in issue.values.items()]

    def issue(self, issue: Issue) -> dict[str, Any]:
        at = self.at(issue.repository)
        url = f"{at}/issues/{issue.number}"
        parent = self._state.issues.get(issue.parent or 0)
        children = [i for i in self._state.issues.values() if i.parent == issue.id]
        blocking = [i for i in self._state.issues.values() if issue.id in i.blocked_by]
        shaped = {
            "id": issue.id,
            "node_id": node_id("Issue", issue.id),
            "url": url,
            "repository_url": at,
            "labels_url": url + "/labels{/name}",
            "comments_url": url + "/comments",
            "events_url": url + "/events",
            "html_url": self.page(issue),
            "number": issue.number,
            "title": issue.title,
            "body": issue.body,
            "user": self.user(issue.user),
            "labels": [self.label(issue.repository, name) for name in issue.labels],
            "state": issue.state,
            "state_reason": issue.state_reason,
            "locked": False,
            "active_lock_reason": None,
            "assignee": self.user(issue.assignees[0]) if issue.assignees else None,
            "assignees": [self.user(one) for one in issue.assignees],
            "milestone": self.milestone(issue.repository, issue.milestone)
            if issue.milestone
            else None,
            "comments": len(issue.comments),
            "created_at": iso(issue.created),
            "updated_at": iso(issue.updated),
            "closed_at": iso(issue.closed) if issue.closed else None,
            "closed_by": None,
            "author_association": "COLLABORATOR",
            "performed_via_github_app": None,
            "reactions": _reactions(url),
            "timeline_url": url + "/timeline",
            "parent_issue_url": f"{self.at(parent.repository)}/issues/{parent.number}"
            if parent
            else None,
            "sub_issues_summary": _summary(children),
            "issue_dependencies_summary": {
                "blocked_by": len(issue.blocked_by),
                "blocking": len(blocking),
                "total_blocked_by": len(issue.blocked_by),
                "total_blocking": len(blocking),
            },
            "issue_field_values": self.field_values(issue),
        }
        if issue.type:
            shaped["type"] = self.issue_type(issue.type)
        if issue.pull_request:
            pull = f"{at}/pulls/{issue.number}"
            page = self.page(issue)
            shaped["pull_request"] = {
                "url": pull,
                "html_url": page,
                "diff_url": page + ".diff",
                "patch_url": page + ".patch",
                "merged_at": None,
            }
        return shaped

    def comment(self, issue: Issue, comment: Comment) -> dict[str, Any]:
        at = self.at(issue.repository)
        url = f"{at}/issues/comments/{comment.id}"
        return {
            "id": comment.id,
            "node_id": node_id("IssueComment", comment.id),
            "url": url,
            "html_url": f"{self.page(issue)}#issuecomment-{comment.id}",
            "issue_url": f"{at}/issues/{issue.number}",
            "body": comment.body,
            "user": self.user(comment.user),
            "created_at": iso(comment.created),
            "updated_at": iso(comment.updated),
            "author_association": "COLLABORATOR",
            "performed_via_github_app": None,
            "reactions": _reactions(url),
        }


def _value(field: dict[str, Any], value: Any) -> dict[str, Any]:
    options = [
        {"id": number, "name": name, "color": "gray"}
        for number, name in enumerate(field.get("options", ()), 1)
        if name in (value if isinstance(value, list) else [value])
    ]
    shaped: dict[str, Any] = {
        "issue_field_id": field["id"],
        "issue_field_name": field["name"],
        "node_id": node_id("IssueFieldValue", field["id"]),
        "data_type": field["data_type"],
        "value": value,
    }
    if field["data_type"] == "single_select":
        shaped |= {"value": options[0]["id"], "single_select_option": options[0]}
    elif field["data_type"] == "multi_select":
        shaped |= {"value": ", ".join(value), "multi_select_options": options}
    return shaped


def _summary(children: Iterable[Issue]) -> dict[str, int]:
    states = [child.state for child in children]
    done = states.count("closed")
    percent = 100 * done // len(states) if states else 0
    return {"total": len(states), "completed": done, "percent_completed": percent}


def _reactions(url: str) -> dict[str, Any]:
    return {"url": url + "/reactions", "total_count": 0, **dict.fromkeys(_REACTIONS, 0)}
