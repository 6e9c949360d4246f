"""What this process reconciled lately: enough to know an echo and a quick second edit at sight."""

import msgspec

from schemas.twin import Twin
from schemas.values import Millis
from service.store.twin_records import TwinKey
from service.workers.roster import LiveConnection

KEPT = 100_000
_COMMENTS = 12
"""Of each twin; webhooks tell a comment soon after it was made."""


class Rest(msgspec.Struct, frozen=True):
    at: Millis = 0
    """When it last had something to send."""
    version: int = 0
    """The local version that was reconciled."""
    looked: int = 0
    """The local version that was last read with its attachments: before our own writes."""
    comments: tuple[str, ...] = ()
    """The newest local comments that were read or written."""


class Recent:
    def __init__(self) -> None:
        self._rest: dict[TwinKey, Rest] = {}
        self._by_issue: dict[tuple[str, str], TwinKey] = {}

    def note(
        self,
        key: TwinKey,
        live: LiveConnection,
        twin: Twin,
        *,
        looked: int,
        sent_at: Millis | None,
    ) -> None:
        """A reconcile that was committed."""
        known = self._rest.pop(key, Rest())
        at = sent_at if sent_at is not None else known.at
        traced = (trace.local_id for trace in twin.comments[-_COMMENTS:] if trace.local_id)
        comments = _newest((*known.comments, *traced))
        self._rest[key] = Rest(at, twin.local_version, max(looked, known.looked), comments)
        if twin.issue is not None:
            self._by_issue[live.record.connector, twin.issue.id] = key
        while len(self._rest) > KEPT:
            del self._rest[next(iter(self._rest))]
        while len(self._by_issue) > KEPT:
            del self._by_issue[next(iter(self._by_issue))]

    def wrote(self, key: TwinKey, *, version: int = 0, comment: str = "") -> None:
        """A write of our own that is not committed yet: its webhook may be faster. Of a twin that
        this process has not reconciled before nothing is noted."""
        known = self._rest.get(key)
        if known is None:
            return
        comments = _newest((*known.comments, comment)) if comment else known.comments
        self._rest[key] = Rest(known.at, max(version, known.version), known.looked, comments)

    def forget(self, key: TwinKey) -> None:
        self._rest.pop(key, None)

    def of(self, key: TwinKey) -> Rest | None:
        return self._rest.get(key)

    def twin_of(self, connector: str, issue: str) -> TwinKey | None:
        """Both by id. Names one twin: ask only where an issue can have but one."""
        return self._by_issue.get((connector, issue))

    def of_issue(self, connector: str, issue: str) -> Rest | None:
        """As `twin_of`."""
        key = self.twin_of(connector, issue)
        return None if key is None else self._rest.get(key)


def _newest(comments: tuple[str, ...]) -> tuple[str, ...]:
    """Without repeats."""
    return tuple(dict.fromkeys(comments))[-_COMMENTS:]
