"""One reconcile of one twin: look, ask the rules, write, look again, and decide what to send.

The deciding is `service.sync`, which does no I/O; this is the doing. Every step leaves `self.twin`
as it is to be remembered, so that a failure half-way loses nothing that was done.
"""

import msgspec

from schemas.errors import Fault, MappingError, RuleError, TidegateError, TrackerError
from schemas.issue import Issue, Part
from schemas.replica import TwinMessage
from schemas.rules import RuleContext, Wanted
from schemas.twin import Loss, Twin
from schemas.values import Fields
from service.sync.incoming import (
    first_meeting,
    for_rule,
    is_waiting,
    is_whole,
    note_anew,
    note_late,
    note_taken,
    previous_fields,
)
from service.sync.intake import take_in
from service.sync.losses import note_wished
from service.sync.markers import issue_intent
from service.sync.merge import Conflict, FieldMerge
from service.sync.outgoing import (
    compose_gone,
    compose_lacking,
    note_local_edits,
)
from service.sync.relations import OWN_PARENT, PARENT, is_parent, ties
from service.sync.restoring import (
    found_again,
    note_forgotten,
    recall_comments,
    recall_files,
    was_heard_before,
)
from service.sync.shared_texts import note_shared
from service.workers.bench import Bench, Note, Outcome
from service.workers.field_writes import FieldWrites, Undecided
from service.workers.fitting import Fit, Fitting
from service.workers.local_issue import LocalIssue
from service.workers.part_writes import PartWrites
from service.workers.remarks import TIME, Remarks
from service.workers.telling import Telling

FIELDS_ONLY = frozenset({Part.FIELDS, Part.ATTACHMENTS})
EVERYTHING = frozenset(Part)


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
        self.local = LocalIssue(bench, self.remarks)
        self._fitting = Fitting(bench, self.local.means)
        self._fit = Fit(Wanted({}))
        self.twin = take_in(twin, incoming) if incoming else twin
        self._turn = twin.turn
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
        if self.twin.turn != self._turn:
            self.note(
                "twin.stopped_there" if self.twin.stopped else "twin.started_there",
                reason=self.twin.stop_reason,
            )
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
        if self.twin.recalls:
            self.twin = note_forgotten(self.twin)
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
        wanted = await self._wanted(issue) if self._has_wishes() else None
        if wanted is None and issue is None:
            self.note("rule.ignored", direction="incoming")
            self.twin = msgspec.structs.replace(self.twin, included=self.twin.replica_version)
            return
        await self._reconcile(issue, wanted)

    def _has_wishes(self) -> bool:
        """Also of what was taken in: ties whose other end was not here."""
        late = bool(self.twin.relations.left_out) and is_whole(self.twin)
        return is_waiting(self.twin) or late or self._asks_anew()

    def _asks_anew(self) -> bool:
        return self.twin.anew and self.twin.replica_version > 0 and is_whole(self.twin)

    async def _reconcile(self, issue: Issue | None, wanted: Wanted | None) -> None:
        anew = self._asks_anew()
        fresh = wanted is not None and (anew or self.twin.replica_version > self.twin.included)
        before, merge = None, None
        writes, telling = FieldWrites(self), Telling(self)
        if issue is None:
            wanted = wanted or Wanted({})
            issue = await self._create(writes, wanted)
            if issue is None:
                return
            self.twin = note_taken(self._fitted(), None, wanted, issue)
            self._note_shared(frozenset(), wanted, issue)
        elif fresh and wanted is not None:
            if issue.version != self.twin.local_version:
                before = await telling.rule(issue)
            earlier = await self._before(issue)
            try:
                issue, merge = await writes.write(issue, wanted, earlier)
            except Undecided:
                await self._ask_both(telling, issue, wanted)
                raise
            issue = self._shared(issue)
            self._retreat = self.twin
            self.twin = note_taken(self._fitted(), merge, wanted, issue)
            self._note_shared(merge.standing, wanted, issue)
            if anew:
                self.twin = note_anew(self.twin, merge)
        elif wanted is not None and self._fit.left_out != self.twin.relations.left_out:
            issue, merge = await self._write_late(writes, issue, wanted)
        else:
            self._retreat = self.twin
            self.twin = note_local_edits(self.twin, issue)
        if self.twin.keep:
            self.twin = msgspec.structs.replace(self.twin, keep="")
        if (self.twin.recalls or self.left_over) and wanted is not None:
            self._recall_parts(issue, wanted)
        parts = PartWrites(self, issue)
        await parts.find_begun(wanted)
        await telling.tell(issue, before, merge)
        self._retreat = None
        if wanted is not None:
            await parts.write(wanted)
        self.twin = msgspec.structs.replace(self.twin, recalls="")
        if telling.last or (wanted is not None and wanted.stop_syncing):
            self._stop_syncing()

    async def _ask_both(self, telling: Telling, issue: Issue, wanted: Wanted) -> None:
        """The other side learns of our edit without our having taken theirs in: so it comes upon
        the same conflict, and its people see both values too. A side that forgot its past does not
        know what of its own is news."""
        if self.twin.recalls:
            return
        self.twin = note_local_edits(self.twin, issue)
        await PartWrites(self, issue).find_begun(wanted)
        await telling.tell(issue, None, None)

    def _note_shared(self, standing: frozenset[str], wanted: Wanted, issue: Issue) -> None:
        policy = self.bench.policy
        if policy.paragraphs or self.twin.texts:
            self.twin = note_shared(self.twin, standing, wanted, issue, policy)

    def _stop_syncing(self) -> None:
        """As a rule asked, but not before the parts that are on their way have come."""
        if not is_waiting(self.twin):
            self.note("rule.stopped_syncing")
            self.twin = msgspec.structs.replace(self.twin, stopped=True)

    async def _write_late(
        self, writes: FieldWrites, issue: Issue, wanted: Wanted
    ) -> tuple[Issue, FieldMerge]:
        """Of a replica that was taken in: the ties whose other end has come since."""
        late = ties(wanted.fields)
        before = ties(self.twin.base.wanted)
        issue, merge = await writes.write(issue, Wanted(late), before)
        issue = self._shared(issue)
        self._retreat = self.twin
        self.twin = note_late(self._fitted(), merge, late, issue)
        return issue, merge

    async def _create(self, writes: FieldWrites, wanted: Wanted) -> Issue | None:
        """None: an issue of a type that needs a parent waits until its parent is here."""
        left_out = any(is_parent(tie) for tie in self._fit.left_out)
        if left_out and await self._needs_parent(wanted):
            self._wait_for_parent()
            return None
        try:
            issue = self._shared(await writes.create(wanted))
        except TrackerError as error:
            named = {PARENT, OWN_PARENT} & {n for n, v in wanted.fields.items() if v is not None}
            lacks = error.fault is Fault.VALIDATION and not named
            if lacks and await self._needs_parent(wanted):
                self._wait_for_parent()
                return None
            raise
        self._looked = issue.version
        return issue

    async def _needs_parent(self, wanted: Wanted) -> bool:
        project = wanted.project or self.bench.project
        fields = await self.bench.ground.fields(project, wanted.type or self.bench.issue_type)
        parent = fields.get(PARENT) if fields else None
        return parent is not None and parent.required

    def _wait_for_parent(self) -> None:
        """No attempt is burnt: the parent rings, or the other side tells of one."""
        self.note("issue.waits_for_parent", remote=self.twin.replica.key)
        waits = Loss(PARENT, "The issue is made here once its parent is here.")
        self.twin = note_wished(self._fitted(), (*self._fit.losses, waits))

    def _fitted(self) -> Twin:
        """The twin once the wish was taken in as far as it can be had here."""
        fit = self._fit
        relations = msgspec.structs.replace(self.twin.relations, left_out=fit.left_out)
        if relations != self.twin.relations:
            self.twin = msgspec.structs.replace(self.twin, relations=relations)
        return note_wished(self.twin, fit.losses) if fit.losses or self.twin.losses else self.twin

    def _shared(self, issue: Issue) -> Issue:
        """Remembers what the tracker was seen to hold of ties that are told from elsewhere."""
        seen = self.local.relations
        if seen is not None:
            known = self.twin.relations
            relations = msgspec.structs.replace(seen, left_out=known.left_out)
            self.twin = msgspec.structs.replace(self.twin, relations=relations)
        return issue

    def _recall_parts(self, issue: Issue, wanted: Wanted) -> None:
        shared = self.bench.connection
        held = tuple(map(self.remarks.as_held, wanted.comments))
        self.twin = recall_comments(self.twin, held, issue.comments or (), shared)
        before = self.twin.attachments
        self.twin = recall_files(self.twin, issue.attachments or (), shared)
        if self.twin.attachments != before:
            names = {file.id: file.filename for file in self.twin.replica.attachments}
            known = [t.remote_id for t in self.twin.attachments if t not in before]
            self.note("files.known_again", files=[names[id] for id in known if id in names])

    async def _look(self) -> Issue | None:
        """The local issue as it is now; None when there is none yet."""
        twin = self.twin
        known = twin.issue.id if twin.issue else twin.recalled
        issue_id = known or await self._find_begun_issue()
        if not issue_id:
            return None
        parts = EVERYTHING if self._needs_comments() else self.parts | FIELDS_ONLY
        issue = self._shared(await self.local.read(issue_id, parts, twin))
        twin = self.twin
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

    def context(self) -> RuleContext:
        twin = self.twin
        return msgspec.structs.replace(
            self.bench.context,
            first_sync=twin.issue is None,
            local_key=twin.issue.key if twin.issue else "",
            local_url=twin.issue.url if twin.issue else "",
            remote_key=twin.replica.key,
            remote_url=twin.replica.url,
            mirror=twin.mirror or twin.issue is None,
            now=self.bench.now(),
        )

    def _incoming_context(self) -> RuleContext:
        taken = (t.remote_id for t in self.twin.comments if t.origin == "remote" and not t.removed)
        return msgspec.structs.replace(
            self.context(), previous=self.twin.base.replica, taken=frozenset(taken)
        )

    async def _wanted(self, issue: Issue | None) -> Wanted | None:
        replica = for_rule(self.twin)
        wanted = await self.bench.engine.incoming(
            self.bench.rules, replica, _bare(issue), self._incoming_context()
        )
        if wanted is None:
            return None if issue is None else Wanted({})
        self._fit = await self._fitting.wanted(self.twin, wanted, issue)
        return self._fit.wanted

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
                self.bench.rules, for_rule(twin, fields), _bare(issue), self._incoming_context()
            )
        except (RuleError, MappingError):
            # A rule may not cope with a state that never was; the base is the next best witness.
            return twin.base.wanted
        return await self._fitting.before(twin, earlier, issue) if earlier else {}

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
