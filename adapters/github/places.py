"""Where issues stand. Their ids are made of the repository's number, which outlives renames."""

import re
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from adapters.github import answers, wire
from adapters.github.client import GitHubClient
from adapters.github.errors import github_error
from adapters.github.memory import Memory
from adapters.http import segment
from schemas.errors import Fault
from schemas.values import Millis

T = TypeVar("T")

_ID = re.compile(r"([1-9][0-9]{0,17})-([1-9][0-9]{0,17})")
_KEY = re.compile(r"([A-Za-z0-9_-][A-Za-z0-9._-]*/[A-Za-z0-9._-]+)(?:#|/issues/)([1-9][0-9]{0,17})")
_SHORT = re.compile(r"#?[1-9][0-9]{0,17}")
_NUMBERED = re.compile(r"/repositories/([0-9]+)(?:/issues/([0-9]+))?$")
_NAMED = re.compile(r"/repos/([^/]+/[^/]+)(?:/issues/([0-9]+))?$")


class Place(msgspec.Struct, frozen=True):
    """An issue, by its repository's number and its own."""

    repository: int
    number: int

    @property
    def id(self) -> str:
        return f"{self.repository}-{self.number}"

    @property
    def path(self) -> str:
        return f"/repositories/{self.repository}/issues/{self.number}"


def parse_id(issue_id: str) -> Place:
    """NOT_FOUND for what is no id of ours: nothing else of it may reach an address."""
    found = _ID.fullmatch(issue_id)
    if found is None:
        raise github_error(Fault.NOT_FOUND, f"{issue_id[:80]!r} is not the id of a GitHub issue.")
    return Place(int(found[1]), int(found[2]))


def repository_path(project: str) -> str:
    owner, _, name = project.partition("/")
    return f"/repos/{segment(owner)}/{segment(name)}"


def project_of(issue: answers.Issue) -> str:
    """`owner/name`, from the address that people open, which follows renames."""
    parts = urlsplit(issue.html_url).path.rstrip("/").rsplit("/", 4)
    return "/".join(parts[-4:-2])


class Repositories:
    """Names and numbers of repositories, remembered for ten minutes."""

    def __init__(
        self, client: GitHubClient, projects: tuple[str, ...], now: Callable[[], Millis]
    ) -> None:
        self._client = client
        self._projects = projects
        self._numbers: Memory[answers.Repository] = Memory(now)

    async def read(self, project: str) -> answers.Repository:
        what = f"read the repository {project}"
        return await self._numbers.get(
            project.casefold(),
            lambda: self._client.get(repository_path(project), wire.repository, what=what),
        )

    async def number(self, project: str) -> int:
        return (await self.read(project)).id

    async def place(self, key_or_id: str) -> Place:
        """From an id, from `owner/name#7`, or from the address that a browser shows. `#7` is enough
        where the connector has one repository."""
        text = key_or_id.strip()
        if len(self._projects) == 1 and _SHORT.fullmatch(text):
            text = f"{self._projects[0]}#{text.lstrip('#')}"
        if text.startswith(self._client.site + "/"):
            text = urlsplit(text).path.lstrip("/")
        found = _KEY.fullmatch(text)
        if found is None:
            return parse_id(text)
        return Place(await self.number(found[1]), int(found[2]))

    async def place_of(self, address: str) -> Place | None:
        """From the API's own address of an issue."""
        path = urlsplit(address).path
        if (found := _NUMBERED.search(path)) and found[2]:
            return Place(int(found[1]), int(found[2]))
        if (found := _NAMED.search(path)) and found[2]:
            return Place(await self.number(found[1]), int(found[2]))
        return None
