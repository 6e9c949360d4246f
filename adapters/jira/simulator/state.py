"""The simulated Jira itself: projects, users, issues and what may be done with them."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import msgspec

from adapters.jira.simulator import catalogue, edits
from adapters.jira.simulator.config import SimulatorConfig
from adapters.jira.simulator.model import (
    Attachment,
    Change,
    Comment,
    Edit,
    Issue,
    Link,
    Project,
    Refused,
    User,
    Worklog,
)

Event = Literal[
    "issue_created",
    "issue_updated",
    "issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
    "worklog_created",
    "worklog_updated",
    "worklog_deleted",
    "issuelink_created",
    "issuelink_deleted",
]


class Happening(msgspec.Struct, frozen=True):
    """One change, for whoever listens (the webhooks)."""

    event: Event
    issue: Issue
    actor: User
    at: int
    changes: tuple[Change, ...] = ()
    comment: Comment | None = None
    worklog: Worklog | None = None
    link: Link | None = None
    stale_updated: int | None = None
    """With a comment Jira sends the issue's date as it was before the comment."""


Listener = Callable[[Happening], None]


class State:
    """`now` gives milliseconds; `updated` rises with every change, even within one of them."""

    def __init__(self, config: SimulatorConfig, now: Callable[[], int]) -> None:
        self.config = config
        self.listeners: list[Listener] = []
        self._now = now
        self._last = 0
        self._next_id = 10000
        self.folder = Path(tempfile.mkdtemp(prefix="jira-simulator-"))
        self.users: dict[str, User] = {}
        for name, shown in ((config.user, "Tidegate"), ("alice", "Alice"), ("bob", "Bob")):
            self.users[name] = User(name, shown, f"{name}@example.com")
        kind = "service_desk" if config.service_desk else "software"
        self.projects = {
            key: Project(self.new_id(), key, name, kind) for key, name in config.projects.items()
        }
        self.issues: dict[str, Issue] = {}
        self.attachments: dict[str, tuple[Issue, Attachment]] = {}
        self.links: dict[str, Link] = {}
        self.search_lag = 0
        """Milliseconds by which the index of the search is behind."""
        self.edits = edits.Edits(self.users.get, self.find, config.text_limit)

    @property
    def me(self) -> User:
        """The account that the API's credentials belong to."""
        return self.users[self.config.user]

    def person(self, name: str) -> User:
        return self.users[name]

    def parent_problem(self, wanted: dict[str, Any]) -> str:
        """What is wrong with the parent of a new issue; '' when it is right."""
        right = (wanted.get("type") == catalogue.SUB_TASK) == ("parent" in wanted)
        return "" if right else "A sub-task has a parent, and no other issue has one."

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_id(self) -> str:
        self._next_id += 1
        return str(self._next_id)

    def tick(self) -> int:
        self._last = max(self._now(), self._last + 1)
        return self._last

    def find(self, key_or_id: str) -> Issue | None:
        found = self.issues.get(key_or_id)
        if found is None:
            wanted = key_or_id.upper()
            found = next((item for item in self.issues.values() if item.key == wanted), None)
        return found

    def issue(self, key_or_id: str) -> Issue:
        found = self.find(key_or_id)
        if found is None:
            raise Refused(404, "Issue Does Not Exist")
        return found

    def create(self, body: dict[str, Any], actor: User) -> Issue:
        fields = dict(body.get("fields") or {})
        project = self._project(fields)
        wanted = self.edits.checked(fields, body.get("update") or {}, None)
        missing = {}
        if "summary" not in wanted:
            missing["summary"] = "You must specify a summary of the issue."
        if not wanted.get("type"):
            missing["issuetype"] = "issue type is required"
        if problem := self.parent_problem(wanted):
            missing["parent"] = problem
        if missing:
            raise Refused(400, errors=missing)
        at = self.tick()
        issue = Issue(
            id=self.new_id(),
            key=f"{project.key}-{project.next_number}",
            project=project,
            type=wanted.pop("type"),
            summary=wanted.pop("summary"),
            creator=actor,
            reporter=wanted.pop("reporter", None) or actor,
            created=at,
            updated=at,
        )
        project.next_number += 1
        changes = edits.apply(issue, wanted)
        for item in body.get("properties") or ():
            issue.properties[item["key"]] = item.get("value")
        self.issues[issue.id] = issue
        changes.append(Change("Status", None, issue.status))
        self._tell(Happening("issue_created", issue, actor, at, tuple(changes)))
        return issue

    def edit(self, issue: Issue, body: dict[str, Any], actor: User) -> None:
        wanted = self.edits.checked(body.get("fields") or {}, body.get("update") or {}, issue)
        self._changed(issue, edits.apply(issue, wanted), actor)

    def transit(self, issue: Issue, body: dict[str, Any], actor: User) -> None:
        number = str((body.get("transition") or {}).get("id"))
        found = [item for item in catalogue.leaving(issue.status) if item.id == number]
        if not found:
            raise Refused(
                400,
                f"It seems that you have tried to perform a workflow operation ({number})"
                f" that is not valid for the current state of this issue ({issue.key}).",
            )
        fields = body.get("fields") or {}
        if found[0].resolution and not fields.get("resolution"):
            raise Refused(400, errors={"resolution": "Resolution is required."})
        wanted = self.edits.checked(fields, body.get("update") or {}, issue)
        missing = {
            key: f"{key} is required."
            for key, required in found[0].screen.items()
            if required and key not in fields and not edits.held(issue, key)
        }
        if missing:
            raise Refused(400, errors=missing)
        wanted["status"] = found[0].to
        if not found[0].resolution:
            wanted["resolution"] = None
        self._changed(issue, edits.apply(issue, wanted), actor)

    def delete(self, issue: Issue, actor: User) -> None:
        del self.issues[issue.id]
        for link, _ in self.linked(issue):
            del self.links[link.id]
        for item in list(issue.attachments):
            self._drop(item)
        self._tell(Happening("issue_deleted", issue, actor, self.tick()))

    def add_comment(self, issue: Issue, body: dict[str, Any], actor: User) -> Comment:
        text = self._comment_text(body)
        stale = issue.updated
        at = issue.updated = self.tick()
        comment = Comment(self.new_id(), text, actor, at, at)
        comment.visibility = body.get("visibility")
        for item in body.get("properties") or ():
            comment.properties[item["key"]] = item.get("value")
        issue.comments.append(comment)
        self._tell(
            Happening("comment_created", issue, actor, at, comment=comment, stale_updated=stale)
        )
        return comment

    def comment(self, issue: Issue, comment_id: str) -> Comment:
        for comment in issue.comments:
            if comment.id == comment_id:
                return comment
        raise Refused(404, f"Can not find a comment for the id: {comment_id}.")

    def edit_comment(
        self, issue: Issue, comment: Comment, body: dict[str, Any], actor: User
    ) -> None:
        text = self._comment_text(body)
        stale = issue.updated
        comment.body = text
        # A restriction that is not repeated is gone, as in the real one.
        comment.visibility = body.get("visibility")
        for item in body.get("properties") or ():
            comment.properties[item["key"]] = item.get("value")
        at = comment.updated = issue.updated = self.tick()
        self._tell(
            Happening("comment_updated", issue, actor, at, comment=comment, stale_updated=stale)
        )

    def delete_comment(self, issue: Issue, comment: Comment, actor: User) -> None:
        issue.comments.remove(comment)
        at = issue.updated = self.tick()
        self._tell(Happening("comment_deleted", issue, actor, at, comment=comment))

    def linked(self, issue: Issue) -> list[tuple[Link, Issue]]:
        """Its links, each with the issue at the other end."""
        found = []
        for link in self.links.values():
            if issue.id in (link.source, link.target):
                other = link.target if link.source == issue.id else link.source
                found.append((link, self.issues[other]))
        return found

    def link(self, type_id: str, source: Issue, target: Issue, actor: User) -> None:
        """Nothing happens when there is such a link already, as in the real one."""
        if source is target:
            raise Refused(400, "You cannot link an issue to itself.")
        for held in self.links.values():
            if (held.type, held.source, held.target) == (type_id, source.id, target.id):
                return
        link = Link(self.new_id(), type_id, source.id, target.id)
        self.links[link.id] = link
        self._linked(Change("Link", None, target.key), "issuelink_created", link, actor)

    def unlink(self, link_id: str, actor: User) -> None:
        link = self.links.pop(link_id, None)
        if link is None:
            raise Refused(404, f"No issue link with id '{link_id}' exists.")
        target = self.issues[link.target]
        self._linked(Change("Link", target.key, None), "issuelink_deleted", link, actor)

    def _linked(self, change: Change, event: Event, link: Link, actor: User) -> None:
        """The date of both issues rises, and one event tells of both."""
        for number in (link.source, link.target):
            issue = self.issues[number]
            at = issue.updated = self.tick()
            issue.touched.append(at)
            issue.history.append(Edit(at, actor, (change,)))
        self._tell(Happening(event, self.issues[link.source], actor, at, link=link))

    def log_work(self, issue: Issue, worklog: Worklog, actor: User) -> Worklog:
        issue.worklogs.append(worklog)
        self._logged("worklog_created", issue, worklog, actor)
        return worklog

    def worklog(self, issue: Issue, worklog_id: str) -> Worklog:
        for worklog in issue.worklogs:
            if worklog.id == worklog_id:
                return worklog
        raise Refused(404, f"Cannot find worklog with id: '{worklog_id}'.")

    def relog_work(self, issue: Issue, worklog: Worklog, actor: User) -> None:
        """After the worklog was changed."""
        self._logged("worklog_updated", issue, worklog, actor)

    def unlog_work(self, issue: Issue, worklog: Worklog, actor: User) -> None:
        issue.worklogs.remove(worklog)
        self._logged("worklog_deleted", issue, worklog, actor)

    def _logged(self, event: Event, issue: Issue, worklog: Worklog, actor: User) -> None:
        at = worklog.updated = issue.updated = self.tick()
        spent = str(sum(each.seconds for each in issue.worklogs))
        change = Change("timespent", None, spent)
        issue.history.append(Edit(at, actor, (change,)))
        self._tell(Happening(event, issue, actor, at, (change,), worklog=worklog))

    def indexed(self, issue: Issue, column: str) -> int:
        """What the index of the search knows of a date; 0 when it does not know the issue yet."""
        seen = self._now() - self.search_lag
        if column == "created":
            return issue.created if issue.created <= seen or not self.search_lag else 0
        if not self.search_lag:
            return issue.updated
        return max((at for at in issue.touched if at <= seen), default=0)

    def attach(self, issue: Issue, path: Path, filename: str, mime: str, actor: User) -> Attachment:
        """Takes over the file at `path`."""
        at = self.tick()
        size = path.stat().st_size
        item = Attachment(self.new_id(), filename, mime, size, path, actor, at)
        issue.attachments.append(item)
        self.attachments[item.id] = (issue, item)
        self._changed(issue, [Change("Attachment", None, filename)], actor)
        return item

    def attachment(self, attachment_id: str) -> tuple[Issue, Attachment]:
        found = self.attachments.get(attachment_id)
        if found is None:
            raise Refused(404, f"The attachment with id '{attachment_id}' does not exist")
        return found

    def detach(self, attachment_id: str, actor: User) -> None:
        issue, item = self.attachment(attachment_id)
        issue.attachments.remove(item)
        self._drop(item)
        self._changed(issue, [Change("Attachment", item.filename, None)], actor)

    def _drop(self, item: Attachment) -> None:
        self.attachments.pop(item.id, None)
        item.path.unlink(missing_ok=True)

    def _project(self, fields: dict[str, Any]) -> Project:
        named = fields.get("project") or {}
        for project in self.projects.values():
            if named.get("key") == project.key or named.get("id") == project.id:
                return project
        raise Refused(400, errors={"project": "project is required"})

    def _comment_text(self, body: dict[str, Any]) -> str:
        text = body.get("body")
        if not isinstance(text, str) or not text.strip():
            raise Refused(400, errors={"comment": "Comment body can not be empty!"})
        if problem := self.edits.too_long(text):
            raise Refused(400, errors={"comment": problem})
        return text

    def _changed(self, issue: Issue, changes: list[Change], actor: User) -> None:
        if not changes:
            return
        at = issue.updated = self.tick()
        issue.history.append(Edit(at, actor, tuple(changes)))
        self._tell(Happening("issue_updated", issue, actor, at, tuple(changes)))

    def _tell(self, happening: Happening) -> None:
        happening.issue.touched.append(happening.at)
        for listener in self.listeners:
            listener(happening)
