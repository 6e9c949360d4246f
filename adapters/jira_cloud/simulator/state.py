"""The simulated Jira Cloud itself: the state of a Jira, with accounts, documents and files of a
media store."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid5

from aiohttp import web

from adapters.jira.simulator import catalogue, context, edits
from adapters.jira.simulator.model import Attachment, Issue, Project, Refused, User
from adapters.jira.simulator.state import State
from adapters.jira_cloud.simulator.config import CloudConfig, account_id
from adapters.jira_cloud.simulator.documents import Document, is_document

_NAMESPACE = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
_NOT_A_DOCUMENT = (
    "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
)
_RICH = ("description", "environment")
_PEOPLE = ("assignee", "reporter")


class CloudState(State):
    def __init__(self, config: CloudConfig, now: Callable[[], int]) -> None:
        super().__init__(config, now)
        self.clock = now
        self.cloud_config = config
        self.search_lag = int(config.index_lag * 1000)
        self.users = {}
        for name, shown in ((config.user, "Tidegate"), ("alice", "Alice"), ("bob", "Bob")):
            number = account_id(name)
            self.users[number] = User(number, shown, f"{name}@example.com")
        self.edits = CloudEdits(self.users.get, self.find, config.text_limit)
        self.customers: set[str] = set()
        """Accounts that no issue may be assigned to."""
        self.moved: dict[str, str] = {}
        """Old key -> id."""
        self.leaks = 0
        """Credentials that came to the media host, where they do not belong."""

    @property
    def me(self) -> User:
        return self.person(self.config.user)

    def person(self, name: str) -> User:
        return self.users[account_id(name)]

    def hides(self, user: User) -> bool:
        """Whether the user's address is nobody else's business."""
        return user.email.partition("@")[0] in self.cloud_config.hidden

    def find(self, key_or_id: str) -> Issue | None:
        return super().find(self.moved.get(key_or_id.upper(), key_or_id))

    def move(self, issue: Issue, key: str) -> None:
        """Into another project, which is made where there is none; the old key still leads here."""
        project = self.projects.setdefault(key, Project(self.new_id(), key, key))
        self.moved[issue.key] = issue.id
        issue.key, issue.project = f"{key}-{project.next_number}", project
        project.next_number += 1
        issue.updated = self.tick()

    def parent_problem(self, wanted: dict[str, Any]) -> str:
        lacks = wanted.get("type") == catalogue.SUB_TASK and not wanted.get("parent")
        return "Issue type is a sub-task but parent issue key or id not specified." if lacks else ""

    def media_id(self, attachment: Attachment) -> str:
        return str(uuid5(_NAMESPACE, attachment.id))

    def stored(self, media_id: str) -> Attachment:
        for _, attachment in self.attachments.values():
            if self.media_id(attachment) == media_id:
                return attachment
        raise Refused(404, "No such file")


class CloudEdits(edits.Edits):
    """Any issue may hang under another one, and be moved there at any time."""

    def _parent(self, value: Any, wanted: dict[str, Any], held: Issue | None) -> str | None:
        if value is None:
            wanted["parent"] = None
            return None
        named = value if isinstance(value, dict) else {}
        found = self._find_issue(str(named.get("id") or named.get("key") or ""))
        if found is None or found is held:
            return "Given parent work item does not exist or cannot be used."
        wanted["parent"] = found.id
        return None


def cloud(request: web.Request) -> CloudState:
    state = context.state(request)
    assert isinstance(state, CloudState)
    return state


def translated(body: dict[str, Any], rich: frozenset[str], *, documents: bool) -> dict[str, Any]:
    """A body as the state takes it: documents as texts, accounts as names. `rich` names the custom
    fields that hold documents."""
    told = dict(body)
    for name in ("fields", "update"):
        if isinstance(told.get(name), dict):
            held = told[name].items()
            texts = rich.union(_RICH) if documents else frozenset()
            told[name] = {key: _field(key, value, texts) for key, value in held}
    for name in ("body", "comment") if documents else ():
        if told.get(name) is not None:
            told[name] = _document(name, told[name])
    return told


def _field(key: str, value: Any, texts: frozenset[str]) -> Any:
    if key in texts:
        return None if value is None else _document(key, value)
    if key in _PEOPLE and isinstance(value, dict) and "name" in value:
        raise Refused(400, errors={key: "Specify a valid 'id' for an account."})
    return _account(value)


def _document(key: str, value: Any) -> Document:
    if not is_document(value):
        raise Refused(400, errors={key: _NOT_A_DOCUMENT})
    return Document(value)


def _account(value: Any) -> Any:
    if isinstance(value, list):
        return [_account(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "accountId" in value:
        return {"name": value["accountId"]}
    return {key: _account(item) for key, item in value.items()}
