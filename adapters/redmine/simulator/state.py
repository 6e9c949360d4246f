"""The simulated Redmine itself: who sees what, and what may be done."""

import hashlib
import hmac
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from adapters.redmine.simulator import catalogue
from adapters.redmine.simulator.config import SimulatorConfig
from adapters.redmine.simulator.model import (
    ANONYMOUS,
    Attachment,
    Issue,
    Journal,
    Project,
    Refused,
    Relation,
    TimeEntry,
    User,
)


class State:
    """`now` gives milliseconds; Redmine itself keeps whole seconds."""

    def __init__(self, config: SimulatorConfig, now: Callable[[], int]) -> None:
        self.config = config
        self.now = now
        self.folder = Path(tempfile.mkdtemp(prefix="redmine-simulator-"))
        self.users = {user.id: user for user in _people(config)}
        self.projects: dict[int, Project] = {}
        self.issues: dict[int, Issue] = {}
        self.attachments: dict[int, Attachment] = {}
        self.relations: dict[int, Relation] = {}
        self.entries: dict[int, TimeEntry] = {}
        self._last_id = 0
        last = list(config.projects)[-1]
        for identifier, name in config.projects.items():
            project = Project(self.new_id(), identifier, name, public=identifier == last)
            project.categories = {item: self.new_id() for item in catalogue.CATEGORIES}
            project.versions = {item: self.new_id() for item in catalogue.VERSIONS}
            self.projects[project.id] = project

    @property
    def me(self) -> User:
        """The administrator that the main API key belongs to."""
        return self.person("tidegate")

    def person(self, login: str) -> User:
        return next(user for user in self.users.values() if user.login == login)

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def by_key(self, token: str) -> User:
        """Nobody's key is like no key: Redmine answers as to any visitor."""
        for user in self.users.values():
            if user.token and hmac.compare_digest(user.token.encode(), token.encode()):
                return user
        return ANONYMOUS

    def may(self, user: User, permission: str) -> bool:
        return user.admin or permission in catalogue.PERMISSIONS.get(user.role, ())

    def project(self, key: str, user: User) -> Project:
        for project in self.projects.values():
            if key in (project.identifier, str(project.id)):
                if not self.sees(project, user):
                    raise _closed(user)
                return project
        raise Refused(404)

    def sees(self, project: Project, user: User) -> bool:
        return project.public or user is not ANONYMOUS

    def visible(self, number: int, user: User) -> Issue:
        """A hidden issue is refused, one that is no more is not found."""
        issue = self.issues.get(number)
        if issue is None:
            raise Refused(404)
        if not self.sees(issue.project, user):
            raise _closed(user)
        return issue

    def journal(self, issue: Issue, user: User, notes: str = "", private: bool = False) -> Journal:
        """`private` is left out in silence where the account may not set it."""
        private = private and self.may(user, "set_notes_private")
        made = Journal(self.new_id(), user, notes, self.now(), private)
        issue.journals.append(made)
        return made

    def touch(self, issue: Issue) -> None:
        issue.updated = self.now()

    def sees_journal(self, journal: Journal, user: User) -> bool:
        return (
            not journal.private
            or journal.user.id == user.id
            or self.may(user, "view_private_notes")
        )

    def relations_of(self, issue: Issue) -> list[Relation]:
        return [item for item in self.relations.values() if issue.id in (item.origin, item.to)]

    def files_of(self, issue: Issue) -> list[Attachment]:
        return [item for item in self.attachments.values() if item.issue == issue.id]

    def entries_of(self, issue: Issue) -> list[TimeEntry]:
        return [item for item in self.entries.values() if item.issue == issue.id]

    def children_of(self, issue: Issue) -> list[Issue]:
        return [item for item in self.issues.values() if item.parent == issue.id]

    def keep(self, path: Path, filename: str, mime: str, user: User) -> Attachment:
        """Takes over the file at `path`; it belongs to no issue yet."""
        number = self.new_id()
        content_digest = hashlib.sha256(path.read_bytes()).hexdigest()
        item = Attachment(
            id=number,
            filename=sanitised(filename),
            mime=mime,
            size=path.stat().st_size,
            path=path,
            author=user,
            created=self.now(),
            token=f"{number}.{content_digest}",
        )
        self.attachments[number] = item
        return item

    def detach(self, item: Attachment, user: User) -> None:
        """Raises no date of the issue, as the real one."""
        del self.attachments[item.id]
        item.path.unlink(missing_ok=True)
        issue = self.issues.get(item.issue or 0)
        if issue is not None:
            made = self.journal(issue, user)
            made.details.append(("attachment", str(item.id), item.filename, None))

    def delete(self, issue: Issue) -> None:
        for item in self.files_of(issue):
            del self.attachments[item.id]
            item.path.unlink(missing_ok=True)
        for relation in self.relations_of(issue):
            del self.relations[relation.id]
        for entry in self.entries_of(issue):
            del self.entries[entry.id]
        del self.issues[issue.id]


def sanitised(filename: str) -> str:
    """What stands behind the last slash, without what file systems dislike."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    return "".join("_" if char in "?%*:|\"<>\n\r'" else char for char in name) or "_"


def _closed(user: User) -> Refused:
    return Refused(401 if user is ANONYMOUS else 403)


def _people(config: SimulatorConfig) -> tuple[User, ...]:
    return (
        User(5, "tidegate", "Tide", "Gate", config.token, admin=True),
        User(6, "limited", "Lim", "Ited", config.limited_token, role="Reporter"),
        User(7, "alice", "Alice", "Example", "alice-token"),
        User(8, "bob", "Bob", "Example", "bob-token"),
    )
