"""Looks into the simulated trackers from inside: what they hold, and how their titles went."""

import hashlib
import re
import time
from collections.abc import Iterator
from typing import Literal, Protocol

import msgspec

from adapters.azure_devops.simulator import AzureDevOpsSimulator
from adapters.azure_devops.simulator.state import Happening as AzureHappening
from adapters.azure_devops.simulator.state import Item
from adapters.jira.simulator.model import Issue
from adapters.jira.simulator.server import JiraSimulator
from adapters.jira.simulator.state import Happening as JiraHappening

Side = Literal["harbor", "lagoon"]
SIDES: tuple[Side, Side] = ("harbor", "lagoon")

_TOKEN = re.compile(r"issue-\d+-token")
_JIRA_STATUS = {"To Do": "New", "In Progress": "Active", "In Review": "Resolved", "Done": "Closed"}
_JIRA_PRIORITY = {"Highest": "1", "High": "2", "Medium": "3", "Low": "4"}


class Held(msgspec.Struct, frozen=True):
    """An issue as a tracker holds it; status and priority in the words of Azure DevOps."""

    key: str
    token: str
    """From the description; '' when a stranger made the issue."""
    summary: str
    fields: dict[str, str]
    labels: frozenset[str]
    comments: tuple[tuple[str, str], ...]
    """Ids and texts."""
    files: tuple[tuple[str, str], ...]
    """Names and hashes."""


class Shown(msgspec.Struct, frozen=True):
    """A summary, and when the tracker began to show it; in seconds."""

    summary: str
    at: float


class View(Protocol):
    titles: dict[str, list[Shown]]
    """By token: every summary that the tracker ever showed, in order."""
    changes: int
    guarded: bool
    """Whether the tracker itself refuses a write over what the writer has not seen."""

    def issues(self) -> Iterator[Held]: ...


class JiraView:
    guarded = False

    def __init__(self, simulator: JiraSimulator) -> None:
        self._state = simulator.state
        self.titles: dict[str, list[Shown]] = {}
        self.changes = 0
        self._state.listeners.append(self._heard)

    def _heard(self, happening: JiraHappening) -> None:
        self.changes += 1
        issue = happening.issue
        _note(self.titles, _token(issue.description or ""), issue.summary)

    def issues(self) -> Iterator[Held]:
        return map(self._held, self._state.issues.values())

    def _held(self, issue: Issue) -> Held:
        return Held(
            key=issue.key,
            token=_token(issue.description or ""),
            summary=issue.summary,
            fields={
                "type": issue.type,
                "status": _JIRA_STATUS[issue.status],
                "priority": _JIRA_PRIORITY[issue.priority],
            },
            labels=frozenset(issue.labels),
            comments=tuple((c.id, c.body) for c in issue.comments),
            files=tuple((f.filename, _hash(f.path.read_bytes())) for f in issue.attachments),
        )


class AzureView:
    guarded = True

    def __init__(self, simulator: AzureDevOpsSimulator) -> None:
        self._state = simulator.state
        self.titles: dict[str, list[Shown]] = {}
        self.changes = 0
        self._state.listeners.append(self._heard)

    def _heard(self, happening: AzureHappening) -> None:
        self.changes += 1
        fields = happening.item.fields
        _note(self.titles, _token(_description(fields)), fields["System.Title"])

    def issues(self) -> Iterator[Held]:
        return map(self._held, (i for i in self._state.items.values() if not i.deleted))

    def _held(self, item: Item) -> Held:
        fields = item.fields
        files = [r for r in item.relations if r["rel"] == "AttachedFile"]
        return Held(
            key=str(item.id),
            token=_token(_description(fields)),
            summary=fields["System.Title"],
            fields={
                "type": fields["System.WorkItemType"],
                "status": fields["System.State"],
                "priority": str(fields["Microsoft.VSTS.Common.Priority"]),
            },
            labels=frozenset(t for t in fields.get("System.Tags", "").split("; ") if t),
            comments=tuple((str(c.id), c.text) for c in item.comments if not c.deleted),
            files=tuple((f["attributes"]["name"], self._content(f["url"])) for f in files),
        )

    def _content(self, url: str) -> str:
        blob = self._state.blobs.get(url.partition("/attachments/")[2].partition("?")[0])
        return _hash(blob.path.read_bytes())


def _description(fields: dict[str, str]) -> str:
    return fields.get("Microsoft.VSTS.TCM.ReproSteps") or fields.get("System.Description") or ""


def _token(text: str) -> str:
    found = _TOKEN.search(text)
    return found[0] if found else ""


def _note(titles: dict[str, list[Shown]], token: str, summary: str) -> None:
    known = titles.setdefault(token, [])
    if not known or known[-1].summary != summary:
        known.append(Shown(summary, time.monotonic()))


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
