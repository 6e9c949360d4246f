"""REST answers of a simulated Redmine."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from adapters.redmine.simulator import catalogue
from adapters.redmine.simulator.edits import allowed_statuses
from adapters.redmine.simulator.model import (
    Attachment,
    Issue,
    Journal,
    Project,
    Relation,
    TimeEntry,
    User,
)
from adapters.redmine.simulator.state import State


def moment(at: int) -> str:
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Shapes:
    """As `viewer` sees it."""

    def __init__(self, state: State, url: str, viewer: User) -> None:
        self._state = state
        self._url = url
        self._viewer = viewer

    def issue(self, issue: Issue, include: set[str]) -> dict[str, Any]:
        name, closed = catalogue.STATUSES[issue.status]
        shaped: dict[str, Any] = {
            "id": issue.id,
            "project": {"id": issue.project.id, "name": issue.project.name},
            "tracker": _ref(issue.tracker, catalogue.TRACKERS[issue.tracker]),
            "status": {"id": issue.status, "name": name, "is_closed": closed},
            "priority": _ref(issue.priority, catalogue.PRIORITIES[issue.priority]),
            "author": self._user_ref(issue.author),
            **self._optional(issue),
            "subject": issue.subject,
            "description": issue.description,
            "start_date": issue.start,
            "due_date": issue.due,
            "done_ratio": issue.done,
            "is_private": issue.private,
            "estimated_hours": issue.estimated,
            "total_estimated_hours": issue.estimated,
        }
        if self._state.may(self._viewer, "view_time_entries"):
            spent = sum(entry.hours for entry in self._state.entries_of(issue))
            shaped |= {"spent_hours": round(spent, 2), "total_spent_hours": round(spent, 2)}
        shaped["custom_fields"] = [self._custom(field, issue) for field in catalogue.FIELDS]
        shaped |= {
            "created_on": moment(issue.created),
            "updated_on": moment(issue.updated),
            "closed_on": moment(issue.updated) if closed else None,
        }
        return shaped | self._included(issue, include)

    def _optional(self, issue: Issue) -> dict[str, Any]:
        """What Redmine leaves out while it is empty."""
        optional: dict[str, Any] = {}
        if issue.assignee:
            optional["assigned_to"] = self._user_ref(self._state.users[issue.assignee])
        for number, known, key in (
            (issue.category, issue.project.categories, "category"),
            (issue.version, issue.project.versions, "fixed_version"),
        ):
            for name, known_id in known.items():
                if known_id == number:
                    optional[key] = _ref(known_id, name)
        if issue.parent:
            optional["parent"] = {"id": issue.parent}
        return optional

    def _included(self, issue: Issue, include: set[str]) -> dict[str, Any]:
        state, more = self._state, {}
        if "attachments" in include:
            more["attachments"] = [self.attachment(item) for item in state.files_of(issue)]
        if "relations" in include and (relations := state.relations_of(issue)):
            more["relations"] = [self.relation(item) for item in relations]
        if "journals" in include:
            shown = [item for item in issue.journals if state.sees_journal(item, self._viewer)]
            more["journals"] = [self._journal(item) for item in shown]
        if "allowed_statuses" in include:
            more["allowed_statuses"] = [status(number) for number in allowed_statuses(issue)]
        return more

    def _custom(self, field: catalogue.Field, issue: Issue) -> dict[str, Any]:
        value = issue.custom.get(field.id)
        if field.multiple:
            return {"id": field.id, "name": field.name, "multiple": True, "value": value or []}
        return {"id": field.id, "name": field.name, "value": value}

    def _journal(self, journal: Journal) -> dict[str, Any]:
        return {
            "id": journal.id,
            "user": self._user_ref(journal.user),
            "notes": journal.notes,
            "created_on": moment(journal.created),
            "private_notes": journal.private,
            "details": [
                {"property": kind, "name": name, "old_value": before, "new_value": after}
                for kind, name, before, after in journal.details
            ],
        }

    def attachment(self, item: Attachment) -> dict[str, Any]:
        address = f"{self._url}/attachments/download/{item.id}/{quote(item.filename)}"
        return {
            "id": item.id,
            "filename": item.filename,
            "filesize": item.size,
            "content_type": item.mime,
            "description": item.description,
            "content_url": address,
            "author": self._user_ref(item.author),
            "created_on": moment(item.created),
        }

    def relation(self, item: Relation) -> dict[str, Any]:
        return {
            "id": item.id,
            "issue_id": item.origin,
            "issue_to_id": item.to,
            "relation_type": item.kind,
            "delay": None,
        }

    def entry(self, entry: TimeEntry) -> dict[str, Any]:
        project = self._state.issues[entry.issue].project
        return {
            "id": entry.id,
            "project": _ref(project.id, project.name),
            "issue": {"id": entry.issue},
            "user": self._user_ref(entry.user),
            "activity": _ref(entry.activity, catalogue.ACTIVITIES[entry.activity]),
            "hours": entry.hours,
            "comments": entry.comments,
            "spent_on": entry.spent_on,
            "created_on": moment(entry.created),
            "updated_on": moment(entry.updated),
        }

    def project(self, project: Project, include: set[str]) -> dict[str, Any]:
        shaped: dict[str, Any] = {
            "id": project.id,
            "name": project.name,
            "identifier": project.identifier,
            "description": None,
            "homepage": "",
            "status": 1,
            "is_public": project.public,
            "inherit_members": False,
        }
        lists = {
            "trackers": refs(catalogue.TRACKERS),
            "issue_categories": [_ref(i, name) for name, i in project.categories.items()],
            "time_entry_activities": refs(catalogue.ACTIVITIES),
            "enabled_modules": refs({1: "issue_tracking", 2: "time_tracking"}),
            "issue_custom_fields": [],
        }
        return shaped | {key: value for key, value in lists.items() if key in include}

    def user(self, user: User) -> dict[str, Any]:
        shaped: dict[str, Any] = {"id": user.id, "login": user.login}
        itself = user.id == self._viewer.id
        if self._viewer.admin or itself:
            shaped["admin"] = user.admin
        shaped |= {"firstname": user.firstname, "lastname": user.lastname}
        if self._viewer.admin:
            shaped["mail"] = user.mail
        if self._viewer.admin or itself:
            shaped["api_key"] = user.token
        return shaped

    def memberships(self, user: User) -> list[dict[str, Any]]:
        number = next((i for i, name in catalogue.ROLES.items() if name == user.role), 0)
        return [
            {
                "id": project.id * 100 + user.id,
                "project": _ref(project.id, project.name),
                "roles": [_ref(number, user.role)],
            }
            for project in self._state.projects.values()
        ]

    def _user_ref(self, user: User) -> dict[str, Any]:
        return _ref(user.id, user.name)


def status(number: int) -> dict[str, Any]:
    name, closed = catalogue.STATUSES[number]
    return {"id": number, "name": name, "is_closed": closed}


def refs(known: dict[int, str]) -> list[dict[str, Any]]:
    return [_ref(number, name) for number, name in known.items()]


def _ref(number: int, name: str) -> dict[str, Any]:
    return {"id": number, "name": name}
