"""What rules are given and what they return, as the rest of the daemon sees it."""

import msgspec

from schemas.rich_text import RichText
from schemas.values import Fields, Work


class Snippet(msgspec.Struct, frozen=True):
    """A file `snippets/NAME.py` that rules share, at one version."""

    name: str
    version: int
    source: str


class RuleSet(msgspec.Struct, frozen=True):
    """The two files of one connection, at one version."""

    version: int
    outgoing: str
    incoming: str
    tables: str = ""
    """The connection's mapping tables as the rules' engine takes them; '' for none."""
    snippets: tuple[Snippet, ...] = ()
    """Those that the files import, at the versions that decide."""


class RuleContext(msgspec.Struct, frozen=True, omit_defaults=True):
    connection: str
    local_side: str
    remote_side: str
    first_sync: bool = False
    local_key: str = ""
    local_url: str = ""
    remote_key: str = ""
    remote_url: str = ""
    project: str = ""
    """Where incoming issues are made."""
    mirror: bool = False
    """This side's issue was made, or is about to be, for the other side's."""
    now: int = 0
    """The frozen clock that the rule sees, in milliseconds."""
    previous: Fields = {}
    """The fields that the rule saw or sent last; large values are left out."""
    told: frozenset[str] = frozenset()
    """Ids of local comments of which the other side holds an earlier wording."""
    taken: frozenset[str] = frozenset()
    """Ids of remote comments of which this side holds an earlier wording."""
    local_keys: dict[str, str | None] = {}
    """Of other issues that the rule asked for, by their keys on the other side; None where the
    issue is not under sync."""
    remote_keys: dict[str, str | None] = {}
    """The same the other way round."""


class OutgoingComment(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    body: RichText
    internal: bool = False
    work: Work | None = None


class Outgoing(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the outgoing rule lets out. Of comments it was shown only new and changed ones."""

    fields: Fields
    comments: tuple[OutgoingComment, ...] = ()
    attachments: tuple[str, ...] = ()
    """Ids of those that may travel."""
    stop_syncing: bool = False
    """This is the last that the other side hears of the issue."""


class WantedComment(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    """The remote comment's id."""
    body: RichText
    internal: bool = False
    work: Work | None = None


class Wanted(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the incoming rule wants the local issue to be; what it leaves out stays as it is."""

    fields: Fields
    comments: tuple[WantedComment, ...] = ()
    attachments: tuple[str, ...] = ()
    """Ids of remote attachments to take over."""
    project: str = ""
    type: str = ""
    stop_syncing: bool = False
    """Once this was written the issue is no longer under sync here."""
    ours: frozenset[str] = frozenset()
    """Fields whose person the rule names as this side does; no table maps them once more."""


class Diagnostic(msgspec.Struct, frozen=True):
    """One finding of a rule check; line and column count from 1."""

    file: str
    line: int
    column: int
    message: str
    source: str = ""
    """The line itself."""
    end_column: int = 0


class Difference(msgspec.Struct, frozen=True):
    """Where two results of a rule differ; `before` and `after` as JSON, "" for nothing."""

    at: str
    """Such as `fields.status` or `comments.c1.body`."""
    before: str
    after: str
