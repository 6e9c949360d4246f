"""Bodies of the management API about the life of rules: versions, drafts, replays, dry runs."""

from typing import Annotated, Any, Literal

import msgspec

from schemas.api import IssueKey, Source, Text
from schemas.rules import Diagnostic, Difference
from schemas.values import Millis

_LARGEST = (1 << 63) - 1
Version = Annotated[int, msgspec.Meta(ge=0, le=_LARGEST)]


class RuleVersionView(msgspec.Struct, frozen=True):
    version: int
    author: str
    message: str
    created: Millis
    published: bool
    """It decides now."""
    snippets: dict[str, int] = {}
    """The versions of the snippets that it uses, by name."""


class RuleVersionDetail(msgspec.Struct, frozen=True):
    version: int
    outgoing: str
    incoming: str
    snippets: dict[str, int] = {}
    """The versions of the snippets that it uses, by name."""


class DraftView(msgspec.Struct, frozen=True):
    """Where nothing was drafted: the published rules, with `saved` 0."""

    outgoing: str
    incoming: str
    based_on: int
    author: str = ""
    message: str = ""
    saved: Millis = 0
    findings: tuple[Diagnostic, ...] = ()
    """Of the check; a draft may be saved with them, and not published."""
    warnings: tuple[Diagnostic, ...] = ()
    """Fields and values that this side's tracker does not know; they stop nothing."""
    unchecked: str = ""
    """Why these could not be looked for."""


class DraftPut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    outgoing: Source
    incoming: Source
    message: Text = ""


class PublishBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    message: Text = ""
    """'' takes the draft's."""


class RollbackBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Annotated[int, msgspec.Meta(ge=1, le=_LARGEST)]
    message: Text = ""


class DiffQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    before: Version = 0
    """0: the published one."""
    after: Version = 0
    """0: the draft."""


class RulesDiff(msgspec.Struct, frozen=True):
    before: int
    after: int
    outgoing: str
    """A unified diff; '' where nothing differs."""
    incoming: str


class ReplayBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Without sources the draft is run."""

    outgoing: Source | None = None
    incoming: Source | None = None
    since: Annotated[int, msgspec.Meta(ge=0, le=_LARGEST)] = 0
    """A moment, in milliseconds."""
    after: Annotated[int, msgspec.Meta(ge=0, le=_LARGEST)] = 0
    """Of the answer before: its `last`."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=5_000)] = 1_000


class Replayed(msgspec.Struct, frozen=True):
    """One recorded run that would have come out differently."""

    at: Millis
    twin: str
    issue: str
    direction: Literal["outgoing", "incoming"]
    version: int
    """Of the rules that decided then."""
    differences: tuple[Difference, ...]
    """`before`: by the published rules; `after`: by the draft."""


class ReplayReport(msgspec.Struct, frozen=True):
    seen: int
    unreadable: int
    """Sealed by a key that this node no longer has."""
    differing: tuple[Replayed, ...]
    fields: dict[str, int]
    """How often each place differs."""
    milliseconds: int
    last: int
    more: bool


class RecorderView(msgspec.Struct, frozen=True):
    """Switched on by the connection's settings `record_hours` and `record_megabytes`."""

    on: bool
    count: int
    size: int
    """Bytes, sealed."""
    oldest: Millis | None


class DryRunBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Without sources the published rules are run; `draft` runs the draft."""

    issue: IssueKey
    """By key or id, or the id of a twin."""
    draft: bool = False
    outgoing: Source | None = None
    incoming: Source | None = None
    ask_there: bool = False
    """Ask the other side's node what it would write: the message of this dry run travels there, and
    is shown to its rules alone. With rules that are not published only an admin may."""
    wait_seconds: Annotated[float, msgspec.Meta(ge=1, le=60)] = 20.0
    """For so long its answer is waited for."""


class Write(msgspec.Struct, frozen=True, omit_defaults=True):
    """What would be written to a tracker."""

    call: str
    """Such as `update`, `create` or `add_comment`."""
    detail: dict[str, Any]


class OtherEnd(msgspec.Struct, frozen=True):
    """What the other end of a connection would make of what it is told. Another node shows only
    what may leave it."""

    connection: str
    """The other end's name on this node; of another node, that side's short name."""
    version: int
    """Of its rules."""
    wanted: dict[str, Any] | None
    writes: tuple[Write, ...]
    notes: tuple[str, ...] = ()
    error: str = ""
    trace: str = ""


class NotAnswered(msgspec.Struct, frozen=True):
    """Why the other side's node does not show what it would write."""

    code: Literal[
        "refused",
        "too_old",
        "no_answer",
        "resting",
        "busy",
        "too_often",
        "too_large",
        "not_paired",
        "nothing_to_ask",
    ]
    reason: str
    remedy: str


class DryRun(msgspec.Struct, frozen=True):
    issue: str
    twin: str
    """'' where the issue is under no sync yet."""
    version: int
    """Of the rules that ran; 0 for a draft."""
    outgoing: dict[str, Any] | None
    """What the outgoing rule lets out; null: nothing, or it was not asked."""
    wanted: dict[str, Any] | None
    """What the incoming rule makes of the other side's newest replica; null: it ignores it, or
    none has come."""
    writes: tuple[Write, ...]
    """On this side, in their order."""
    message: dict[str, Any] | None
    """The replica that the other side would get; null: there is nothing to tell."""
    told: tuple[Difference, ...]
    """How it differs from what the other side was told last."""
    notes: tuple[str, ...]
    """What the activity log would say, and what cannot be known here."""
    error: str = ""
    trace: str = ""
    there: OtherEnd | None = None
    """Where this node has both ends, or the other one was asked, and would be told something."""
    unanswered: NotAnswered | None = None
    """Where the other side's node was asked in vain."""


class RulesView(msgspec.Struct, frozen=True):
    version: int
    outgoing: str
    incoming: str
    snippets: dict[str, int] = {}
    """The versions of the snippets that they use, by name."""


class RulesPut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    outgoing: Source
    incoming: Source
    message: Text = ""
    based_on: Annotated[int, msgspec.Meta(ge=0)] | None = None
    """The version that was edited; refused when another was saved meanwhile."""


class RulesSaved(msgspec.Struct, frozen=True):
    """`version` is None when findings kept the rules from being saved."""

    version: int | None
    findings: tuple[Diagnostic, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    """Fields and values that this side's tracker does not know; they stop nothing."""
    unchecked: str = ""
    """Why these could not be looked for."""
