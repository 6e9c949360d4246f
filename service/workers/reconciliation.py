"""One reconcile of one twin: look, ask the rules, write, look again, and decide what to send.

The deciding is `service.sync`, which does no I/O; this is the doing. Every step leaves `self.twin`
as it is to be remembered, so that a failure half-way loses nothing that was done.
"""

import msgspec

from schemas.errors import Fault, RuleError, TidegateError, TrackerError
from schemas.issue import FieldChange, Issue, Part
from schemas.replica import TwinMessage
from schemas.rules import Outgoing, RuleContext, Wanted
from schemas.twin import Twin
from schemas.values import Fields
from service.sync.attachments import (
    missing_files,
    new_here,
    note_missing_files,
    removed_files_here,
)
from service.sync.comments import (
    Scope,
    missing_here,
    news_for_rule,
    note_missing,
    removed_here,
)
from service.sync.disclosure import disclose
from service.sync.incoming import (
    first_meeting,
    for_rule,
    is_waiting,
    note_attempted,
    note_flips,
    note_intended,
    note_taken,
    plan_draft,
    plan_fields,
    previous_fields,
)
from service.sync.intake import take_in
from service.sync.markers import issue_intent
from service.sync.merge import Conflict, FieldMerge, note_decided
from service.sync.outgoing import (
    Judged,
    compose,
    compose_gone,
    compose_lacking,
    news,
    note_held,
    note_judged,
    note_local_edits,
)
from service.sync.overwritten import settle_overwritten
from service.sync.policy import Policy
from service.sync.restoring import (
    found_again,
    recall_comments,
    recall_files,
    was_heard_before,
)
from service.workers.bench import Bench, Note, Outcome
from service.workers.part_writes import PartWrites, await_outcome
from service.workers.remarks import TIME, Remarks

FIELDS_ONLY = frozenset({Part.FIELDS, Part.ATTACHMENTS})
EVERYTHING = frozenset(Part)


class Flipping(TidegateError):
    """Two sides, or a person and a rule, keep overwriting each other."""

    fault = Fault.RULE


class Undecided(TidegateError):
    """A conflict that the policy leaves to a person."""

    fault = Fault.UNDECIDED


class Reconciliation:
    def __init__(
        self,
        bench: Bench,
        twin: Twin,
        *,
        incoming: TwinMessage | None,
        waiting: TwinMessage | None,
        parts: frozenset[Part],
        deleted: bool = False,
        left_over: bool = False,
    ) -> None:
        self.bench = bench
        self.remarks = Remarks(bench.tracker, told=TIME in bench.allowed)
        self.twin = take_in(twin, incoming) if incoming else twin
        self._asked = incoming is not None and incoming.lacking
        self.waiting = waiting
        self.parts = parts or EVERYTHING
        self.deleted = deleted
        """The tracker has told that the local issue is gone; not being found then proves it."""
        self.left_over = left_over
        """Due since before this process began: in a database that was restored, what it asks for
        may have been done."""
        self._looked = 0
        self._retreat: Twin | None = None
        """The twin before it took the message in, until our own news is composed."""
        self.message: TwinMessage | None = None
        self.conflicts: list[Conflict] = []
        self.notes: list[Note] = []

    async def run(self) -> Outcome:
        try:
            await self._run()
        except TidegateError as error:
            return self._outcome(error)
        return self._outcome(None)

    def failed(self, error: TidegateError) -> Outcome:
        """What was done before an end that nobody foresaw."""
        return self._outcome(error)

    def _outcome(self, error: TidegateError | None) -> Outcome:
        if self._retreat is not None:
            # Remembered as taken in, the edits that were found with it would never be sent.
            return Outcome(self._retreat, None, (), tuple(self.notes), error)
        return Outcome(
            self.twin,
            self.message,
            tuple(self.conflicts),
            tuple(self.notes),
            error,
            looked=self._looked,
        )

    async def _run(self) -> None:
        if self.twin.stopped:
            return
        if self.twin.replica.gone:
            self.note("remote.gone", key=self.twin.replica.key)
            self.twin = msgspec.structs.replace(self.twin, stopped=True)
            return
        if self.twin.recalls == "asks":
            # What this side forgot looks like news; nothing is said before it was recalled.
            self.twin, self.message = compose_lacking(self.twin)
            return
        try:
            issue = await self._look()
        except TrackerError as error:
            gone = error.fault is Fault.GONE or (self.deleted and error.fault is Fault.NOT_FOUND)
            if gone and self.twin.issue is not None:
                self._say_gone()
                return
            raise
        if issue is None and not is_waiting(self.twin):
            if self.twin.lacking or self._asked:
                self.twin, self.message = compose_lacking(self.twin)
            return
        wanted = await self._wanted(issue) if is_waiting(self.twin) else None
        if wanted is None and issue is None:
            self.note("rule.ignored", direction="incoming")
            self.twin = msgspec.structs.replace(self.twin, included=self.twin.replica_version)
            return
        await self._reconcile(issue, wanted)

    async def _reconcile(self, issue: Issue | None, wanted: Wanted | None) -> None:
        fresh_fields = self.twin.replica_version > self.twin.included
        before, merge = None, None
        if issue is None:
            issue = await self._create(wanted or Wanted({}))
            self.twin = note_taken(self.twin, None, wanted, issue)
        elif fresh_fields and wanted is not None:
            if issue.version != self.twin.local_version:
                before = await self._outgoing(issue, Judged())
            issue, merge = await self._write_fields(issue, wanted)
            self._retreat = self.twin
            self.twin = note_taken(self.twin, merge, wanted, issue)
        else:
            self._retreat = self.twin
            self.twin = note_local_edits(self.twin, issue)
        if self.twin.keep:
            self.twin = msgspec.structs.replace(self.twin, keep="")
        if (self.twin.recalls or self.left_over) and wanted is not None:
            self._recall_parts(issue, wanted)
        writes = PartWrites(self, issue)
        await writes.find_begun(wanted)
        await self._send(issue, before, merge)
        self._retreat = None
        if wanted is not None:
            await writes.write(wanted)
        self.twin = msgspec.structs.replace(self.twin, recalls="")

    def _recall_parts(self, issue: Issue, wanted: Wanted) -> None:
        shared = self.bench.connection
        self.twin = recall_comments(self.twin, wanted.comments, issue.comments or (), shared)
        self.twin = recall_files(self.twin, issue.attachments or (), shared)

    async def _look(self) -> Issue | None:
        """The local issue as it is now; None when there is none yet."""
        twin = self.twin
        known = twin.issue.id if twin.issue else twin.recalled
        issue_id = known or await self._find_begun_issue()
        if not issue_id:
            return None
        parts = EVERYTHING if self._needs_comments() else self.parts | FIELDS_ONLY
        issue = await self.remarks.read(issue_id, parts, twin)
        self._looked = issue.version
        if issue.comments is None and self.remarks.count_differs(issue, twin):
            remarks = await self.remarks.list(issue_id, twin)
            issue = msgspec.structs.replace(issue, comments=remarks)
        if twin.recalls:
            # Nobody knows which of the values were written by us: the other side's win.
            issue = msgspec.structs.replace(issue, updated=0)
        return issue

    async def _find_begun_issue(self) -> str:
        """An issue that an interrupted attempt created: found by its marker, never made twice."""
        begun = [intent for intent in self.twin.intents if intent.kind == "issue"]
        intents = begun
        if not intents and (self.left_over or was_heard_before(self.twin)):
            intents = [issue_intent(self.twin.id, self.bench.connection, 0)]
        for intent in intents:
            found = await self.bench.tracker.find_by_marker(
                intent.marker, self.bench.project, intent.at
            )
            if found:
                self.note("issue.found_again", key=found.key)
                if not begun:
                    self.twin = found_again(self.twin)
                return found.id
        return ""

    def _needs_comments(self) -> bool:
        twin = self.twin
        mirrored = {t.remote_id for t in twin.comments if t.origin == "remote"}
        return bool(
            twin.resend
            or twin.recalls
            or (self.left_over and twin.replica.comments)
            or twin.rules_version != self.bench.rules.version
            or twin.replica.removed_comments
            or any(intent.kind == "comment" for intent in twin.intents)
            or any(comment.id in mirrored for comment in twin.replica.comments)
        )

    def _context(self) -> RuleContext:
        twin = self.twin
        return msgspec.structs.replace(
            self.bench.context,
            first_sync=twin.issue is None,
            local_key=twin.issue.key if twin.issue else "",
            local_url=twin.issue.url if twin.issue else "",
            remote_key=twin.replica.key,
            remote_url=twin.replica.url,
            now=self.bench.now(),
        )

    async def _wanted(self, issue: Issue | None) -> Wanted | None:
        replica = for_rule(self.twin)
        wanted = await self.bench.engine.incoming(
            self.bench.rules, replica, _bare(issue), self._context()
        )
        if wanted is None and issue is not None:
            return Wanted({})
        return wanted

    async def _before(self, issue: Issue) -> Fields:
        """What the incoming rule makes of the replica as it was before the remote edits."""
        twin = self.twin
        if first_meeting(twin):
            return twin.base.wanted
        fields = previous_fields(twin)
        if fields is None:
            return twin.base.wanted
        try:
            earlier = await self.bench.engine.incoming(
                self.bench.rules, for_rule(twin, fields), _bare(issue), self._context()
            )
        except RuleError:
            # A rule may not cope with a state that never was; the base is the next best witness.
            return twin.base.wanted
        return earlier.fields if earlier else {}

    async def _create(self, wanted: Wanted) -> Issue:
        bench, twin = self.bench, self.twin
        intent = next((i for i in twin.intents if i.kind == "issue"), None)
        if intent is not None:
            await_outcome(intent, bench.now())
        else:
            intent = issue_intent(twin.id, bench.connection, bench.now())
        intended = note_intended(twin, intent, wanted)
        if intended != twin:
            # Also when an earlier attempt failed: this one may create it with other values.
            self.twin = intended
            await self.checkpoint()
        issue = await bench.tracker.create(
            plan_draft(self.twin, wanted, bench.project, bench.issue_type, intent.marker)
        )
        self._looked = issue.version
        self.note("issue.created", key=issue.ref.key, remote=twin.replica.key)
        return issue

    async def _write_fields(self, issue: Issue, wanted: Wanted) -> tuple[Issue, FieldMerge]:
        policy, keep = self.bench.policy, self.twin.keep
        if keep:
            side = policy.local_side if keep == "local" else policy.remote_side
            policy = msgspec.structs.replace(policy, fields={}, default=side)
        merge = plan_fields(self.twin, issue, wanted, await self._before(issue), policy)
        if keep:
            merge = note_decided(merge, self.twin, self.bench.now())
        if merge.undecided:
            raise Undecided(
                f"Both sides changed {', '.join(merge.undecided)}, and the policy is to ask.",
                remedy="Choose a side: tidegate errors retry ISSUE --keep local|remote",
            )
        if not merge.change:
            self.conflicts.extend(merge.conflicts)
            return issue, merge
        self.twin, flipping = note_flips(self.twin, issue, merge, self.bench.now())
        if flipping:
            raise Flipping(
                f"{', '.join(flipping)} keeps flipping between two values.",
                remedy="Make the two sides' rules agree on it, then retry.",
            )
        if merge.conflicts:
            # The losing text is about to vanish from the tracker: it is kept first.
            self.conflicts.extend(merge.conflicts)
            await self.checkpoint()
        if first_meeting(self.twin):
            self.twin = note_attempted(self.twin, wanted)
            await self.checkpoint()
        written = await self.bench.tracker.update(issue, merge.change)
        self.bench.wrote(version=written.version)
        names = sorted({*merge.change.set, *merge.change.add, *merge.change.remove})
        self.note("fields.written", key=issue.ref.key, fields=names)
        if written.overwritten:
            written, merge = await self._settle_overwritten(written, merge, policy)
        return _with_parts(written, issue), merge

    async def _settle_overwritten(
        self, written: Issue, merge: FieldMerge, policy: Policy
    ) -> tuple[Issue, FieldMerge]:
        wrote = merge.change.set
        while wrote and written.overwritten:
            settled = settle_overwritten(self.twin, wrote, written, merge, policy)
            merge, wrote = settled.merge, settled.put_back
            self.conflicts.extend(settled.conflicts)
            names = sorted(written.overwritten)
            self.note("fields.overwritten", key=written.ref.key, fields=names)
            # The tracker holds them no more: they are kept before anything else can fail.
            await self.checkpoint()
            if wrote:
                written = await self.bench.tracker.update(written, FieldChange(wrote))
                self.bench.wrote(version=written.version)
                self.note("fields.put_back", key=written.ref.key, fields=sorted(wrote))
        return written, merge

    async def _send(self, issue: Issue, before: Outgoing | None, merge: FieldMerge | None) -> None:
        scope = self._scope()
        judged = Judged(
            news_for_rule(self.twin, issue.comments, scope) if issue.comments is not None else (),
            new_here(self.twin, issue.attachments, scope) if issue.attachments is not None else (),
        )
        removed = await self._confirm_missing(issue)
        outgoing = await self._outgoing(issue, judged)
        if outgoing is None:
            self.note("rule.kept_back", direction="outgoing")
            self.twin = note_held(self.twin, issue)
            return
        fresh = news(self.twin, outgoing, before, merge)
        twin, parts = note_judged(self.twin, judged, outgoing)
        parts = msgspec.structs.replace(
            parts, removed_comments=removed[0], removed_attachments=removed[1]
        )
        twin = msgspec.structs.replace(twin, rules_version=self.bench.rules.version)
        twin, self.message = compose(
            twin,
            issue,
            outgoing,
            fresh,
            parts,
            taken=merge.taken if merge else {},
            waiting=self.waiting,
            allowed=self.bench.allowed,
        )
        self.twin = note_held(twin, issue)

    def _scope(self) -> Scope:
        if self.twin.resend:
            return "all"
        return "news" if self.twin.rules_version == self.bench.rules.version else "kept_back"

    async def _outgoing(self, issue: Issue, judged: Judged) -> Outgoing | None:
        shown = msgspec.structs.replace(
            issue, comments=judged.comments, attachments=judged.attachments
        )
        outgoing = await self.bench.engine.outgoing(self.bench.rules, shown, self._context())
        if outgoing is None:
            return None
        disclosed = disclose(outgoing, self.bench.allowed)
        if disclosed.withheld:
            self.note("disclosure.withheld", fields=list(disclosed.withheld))
        return disclosed.outgoing

    async def _confirm_missing(self, issue: Issue) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Deletions by people here. Absence alone proves nothing: the tracker is asked for each."""
        tracker, issue_id = self.bench.tracker, issue.ref.id
        comments: tuple[str, ...] = ()
        files: tuple[str, ...] = ()
        if issue.comments is not None:
            missing = [
                t.local_id
                for t in missing_here(self.twin, issue.comments)
                if not await self.remarks.exists(issue_id, t.local_id)
            ]
            self.twin, comments = note_missing(self.twin, frozenset(missing))
        if issue.attachments is not None:
            missing = [
                t.local_id
                for t in missing_files(self.twin, issue.attachments)
                if not await tracker.attachment_exists(issue_id, t.local_id)
            ]
            self.twin, files = note_missing_files(self.twin, frozenset(missing))
        if self.twin.resend:
            return removed_here(self.twin), removed_files_here(self.twin)
        return comments, files

    def _say_gone(self) -> None:
        if not self.twin.gone or self.twin.resend or self._asked:
            key = self.twin.issue.key if self.twin.issue else ""
            self.twin, self.message = compose_gone(self.twin, key=key)
            self.note("issue.gone", key=key)

    async def checkpoint(self) -> None:
        """What was done and decided so far is committed, the message with it."""
        await self.bench.ledger.checkpoint(self._outcome(None))
        self.waiting = self.message or self.waiting
        self.message, self.conflicts, self.notes = None, [], []

    def note(self, event: str, **detail: str | int | list[str]) -> None:
        self.notes.append(Note(event, detail))


def _bare(issue: Issue | None) -> Issue | None:
    """Incoming rules speak of fields; the local parts would only cost time."""
    if issue is None:
        return None
    return msgspec.structs.replace(issue, comments=None, attachments=None)


def _with_parts(written: Issue, before: Issue) -> Issue:
    """An answer to a write may lack the parts that were read just before."""
    return msgspec.structs.replace(
        written,
        comments=before.comments if written.comments is None else written.comments,
        attachments=before.attachments if written.attachments is None else written.attachments,
    )
