"""What a simulated Jira holds, in the shape of its REST answers."""

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any

from adapters.jira.simulator import catalogue, custom_fields
from adapters.jira.simulator.model import (
    Attachment,
    Change,
    Comment,
    Issue,
    Link,
    Project,
    User,
    Worklog,
)

EMBEDDED_WORKLOGS = 20
"""How many an issue's own answer holds."""


def moment(at: int, offset: int = 0) -> str:
    """`offset` of the server's time zone, in minutes."""
    zone, text = _zone(offset)
    instant = datetime.fromtimestamp(at // 1000, zone)
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}{text}"


@lru_cache(maxsize=16)
def _zone(offset: int) -> tuple[tzinfo, str]:
    zone = timezone(timedelta(minutes=offset))
    return zone, f"{datetime.now(zone):%z}"


class Shapes:
    """`url` is the server's own base URL, which stands in every answer; `offset` that of its time
    zone, in minutes."""

    def __init__(self, url: str, offset: int = 0) -> None:
        self.url = url
        self.rest = url + "/rest/api/2"
        self._offset = offset

    def moment(self, at: int) -> str:
        return moment(at, self._offset)

    def user(self, user: User) -> dict[str, Any]:
        return {
            "self": f"{self.rest}/user?username={user.name}",
            "name": user.name,
            "key": user.name,
            "emailAddress": user.email,
            "displayName": user.display_name,
            "active": True,
            "timeZone": "Etc/UTC",
        }

    def named(self, kind: str, ids: dict[str, str], name: str | None) -> dict[str, Any] | None:
        if name is None:
            return None
        number = ids.get(name, "0")
        return {"self": f"{self.rest}/{kind}/{number}", "id": number, "name": name}

    def status(self, name: str) -> dict[str, Any]:
        number, category = catalogue.STATUSES[name]
        return {
            "self": f"{self.rest}/status/{number}",
            "description": "",
            "iconUrl": f"{self.url}/images/icons/statuses/generic.png",
            "name": name,
            "id": number,
            "statusCategory": {
                "self": f"{self.rest}/statuscategory/{catalogue.CATEGORY_IDS[category]}",
                "id": catalogue.CATEGORY_IDS[category],
                "key": category,
                "colorName": "green" if category == "done" else "blue-gray",
                "name": catalogue.CATEGORY_NAMES[category],
            },
        }

    def issue_type(self, name: str) -> dict[str, Any]:
        number = catalogue.TYPES[name]
        return {
            "self": f"{self.rest}/issuetype/{number}",
            "id": number,
            "description": "",
            "name": name,
            "subtask": name == catalogue.SUB_TASK,
        }

    def project(self, project: Project) -> dict[str, Any]:
        return {
            "self": f"{self.rest}/project/{project.id}",
            "id": project.id,
            "key": project.key,
            "name": project.name,
            "projectTypeKey": project.type_key,
        }

    def comment(
        self, issue: Issue, comment: Comment, *, properties: bool = False
    ) -> dict[str, Any]:
        shaped: dict[str, Any] = {
            "self": f"{self.rest}/issue/{issue.id}/comment/{comment.id}",
            "id": comment.id,
            "author": self.user(comment.author),
            "body": comment.body,
            "updateAuthor": self.user(comment.author),
            "created": self.moment(comment.created),
            "updated": self.moment(comment.updated),
        }
        if comment.visibility:
            shaped["visibility"] = comment.visibility
        if properties:
            shaped["properties"] = [
                {"key": key, "value": value} for key, value in comment.properties.items()
            ]
        return shaped

    def attachment(self, attachment: Attachment) -> dict[str, Any]:
        return {
            "self": f"{self.rest}/attachment/{attachment.id}",
            "id": attachment.id,
            "filename": attachment.filename,
            "author": self.user(attachment.author),
            "created": self.moment(attachment.created),
            "size": attachment.size,
            "mimeType": attachment.mime,
            "content": f"{self.url}/secure/attachment/{attachment.id}/file",
        }

    def link_type(self, found: catalogue.LinkType) -> dict[str, Any]:
        return {
            "id": found.id,
            "name": found.name,
            "inward": found.inward,
            "outward": found.outward,
            "self": f"{self.rest}/issueLinkType/{found.id}",
        }

    def link(self, link: Link, seen_from: str, other: Issue) -> dict[str, Any]:
        found = next(each for each in catalogue.LINK_TYPES if each.id == link.type)
        side = "outwardIssue" if link.source == seen_from else "inwardIssue"
        return {
            "id": link.id,
            "self": f"{self.rest}/issueLink/{link.id}",
            "type": self.link_type(found),
            side: self.beside(other),
        }

    def beside(self, issue: Issue) -> dict[str, Any]:
        """An issue as it stands in the answer about another one."""
        return {
            "id": issue.id,
            "key": issue.key,
            "self": f"{self.rest}/issue/{issue.id}",
            "fields": {
                "summary": issue.summary,
                "status": self.status(issue.status),
                "priority": self.named("priority", catalogue.PRIORITIES, issue.priority),
                "issuetype": self.issue_type(issue.type),
            },
        }

    def worklog(self, issue: Issue, worklog: Worklog) -> dict[str, Any]:
        author = self.user(worklog.author)
        return {
            "self": f"{self.rest}/issue/{issue.id}/worklog/{worklog.id}",
            "id": worklog.id,
            "issueId": issue.id,
            "author": author,
            "updateAuthor": author,
            "comment": worklog.comment,
            "created": self.moment(worklog.created),
            "updated": self.moment(worklog.updated),
            "started": self.moment(worklog.started),
            "timeSpent": f"{worklog.seconds // 60}m",
            "timeSpentSeconds": worklog.seconds,
        }

    def worklogs(self, issue: Issue, most: int | None = None) -> dict[str, Any]:
        shown = [self.worklog(issue, each) for each in issue.worklogs[:most]]
        total = len(issue.worklogs)
        return {
            "startAt": 0,
            "maxResults": most or total,
            "total": total,
            "worklogs": shown,
        }

    def custom(self, key: str, value: Any) -> Any:
        match value:
            case User():
                return self.user(value)
            case list():
                return [self.custom(key, item) for item in value]
            case {"value": _, "id": str(number)}:
                child = value.get("child")
                shaped = {**value, "self": f"{self.rest}/customFieldOption/{number}"}
                return {**shaped, "child": self.custom(key, child)} if child else shaped
        return value

    def _time_tracking(self, issue: Issue) -> dict[str, Any]:
        spent = sum(each.seconds for each in issue.worklogs)
        told: dict[str, Any] = {}
        for name, value in (
            ("originalEstimate", issue.estimate),
            ("remainingEstimate", issue.remaining),
            ("timeSpent", spent or None),
        ):
            if value is not None:
                told[name] = f"{value // 60}m"
                told[name + "Seconds"] = value
        return told

    def fields(
        self,
        issue: Issue,
        comments: list[dict[str, Any]],
        links: list[dict[str, Any]],
        parent: Issue | None,
    ) -> dict[str, Any]:
        custom = {**issue.custom, custom_fields.RANK: issue.rank}
        return {
            "summary": issue.summary,
            "description": issue.description,
            "environment": issue.environment,
            "status": self.status(issue.status),
            "resolution": self.named("resolution", catalogue.RESOLUTIONS, issue.resolution),
            "priority": self.named("priority", catalogue.PRIORITIES, issue.priority),
            "issuetype": self.issue_type(issue.type),
            "project": self.project(issue.project),
            "labels": sorted(issue.labels),
            "assignee": self.user(issue.assignee) if issue.assignee else None,
            "reporter": self.user(issue.reporter),
            "creator": self.user(issue.creator),
            "duedate": issue.due,
            "components": self._all("component", catalogue.COMPONENTS, issue.components),
            "fixVersions": self._all("version", catalogue.VERSIONS, issue.fix_versions),
            "versions": self._all("version", catalogue.VERSIONS, issue.versions),
            "timeoriginalestimate": issue.estimate,
            "timeestimate": issue.remaining,
            "timespent": sum(each.seconds for each in issue.worklogs) or None,
            "timetracking": self._time_tracking(issue),
            "issuelinks": links,
            "worklog": self.worklogs(issue, EMBEDDED_WORKLOGS),
            **({"parent": self.beside(parent)} if parent else {}),
            "created": self.moment(issue.created),
            "updated": self.moment(issue.updated),
            "attachment": [self.attachment(item) for item in issue.attachments],
            "comment": {
                "comments": comments,
                "maxResults": len(comments),
                "total": len(issue.comments),
                "startAt": 0,
            },
            **{key: self.custom(key, custom.get(key)) for key in custom_fields.FIELDS},
        }

    def change(self, change: Change) -> dict[str, Any]:
        dated = change.field == "duedate"
        return {
            "field": change.field,
            "fieldtype": change.kind,
            "from": change.before if dated else None,
            "fromString": change.before,
            "to": change.after if dated else None,
            "toString": change.after,
        }

    def changelog(self, issue: Issue) -> dict[str, Any]:
        histories = [
            {
                "id": str(number),
                "author": self.user(edit.actor),
                "created": self.moment(edit.at),
                "items": [self.change(change) for change in edit.changes],
            }
            for number, edit in enumerate(issue.history, 1)
        ]
        count = len(histories)
        return {"startAt": 0, "maxResults": count, "total": count, "histories": histories}

    def issue(
        self,
        issue: Issue,
        wanted: Iterable[str],
        *,
        embedded: int = 5000,
        comment_properties: bool = False,
        links: Iterable[tuple[Link, Issue]] = (),
        parent: Issue | None = None,
    ) -> dict[str, Any]:
        """`links` with the issue at the other end of each."""
        chosen = _Chosen(wanted)
        comments: list[dict[str, Any]] = []
        if chosen("comment"):
            comments = [
                self.comment(issue, item, properties=comment_properties)
                for item in issue.comments[:embedded]
            ]
        shown = [self.link(link, issue.id, other) for link, other in links]
        fields = self.fields(issue, comments, shown, parent)
        return {
            "expand": "renderedFields,names,schema,operations,editmeta,changelog",
            "id": issue.id,
            "self": f"{self.rest}/issue/{issue.id}",
            "key": issue.key,
            "fields": {key: value for key, value in fields.items() if chosen(key)},
        }

    def transition(self, item: catalogue.Transition) -> dict[str, Any]:
        fields: dict[str, Any] = {
            key: {
                "required": required,
                "schema": {"type": "any"},
                "name": key,
                "key": key,
                "hasDefaultValue": False,
                "operations": ["set"],
            }
            for key, required in item.screen.items()
        }
        if item.resolution:
            fields["resolution"] = {
                "required": True,
                "schema": {"type": "resolution", "system": "resolution"},
                "name": "Resolution",
                "key": "resolution",
                "hasDefaultValue": False,
                "operations": ["set"],
                "allowedValues": [
                    self.named("resolution", catalogue.RESOLUTIONS, name)
                    for name in catalogue.RESOLUTIONS
                ],
            }
        return {"id": item.id, "name": item.name, "to": self.status(item.to), "fields": fields}

    def _all(self, kind: str, ids: dict[str, str], names: list[str]) -> list[dict[str, Any] | None]:
        return [self.named(kind, ids, name) for name in names]


class _Chosen:
    """Jira's list of fields: names, `*all`, `*navigable`, and a minus before what is not wanted."""

    def __init__(self, wanted: Iterable[str]) -> None:
        names = [name.strip() for name in wanted if name.strip()]
        self._without = {name[1:] for name in names if name.startswith("-")}
        self._names = {name for name in names if not name.startswith("-")}
        self._all = not self._names or bool({"*all", "*navigable"} & self._names)

    def __call__(self, name: str) -> bool:
        return name not in self._without and (self._all or name in self._names)
