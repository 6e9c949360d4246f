"""Writing the other side's fields to the local issue, or making it from them."""

from typing import Protocol

import msgspec

from schemas.errors import Fault, TidegateError
from schemas.issue import FieldChange, Issue
from schemas.node import OpenConflict
from schemas.rules import Wanted
from schemas.twin import Twin
from schemas.values import Fields
from service.sync.decisions import (
    contradicted,
    note_decisions,
    note_merged,
    overruled,
    record_told,
)
from service.sync.incoming import (
    first_meeting,
    note_attempted,
    note_flips,
    note_intended,
    plan_draft,
    plan_fields,
)
from service.sync.losses import note_part, note_written
from service.sync.markers import issue_intent
from service.sync.merge import Conflict, FieldMerge, note_decided
from service.sync.overwritten import settle_overwritten
from service.sync.policy import Policy
from service.workers.bench import Bench
from service.workers.local_issue import LocalIssue
from service.workers.part_writes import await_outcome


class Flipping(TidegateError):
    """Two sides, or a person and a rule, keep overwriting each other."""

    fault = Fault.RULE


class Undecided(TidegateError):
    """A conflict that the policy leaves to a person."""

    fault = Fault.UNDECIDED

    def __init__(self, choices: tuple[OpenConflict, ...]) -> None:
        fields = ", ".join(choice.field for choice in choices)
        super().__init__(
            f"Both sides changed {fields}, and the policy is to ask. The other side is asked as"
            " well, and one decision frees both.",
            remedy="Choose a side: tidegate errors retry ISSUE --keep local|remote",
        )
        self.choices = choices


class Pass(Protocol):
    """The running reconcile whose twin these writes move on."""

    bench: Bench
    local: LocalIssue
    twin: Twin
    conflicts: list[Conflict]

    def note(self, event: str, **detail: str | int | list[str]) -> None: ...

    async def checkpoint(self) -> None: ...


class FieldWrites:
    def __init__(self, run: Pass) -> None:
        self._run = run

    async def create(self, wanted: Wanted) -> Issue:
        run = self._run
        bench, twin = run.bench, run.twin
        intent = next((i for i in twin.intents if i.kind == "issue"), None)
        if intent is not None:
            await_outcome(intent, bench.now())
        else:
            intent = issue_intent(twin.id, bench.connection, bench.now())
        intended = note_intended(twin, intent, wanted)
        if intended != twin:
            # Also when an earlier attempt failed: this one may create it with other values.
            run.twin = intended
            await run.checkpoint()
        draft = plan_draft(run.twin, wanted, bench.project, bench.issue_type, intent.marker)
        issue = await run.local.create(draft, run.twin)
        self._note_losses(draft.fields)
        run.note("issue.created", key=issue.ref.key, remote=twin.replica.key)
        return issue

    async def write(self, issue: Issue, wanted: Wanted, before: Fields) -> tuple[Issue, FieldMerge]:
        run = self._run
        merge, policy = self._merged(issue, wanted, before)
        against = contradicted(run.twin, run.bench.policy)
        run.twin, merge = overruled(run.twin, merge, against, wanted.fields, issue.fields)
        told = record_told(run.twin.heard, merge.conflicts, issue.fields, merge.change.set, policy)
        run.conflicts.extend(
            self._as_held(each) for each in told if each.field not in merge.undecided
        )
        if merge.undecided:
            raise Undecided(self._choices(merge, issue, wanted))
        self._record(merge.conflicts, policy)
        run.twin = note_merged(run.twin, merge, policy)
        merge = self._unveiled(merge, policy)
        if merge.woven:
            run.note("fields.merged", key=issue.ref.key, fields=list(merge.woven))
        if not merge.change:
            return issue, merge
        run.twin, flipping = note_flips(run.twin, issue, merge, run.bench.now())
        if flipping:
            raise Flipping(
                f"{', '.join(flipping)} keeps flipping between two values.",
                remedy="Make the two sides' rules agree on it, then retry.",
            )
        if run.conflicts:
            # The losing text is about to vanish from the tracker: it is kept first.
            await run.checkpoint()
        if first_meeting(run.twin):
            run.twin = note_attempted(run.twin, wanted)
            await run.checkpoint()
        written, wrote = await self._update(issue, merge.change, wanted)
        if not wrote:
            return written, merge
        names = sorted({*merge.change.set, *merge.change.add, *merge.change.remove})
        run.note("fields.written", key=issue.ref.key, fields=names)
        if written.overwritten:
            written, merge = await self._settle_overwritten(written, merge, policy, wanted)
        return _with_parts(written, issue), merge

    def _choices(self, merge: FieldMerge, issue: Issue, wanted: Wanted) -> tuple[OpenConflict, ...]:
        run = self._run
        stamps = run.twin.replica.stamps
        return tuple(
            OpenConflict(
                field=name,
                here=run.local.as_held(name, issue.fields.get(name)),
                there=wanted.fields[name],
                here_at=merge.edits[name].at,
                there_at=stamps[name].at if name in stamps else 0,
            )
            for name in merge.undecided
        )

    def _record(self, conflicts: tuple[Conflict, ...], policy: Policy, by: str = "") -> None:
        run = self._run
        by = by or ("person" if run.twin.keep else "")
        made = (msgspec.structs.replace(each, by=by) for each in conflicts)
        run.conflicts.extend(map(self._as_held, made))
        run.twin = note_decisions(run.twin, conflicts, policy, by)

    def _as_held(self, conflict: Conflict) -> Conflict:
        """What is kept for people here is what they wrote, and not its masked form."""
        held = self._run.local.as_held
        return msgspec.structs.replace(
            conflict,
            kept=held(conflict.field, conflict.kept),
            lost=held(conflict.field, conflict.lost),
        )

    def _unveiled(self, merge: FieldMerge, policy: Policy) -> FieldMerge:
        """Masks stand for what is behind them here. Where somebody there edited one away, their
        text is taken and the original is kept as the loser of a conflict."""
        run = self._run
        change, lost = run.local.unveiled(merge.change)
        known = {conflict.field for conflict in merge.conflicts}
        stamps, at = run.twin.replica.stamps, run.bench.now()
        gone = tuple(
            Conflict(
                field=name,
                winner=policy.remote_side,
                kept=change.set[name],
                lost=original,
                local_at=at,
                remote_at=stamps[name].at if name in stamps else 0,
            )
            for name, original in lost.items()
            if name not in known
        )
        if gone:
            self._record(gone, policy, by="mask")
            run.note("mask.edited_away", fields=[conflict.field for conflict in gone])
        return msgspec.structs.replace(merge, change=change)

    def _merged(self, issue: Issue, wanted: Wanted, before: Fields) -> tuple[FieldMerge, Policy]:
        run = self._run
        policy, keep = run.bench.policy, run.twin.keep
        if keep:
            side = policy.local_side if keep == "local" else policy.remote_side
            policy = msgspec.structs.replace(policy, fields={}, default=side)
        merge = plan_fields(run.twin, issue, wanted, before, policy)
        if keep:
            merge = note_decided(merge, run.twin, run.bench.now())
        return merge, policy

    async def _update(
        self, issue: Issue, change: FieldChange, wanted: Wanted
    ) -> tuple[Issue, bool]:
        run = self._run
        written, wrote = await run.local.update(issue, change, run.twin, wanted.fields)
        if wrote:
            run.bench.wrote(version=written.version)
            self._note_losses(change.set)
        return written, wrote

    async def _settle_overwritten(
        self, written: Issue, merge: FieldMerge, policy: Policy, wanted: Wanted
    ) -> tuple[Issue, FieldMerge]:
        run = self._run
        wrote = merge.change.set
        while wrote and written.overwritten:
            settled = settle_overwritten(run.twin, wrote, written, merge, policy)
            merge, wrote = settled.merge, settled.put_back
            self._record(settled.conflicts, policy)
            names = sorted(written.overwritten)
            run.note("fields.overwritten", key=written.ref.key, fields=names)
            # The tracker holds them no more: they are kept before anything else can fail.
            await run.checkpoint()
            if wrote:
                written, _ = await self._update(written, FieldChange(wrote), wanted)
                run.note("fields.put_back", key=written.ref.key, fields=sorted(wrote))
        return written, merge

    def _note_losses(self, fields: Fields) -> None:
        tracker, run = self._run.bench.tracker, self._run
        run.twin = note_written(
            run.twin, {name: tracker.losses(name, value) for name, value in fields.items()}
        )
        for name, reason in run.local.refused:
            run.twin = note_part(run.twin, name, (reason,))
        run.local.refused.clear()


def _with_parts(written: Issue, before: Issue) -> Issue:
    """An answer to a write may lack the parts that were read just before."""
    return msgspec.structs.replace(
        written,
        comments=before.comments if written.comments is None else written.comments,
        attachments=before.attachments if written.attachments is None else written.attachments,
    )
