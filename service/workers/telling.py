"""The second half of a reconcile: what leaves of the local issue, by rule, contract and news."""

from typing import Protocol

import msgspec

from schemas.issue import Issue
from schemas.replica import TwinMessage
from schemas.rules import Outgoing, RuleContext
from schemas.twin import Twin
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
from service.sync.merge import FieldMerge
from service.sync.outgoing import Judged, compose, news, note_held, note_judged
from service.sync.relations import only_shared
from service.sync.shared_texts import note_told
from service.workers.bench import Bench
from service.workers.local_issue import LocalIssue
from service.workers.remarks import Remarks


class Pass(Protocol):
    """The running reconcile, whose message this makes."""

    bench: Bench
    remarks: Remarks
    local: LocalIssue
    twin: Twin
    waiting: TwinMessage | None
    message: TwinMessage | None

    def note(self, event: str, **detail: str | int | list[str]) -> None: ...

    def context(self) -> RuleContext: ...


class Telling:
    def __init__(self, run: Pass) -> None:
        self._run = run
        self.last = False
        """The outgoing rule asked that the sync ends with what it let out."""

    async def tell(self, issue: Issue, before: Outgoing | None, merge: FieldMerge | None) -> None:
        """`before`: what the rule made of the issue before our own write."""
        run = self._run
        scope = self._scope()
        judged = Judged(
            news_for_rule(run.twin, issue.comments, scope) if issue.comments is not None else (),
            new_here(run.twin, issue.attachments, scope) if issue.attachments is not None else (),
        )
        removed = await self._confirm_missing(issue)
        outgoing = await self.rule(issue, judged)
        if outgoing is None:
            run.note("rule.kept_back", direction="outgoing")
            run.twin = note_held(run.twin, issue)
            return
        self.last = outgoing.stop_syncing
        fresh = news(run.twin, outgoing, before, merge)
        twin, parts = note_judged(run.twin, judged, outgoing)
        parts = msgspec.structs.replace(
            parts, removed_comments=removed[0], removed_attachments=removed[1]
        )
        twin = msgspec.structs.replace(twin, rules_version=run.bench.rules.version)
        twin, run.message = compose(
            twin,
            issue,
            outgoing,
            fresh,
            parts,
            taken=merge.taken if merge else {},
            waiting=run.waiting,
            allowed=run.bench.allowed,
        )
        if run.message is not None and run.bench.policy.paragraphs:
            twin = note_told(twin, fresh, issue, run.bench.policy)
        if run.message is not None and run.bench.far:
            run.message = await self._with_ids(run.message, issue, outgoing)
        run.twin = note_held(twin, issue)

    async def _with_ids(
        self, message: TwinMessage, issue: Issue, outgoing: Outgoing
    ) -> TwinMessage:
        """By them the other side knows a value again that is renamed here. Those of the values that
        leave as they are: a rule's own words have none."""
        own = {
            name: value
            for name, value in outgoing.fields.items()
            if value is not None and value == issue.fields.get(name)
        }
        ids = await self._run.bench.ground.ids(issue.project, own)
        replica = msgspec.structs.replace(message.replica, ids=ids)
        return msgspec.structs.replace(message, replica=replica)

    async def rule(self, issue: Issue, judged: Judged = Judged()) -> Outgoing | None:  # noqa: B008
        """What the outgoing rule and the disclosure contract let out; None: nothing."""
        run = self._run
        shown = msgspec.structs.replace(
            issue, comments=judged.comments, attachments=judged.attachments
        )
        told = (t.local_id for t in run.twin.comments if t.origin == "local" and t.version)
        context = msgspec.structs.replace(
            run.context(), previous=run.twin.sent, told=frozenset(told)
        )
        outgoing = await run.bench.engine.outgoing(run.bench.rules, shown, context)
        if outgoing is None:
            return None
        shared = msgspec.structs.replace(outgoing, fields=only_shared(outgoing.fields))
        disclosed = disclose(shared, run.bench.allowed)
        if disclosed.withheld:
            run.note("disclosure.withheld", fields=list(disclosed.withheld))
        if not run.bench.masks:
            return disclosed.outgoing
        masked = run.bench.masks.apply(disclosed.outgoing)
        where = {*masked.where, *(run.local.veiled.keys() & disclosed.outgoing.fields.keys())}
        if where:
            run.note("disclosure.masked", fields=sorted(where))
        return masked.outgoing

    def _scope(self) -> Scope:
        run = self._run
        if run.twin.resend:
            return "all"
        return "news" if run.twin.rules_version == run.bench.rules.version else "kept_back"

    async def _confirm_missing(self, issue: Issue) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Deletions by people here. Absence alone proves nothing: the tracker is asked for each."""
        run = self._run
        tracker, issue_id = run.bench.tracker, issue.ref.id
        comments: tuple[str, ...] = ()
        files: tuple[str, ...] = ()
        if issue.comments is not None:
            missing = [
                t.local_id
                for t in missing_here(run.twin, issue.comments)
                if not await run.remarks.exists(issue_id, t.local_id)
            ]
            run.twin, comments = note_missing(run.twin, frozenset(missing))
        if issue.attachments is not None:
            missing = [
                t.local_id
                for t in missing_files(run.twin, issue.attachments)
                if not await tracker.attachment_exists(issue_id, t.local_id)
            ]
            run.twin, files = note_missing_files(run.twin, frozenset(missing))
        if run.twin.resend:
            return removed_here(run.twin), removed_files_here(run.twin)
        return comments, files
