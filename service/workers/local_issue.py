"""The local issue in the words that both sides share: its parent and links name twins.

An issue without such ties costs nothing here.
"""

import msgspec

from schemas.issue import FieldChange, Issue, IssueDraft, Part
from schemas.twin import Relations, Twin
from schemas.values import Fields
from service.sync.relations import (
    LINKS,
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


class LocalIssue:
    def __init__(self, bench: Bench, remarks: Remarks) -> None:
        self._bench, self._remarks = bench, remarks
        capabilities = bench.tracker.capabilities
        self.means = Means(capabilities.parent, capabilities.link_kinds)
        self.relations: Relations | None = None
        """As last seen; None while they are as the twin knows them."""
        self._own: Fields = {}
        """The fields as the tracker told them last."""

    async def read(self, issue_id: str, parts: frozenset[Part], twin: Twin) -> Issue:
        return await self._seen(await self._remarks.read(issue_id, parts, twin), twin)

    async def create(self, draft: IssueDraft, twin: Twin) -> Issue:
        fields = draft.fields
        if _TIES & fields.keys():
            issues = await self._issues(named_twins(fields))
            draft = msgspec.structs.replace(draft, fields=drafted(fields, issues, self.means))
        return await self._seen(await self._bench.tracker.create(draft), twin, fields)

    async def update(
        self, issue: Issue, change: FieldChange, twin: Twin, wanted: Fields
    ) -> tuple[Issue, bool]:
        """The issue afterwards. False: the tracker held it already, in its own words."""
        own = msgspec.structs.replace(issue, fields=self._own)
        if _TIES & {*change.set, *change.add, *change.remove}:
            named = named_twins(issue.fields) | named_twins(_ties_of(change))
            issues = await self._issues(named)
            change = in_local_words(change, issue.fields, issues, self.means)
            if not change:
                return await self._seen(own, twin, wanted), False
        return await self._seen(await self._bench.tracker.update(own, change), twin, wanted), True

    async def _issues(self, twins: frozenset[str]) -> dict[str, Known]:
        return await self._bench.kin.issues_of(twins) if twins else {}

    async def _seen(self, issue: Issue, twin: Twin, wanted: Fields | None = None) -> Issue:
        self._own = issue.fields
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
