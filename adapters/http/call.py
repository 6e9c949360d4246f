"""One request to a tracker, and what came back."""

from collections.abc import Mapping
from typing import Literal
from urllib.parse import quote

import msgspec

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
Redirects = Literal["own", "anywhere", "shown"]


def segment(text: str) -> str:
    """One part of a path, whatever characters it holds."""
    quoted = quote(text, safe="")
    # Dots alone would be taken for a step through folders.
    return quoted if text.strip(".") else quoted.replace(".", "%2E")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    what: str
    """Completes the sentence "The tracker refused to ..."."""
    path: str
    """Quoted, below the base; or a whole address of the same origin, such as a link to a page."""
    method: Method = "GET"
    query: Mapping[str, str] = {}
    body: bytes | None = None
    content_type: str = "application/json"
    """Of `body`; not sent without one."""
    headers: Mapping[str, str] = {}
    write: bool = False
    """A lost answer leaves the outcome open."""
    repeatable: bool = False
    """A write that may be sent twice without harm. Reads always are."""
    transfer: bool = False
    """A large body, whose time depends on the line."""
    lane: str = ""
    """Calls of one lane go one after the other, for trackers that mind writes to one issue at the
    same time."""
    group: str = ""
    """What the tracker counts together when it limits, where it does not count all calls as one."""
    redirects: Redirects = "own"
    """`own` follows within the tracker's origin; `anywhere` lets a read go on to another server,
    without credentials; `shown` makes the redirect itself the answer."""
    anonymous: bool = False
    """Sent without the dialect's `authorize`: a login itself."""
    largest: int = 0
    """Bytes of the answer; 0 takes the connector's setting."""


class Answer(msgspec.Struct, frozen=True):
    """A good answer, or 304 to a call with `If-None-Match`."""

    status: int
    headers: Mapping[str, str]
    """Found without regard to case."""
    body: bytes
    url: str
    """Where it came from in the end, after redirects."""


class Refusal(msgspec.Struct, frozen=True):
    """An answer that is none of the good ones."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    what: str
    write: bool
    now: int
    """Milliseconds, for dates in headers."""
