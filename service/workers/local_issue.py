"""The local issue in the words that both sides share: its parent and links name twins.

An issue without such ties costs nothing here.
"""

from collections.abc import Awaitable, Iterator

import msgspec

from schemas.errors import Fault, TrackerError
from schemas.issue import FieldChange, Issue, IssueDraft, Part
from schemas.twin import Relations, Twin
from schemas.values import Fields, Millis, Value
from service.rules.masking import MASK
from service.rules.unmasking import elements_behind, unmasked
from service.sync.relations import (
    LINKS,
    OWN_PARENT,
    PARENT,
    Known,
    Means,
    as_shared,
    drafted,
    in_local_words,
    named_issues,
    named_twins,
)
from service.sync.snapshots import as_elements
from service.workers.bench import Bench
from service.workers.remarks import Remarks

_TIES = frozenset({PARENT, LINKS})
_NAMED = _TIES | {OWN_PARENT}
_FIELDS = frozenset({Part.FIELDS})
_RECENT: Millis = 600_000


class LocalIssue:
    def __init__(self, bench: Bench, remarks: Remarks) -> None:
        self._bench, self._remarks = bench, remarks
        capabilities = bench.tracker.capabilities
        self.means = Means(capabilities.parent, capabilities.link_kinds)
        self.relations: Relations | None = None
        """As last seen; None while they are as the twin knows them."""
        self.refused: list[tuple[str, str]] = []
        """Ties that the tracker does not take, each with its reason."""
        self._own: Fields = {}
        """The fields as the tracker told them last."""
        self.veiled: Fields = {}
        """Those of which something must never leave, as everything here sees them: masked."""

    async def read(self, issue_id: str, parts: frozenset[Part], twin: Twin) -> Issue:
        return await self._seen(await self._remarks.read(issue_id, parts, twin), twin)

    async def create(self, draft: IssueDraft, twin: Twin) -> Issue:
        fields = draft.fields
        if _NAMED & fields.keys():
            issues = await self._issues(named_twins(fields))
            draft = msgspec.structs.replace(draft, fields=drafted(fields, issues, self.means))
        return await self._seen(await self._created(draft), twin, fields)

    async def update(
        self, issue: Issue, change: FieldChange, twin: Twin, wanted: Fields
    ) -> tuple[Issue, bool]:
        """The issue afterwards. False: the tracker held it already, in its own words."""
        own = msgspec.structs.replace(issue, fields=self._own)
        if _NAMED & {*change.set, *change.add, *change.remove}:
            named = named_twins(issue.fields) | named_twins(_ties_of(change))
            issues = await self._issues(named)
            change = in_local_words(change, issue.fields, issues, self.means)
            if not change:
                return await self._seen(own, twin, wanted), False
        return await self._seen(await self._updated(own, change), twin, wanted), True

    def as_held(self, field: str, value: Value) -> Value:
        """What the tracker holds, where the value is its masked form."""
        return self._own[field] if field in self.veiled and value == self.veiled[field] else value

    def unveiled(self, change: FieldChange) -> tuple[FieldChange, Fields]:
        """The change with the originals behind its masks, and the fields as they are held of which
        something would be gone with it."""
        masks = self._bench.masks
        fresh, lost = dict(change.set), Fields()
        add, remove = dict(change.add), dict(change.remove)
        for name in self.veiled:
            own = self._own[name]
            if name in fresh:
                found = unmasked(masks, fresh[name], own)
                fresh[name] = found.value
                if found.lost:
                    lost[name] = own
            if name in add:
                add[name] = tuple(each for each in add[name] if MASK not in each)
            if name in remove:
                remove[name] = tuple(elements_behind(masks, remove[name], as_elements(own)))
        return FieldChange(
            fresh,
            {name: elements for name, elements in add.items() if elements},
            {name: elements for name, elements in remove.items() if elements},
        ), lost

    def _veil(self, fields: Fields) -> Fields:
        masks = self._bench.masks
        if not masks:
            return fields
        masked = {name: masks.value(value) for name, value in fields.items()}
        self.veiled = {name: v for name, v in masked.items() if v != fields[name]}
        return masked if self.veiled else fields

    async def _created(self, draft: IssueDraft) -> Issue:
        """A parent or a link that the tracker refuses holds nothing else back: it is a loss."""
        tracker = self._bench.tracker
        try:
            return await tracker.create(draft)
        except TrackerError as error:
            if error.fault is not Fault.VALIDATION or not _TIES & draft.fields.keys():
                raise
            refusal = error
        others = {name: value for name, value in draft.fields.items() if name not in _TIES}
        since = self._bench.now() - _RECENT
        made = await tracker.find_by_marker(draft.marker, draft.project, since)
        if made is not None:
            # Some trackers tie in a call of its own, which was the one that was refused.
            issue = await tracker.read(made.id, _FIELDS)
        else:
            issue = await self._unless(
                refusal, tracker.create(msgspec.structs.replace(draft, fields=others))
            )
        return await self._tied(issue, _change_to(draft.fields))

    async def _updated(self, own: Issue, change: FieldChange) -> Issue:
        tracker = self._bench.tracker
        ties, others = _parted(change)
        try:
            return await tracker.update(own, change)
        except TrackerError as error:
            if error.fault is not Fault.VALIDATION or not ties:
                raise
            refusal = error
        issue = await tracker.read(own.ref.id, _FIELDS)
        if others:
            issue = await self._unless(refusal, tracker.update(issue, others))
        return await self._tied(issue, ties)

    async def _unless(self, refusal: TrackerError, write: Awaitable[Issue]) -> Issue:
        """Where the rest is refused as well, the first refusal tells why."""
        try:
            return await write
        except TrackerError as error:
            raise (refusal if error.fault is Fault.VALIDATION else error) from None

    async def _tied(self, issue: Issue, ties: FieldChange) -> Issue:
        for name, change in _one_by_one(ties):
            try:
                issue = await self._bench.tracker.update(issue, change)
            except TrackerError as error:
                if error.fault is not Fault.VALIDATION:
                    raise
                self.refused.append((name, error.message))
        return issue

    async def _issues(self, twins: frozenset[str]) -> dict[str, Known]:
        return await self._bench.kin.issues_of(twins) if twins else {}

    async def _seen(self, issue: Issue, twin: Twin, wanted: Fields | None = None) -> Issue:
        self._own = issue.fields
        issue = msgspec.structs.replace(issue, fields=self._veil(issue.fields))
        named = named_issues(issue.fields) | named_issues(issue.overwritten)
        known = self.relations or twin.relations
        if not named and not known.strangers and not known.elsewhere:
            return issue
        twins = await self._bench.kin.twins_of(named) if named else {}
        wish = wanted if wanted is not None and LINKS in wanted else twin.base.wanted
        told = as_elements(wish.get(LINKS))
        fields, self.relations = as_shared(twin, issue.fields, twins, self.means, told)
        lost, _ = as_shared(twin, issue.overwritten, twins, self.means, told)
        overwritten = {name: lost[name] for name in issue.overwritten}
        return msgspec.structs.replace(issue, fields=fields, overwritten=overwritten)


def _ties_of(change: FieldChange) -> Fields:
    links = (*change.add.get(LINKS, ()), *change.remove.get(LINKS, ()))
    return {PARENT: change.set.get(PARENT), LINKS: links}


def _change_to(fields: Fields) -> FieldChange:
    links = as_elements(fields.get(LINKS))
    parent = fields.get(PARENT)
    return FieldChange(
        {PARENT: parent} if parent is not None else {}, {LINKS: tuple(links)} if links else {}
    )


def _parted(change: FieldChange) -> tuple[FieldChange, FieldChange]:
    """The new ties, and all else."""
    ties = FieldChange(
        {name: value for name, value in change.set.items() if name in _TIES},
        {name: value for name, value in change.add.items() if name in _TIES},
    )
    others = FieldChange(
        {name: value for name, value in change.set.items() if name not in _TIES},
        {name: value for name, value in change.add.items() if name not in _TIES},
        change.remove,
    )
    return ties, others


def _one_by_one(ties: FieldChange) -> Iterator[tuple[str, FieldChange]]:
    for name, value in ties.set.items():
        yield name, FieldChange({name: value})
    for name, elements in ties.add.items():
        for element in elements:
            yield name, FieldChange(add={name: (element,)})
