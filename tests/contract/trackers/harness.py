"""What the conformance suite needs of a tracker: the adapter, a person's hands, and bad weather."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

import msgspec

from adapters.port import Tracker
from schemas.values import User, Value
from tests.support.clock import Clock

Loss = Literal["error", "cut"]
Write = Literal["issue", "update", "comment", "attachment", "worklog", "link"]


class Values(msgspec.Struct, frozen=True, kw_only=True):
    """Values that the tracker at hand knows."""

    project: str
    type: str
    statuses: tuple[str, str]
    """The first one, and one that is a step away."""
    fields: Mapping[str, Value]
    """Set when an issue is made, and read back the same. A `User` is compared by its name."""
    sets: Mapping[str, tuple[str, str]] = {}
    """By set field, two elements that it may hold together."""
    several: Mapping[str, tuple[str, ...]] = {}
    """By set field, what it may be asked to hold and does not keep as it is."""
    link_kinds: tuple[str, ...] = ()
    """Of the manifest's, those that the type can hold; () for all."""
    resolved: tuple[str, str] = ("", "")
    """A status that closes an issue, and a resolution with it."""
    person: User = User(name="Alice")
    parent_type: str = ""
    """Of an issue that others may hang under; '' where any type will do."""
    discovers: bool = False
    longest_text: int = 0
    """Of a description, where the tracker has a limit; 0 for none."""


class Hands(Protocol):
    """A person at the tracker."""

    async def write_issue(self, summary: str) -> str:
        """Answers the issue's id."""
        ...

    async def rename(self, issue_id: str, summary: str) -> None: ...

    async def comment(self, issue_id: str, text: str) -> None: ...

    async def delete(self, issue_id: str) -> None: ...


class Weather(Protocol):
    """Of a simulator. Each kind of trouble meets the next call that fits, and once only."""

    def lose_answer(self, write: Write, how: Loss) -> None:
        """The write is carried out, and its answer lost: behind a 500, or with the line."""
        ...

    def throttle(self, seconds: int) -> None:
        """The next call is refused for so long."""
        ...

    def break_down(self, times: int) -> None:
        """So many calls are answered 503."""
        ...

    def answer_garbage(self) -> None:
        """The next call is answered 200 with a page that is none of the tracker's."""
        ...

    def slow(self, seconds: float) -> None: ...


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """One tracker, running."""

    name: str
    values: Values
    clock: Clock
    hands: Hands
    weather: Weather | None
    """None for a real one."""
    open: Callable[..., Tracker]
    """With settings that differ from the usual ones."""
    wrong_credentials: Mapping[str, Any]
    small_pages: Mapping[str, Any] = {}
