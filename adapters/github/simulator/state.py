"""The simulated GitHub itself: people, repositories, issues and what may be done with them."""

from collections.abc import Callable
from typing import Any

import msgspec

from adapters.github.simulator import edits
from adapters.github.simulator.config import SimulatorConfig
from adapters.github.simulator.model import (
    Comment,
    Issue,
    Milestone,
    Moved,
    Refused,
    Repository,
    User,
    invalid,
)

_PEOPLE = (
    ("alice", "Alice Archer", "alice@example.com"),
    ("bob", "Bob Brown", None),
    ("stranger", "Sam Stranger", "sam@example.com"),
)
_NOT_ASSIGNABLE = frozenset({"stranger"})
BODY_LIMIT = 65_536


class Happening(msgspec.Struct, frozen=True):
    """One change, for whoever listens (the webhooks)."""

    event: str
    action: str
    issue: Issue
    actor: User
    comment: Comment | None = None
    more: dict[str, Any] = {}


Listener = Callable[[Happening], None]


class State:
    """`now` gives milliseconds."""

    def __init__(self, config: SimulatorConfig, now: Callable[[], int]) -> None:
        self.config = config
        self.now = now
        self.listeners: list[Listener] = []
        self._next_id = 1000
        self.users: dict[str, User] = {}
        for login, name, email in ((config.user, "Tidegate", None), *_PEOPLE):
            self.add_user(login, name, email)
        self.repositories: dict[int, Repository] = {}
        self._renamed: dict[str, int] = {}
        for project in config.projects:
            self.add_repository(project)
        self.issues: dict[int, Issue] = {}
        self.rights = config.rights

    @property
    def me(self) -> User:
        """The account that the API's credentials belong to."""
        return self.users[self.config.user.casefold()]

    def new_id(self) -> int:
        self._next_id += 1
        return self._next_id

    def add_user(self, login: str, name: str, email: str | None, kind: str = "User") -> User:
        user = User(self.new_id(), login, name, email, kind)
        self.users[login.casefold()] = user
        return user

    def add_repository(self, project: str) -> Repository:
        owner, _, name = project.partition("/")
        kind = "Organization" if owner in self.config.organisations else "User"
        account = self.users.get(owner.casefold()) or self.add_user(owner, owner, None, kind)
        made = Repository(self.new_id(), account, name, self.now())
        made.labels["bug"] = self.new_id()
        for number, title in enumerate(self.config.milestones, 1):
            made.milestones.append(Milestone(self.new_id(), number, title, self.now()))
        self.repositories[made.id] = made
        return made

    def rename(self, repository: Repository, name: str) -> None:
        self._renamed[repository.full_name.casefold()] = repository.id
        repository.name = name

    def repository(self, full_name: str) -> Repository:
        for one in self.repositories.values():
            if one.full_name.casefold() == full_name.casefold():
                return one
        if full_name.casefold() in self._renamed:
            raise Moved(f"/repositories/{self._renamed[full_name.casefold()]}")
        raise Refused(404, "Not Found")

    def repository_by_id(self, number: int) -> Repository:
        if number not in self.repositories:
            raise Refused(404, "Not Found")
        return self.repositories[number]

    def user(self, login: str) -> User:
        found = self.users.get(login.casefold())
        if found is None:
            raise Refused(404, "Not Found")
        return found

    def assignable(self) -> list[User]:
        return [
            user
            for user in self.users.values()
            if user.kind == "User" and user.login not in _NOT_ASSIGNABLE
        ]

    def in_repository(self, repository: Repository) -> list[Issue]:
        return [one for one in self.issues.values() if one.repository is repository]

    def issue(self, repository: Repository, number: int) -> Issue:
        for one in self.issues.values():
            if one.repository is repository and one.number == number:
                return one
        if number in repository.gone:
            if path := repository.gone[number]:
                raise Moved(path)
            raise Refused(410, "This issue was deleted")
        raise Refused(404, "Not Found")

    def by_id(self, issue_id: object) -> Issue:
        if not isinstance(issue_id, int) or issue_id not in self.issues:
            raise Refused(404, "Not Found")
        return self.issues[issue_id]

    def may_triage(self, actor: User) -> bool:
        return actor is not self.me or self.rights != "read"

    def create(
        self, repository: Repository, body: dict[str, Any], actor: User, *, pull: bool = False
    ) -> Issue:
        if not repository.has_issues:
            raise Refused(410, "Issues are disabled for this repo")
        if not body.get("title"):
            raise invalid("title", code="missing_field")
        at = self.now()
        issue = Issue(self.new_id(), repository, repository.next_number, "", actor, at, at)
        issue.pull_request = pull
        edits.apply(self, issue, body, actor)
        repository.next_number += 1
        self.issues[issue.id] = issue
        self._tell("issues", "opened", issue, actor)
        return issue

    def edit(self, issue: Issue, body: dict[str, Any], actor: User) -> None:
        actions = edits.apply(self, issue, body, actor)
        self.changed(issue, actor, *actions)

    def changed(self, issue: Issue, actor: User, *actions: str) -> None:
        if actions:
            issue.updated = self.now()
        for action in actions:
            self._tell("issues", action, issue, actor)

    def delete(self, issue: Issue, actor: User) -> None:
        del self.issues[issue.id]
        issue.repository.gone[issue.number] = ""
        self._tell("issues", "deleted", issue, actor)

    def transfer(self, issue: Issue, target: Repository, actor: User) -> Issue:
        """The issue gets a new number and a new id, as in the real one."""
        old = msgspec.structs.replace(issue)
        del self.issues[issue.id]
        moved = msgspec.structs.replace(
            issue, id=self.new_id(), repository=target, number=target.next_number
        )
        target.next_number += 1
        moved.updated = self.now()
        self.issues[moved.id] = moved
        path = f"/repositories/{target.id}/issues/{moved.number}"
        issue.repository.gone[issue.number] = path
        self._tell("issues", "transferred", old, actor)
        return moved

    def comment(self, repository: Repository, comment_id: int) -> tuple[Issue, Comment]:
        for issue in self.in_repository(repository):
            for comment in issue.comments:
                if comment.id == comment_id:
                    return issue, comment
        raise Refused(404, "Not Found")

    def add_comment(self, issue: Issue, text: object, actor: User) -> Comment:
        body = self._checked(text)
        at = self.now()
        comment = Comment(self.new_id(), body, actor, at, at)
        issue.comments.append(comment)
        issue.updated = at
        self._tell("issue_comment", "created", issue, actor, comment)
        return comment

    def edit_comment(self, issue: Issue, comment: Comment, text: object, actor: User) -> None:
        """Leaves the issue's own time alone, as the real one may."""
        comment.body = self._checked(text)
        comment.updated = self.now()
        self._tell("issue_comment", "edited", issue, actor, comment)

    def delete_comment(self, issue: Issue, comment: Comment, actor: User) -> None:
        issue.comments.remove(comment)
        issue.updated = self.now()
        self._tell("issue_comment", "deleted", issue, actor, comment)

    def set_parent(self, child: Issue, parent: Issue | None, actor: User) -> None:
        before = self.issues.get(child.parent or 0)
        child.parent = parent.id if parent else None
        child.updated = self.now()
        action = "parent_issue_added" if parent else "parent_issue_removed"
        shown = parent or before or child
        self._tell("sub_issues", action, child, actor, parent_issue=shown, sub_issue=child)

    def set_blocked(self, issue: Issue, by: Issue, blocked: bool, actor: User) -> None:
        if blocked and by.id not in issue.blocked_by:
            issue.blocked_by.append(by.id)
        elif not blocked:
            issue.blocked_by.remove(by.id)
        action = "blocked_by_added" if blocked else "blocked_by_removed"
        self._tell(
            "issue_dependencies", action, issue, actor, blocked_issue=issue, blocking_issue=by
        )

    def _checked(self, text: object) -> str:
        if not isinstance(text, str) or not text.strip():
            raise invalid("body", code="missing_field")
        if len(text) > BODY_LIMIT:
            raise edits.too_long("body")
        return text

    def _tell(
        self,
        event: str,
        action: str,
        issue: Issue,
        actor: User,
        comment: Comment | None = None,
        **more: Issue,
    ) -> None:
        happening = Happening(event, action, issue, actor, comment, more)
        for listener in self.listeners:
            listener(happening)
