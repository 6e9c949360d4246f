"""Changes of an item's relations. One is removed by its place in the list, and another may come or
go without raising the revision: so the answer is checked, and a wrong removal is put back."""

import structlog

from adapters.azure_devops import wire
from adapters.azure_devops.errors import tracker_error
from adapters.azure_devops.items import Items
from adapters.azure_devops.links import PARENT, key
from adapters.azure_devops.operations import (
    Operation,
    RelationChange,
    add_relation,
    test_rev,
)
from schemas.errors import Fault, TrackerError

log = structlog.get_logger()

_TRIES = 5
"""Attempts when others write to the same item at the same time."""


class Relations:
    def __init__(self, items: Items) -> None:
        self._items = items

    async def append(self, item_id: str, operations: list[Operation]) -> wire.WorkItem:
        """Appending commutes with every other change, so it needs no test of the revision."""
        for _ in range(_TRIES - 1):
            try:
                return await self._items.patch(item_id, operations)
            except TrackerError as error:
                if error.fault is not Fault.CONFLICT:
                    raise
        return await self._items.patch(item_id, operations)

    async def save(
        self, item_id: str, rev: int, operations: list[Operation], change: RelationChange
    ) -> wire.WorkItem:
        """Over `rev`, in one call where nothing is removed."""
        if change.remove:
            return await self._compared(item_id, rev, operations, change)
        added = list(change.add.values())
        try:
            return await self._items.patch(item_id, [test_rev(rev), *operations, *added])
        except TrackerError as error:
            if error.fault is not Fault.VALIDATION or not change.add:
                raise
            # Somebody may have made the same link, or given the item another parent.
            before = await self._items.read(item_id)
            if _steps(before, change) == added:
                raise
            return await self._compared(item_id, rev, operations, change, before)

    async def remove(self, item_id: str, name: str) -> None:
        """Whatever the revision is; what is gone already is fine."""
        change = RelationChange(remove=frozenset({name}))
        for _ in range(_TRIES - 1):
            before = await self._items.read(item_id)
            try:
                await self._compared(item_id, before.rev, [], change, before)
            except TrackerError as error:
                if error.fault is not Fault.CONFLICT:
                    raise
            else:
                return
        before = await self._items.read(item_id)
        await self._compared(item_id, before.rev, [], change, before)

    async def _compared(
        self,
        item_id: str,
        rev: int,
        operations: list[Operation],
        change: RelationChange,
        before: wire.WorkItem | None = None,
    ) -> wire.WorkItem:
        for _ in range(_TRIES):
            before = before or await self._items.read(item_id)
            steps = [*_steps(before, change), *operations]
            if not steps:
                return before
            after = await self._items.patch(item_id, [test_rev(rev), *steps])
            left = {key(one) for one in after.relations or ()}
            if not change.remove & left:
                return after
            after = await self._put_back(item_id, before, after)
            # The fields are written by now, over the revision that was expected.
            before, rev, operations = None, after.rev, []
        raise tracker_error(Fault.CONFLICT, f"the relations of work item {item_id} keep changing.")

    async def _put_back(
        self, item_id: str, before: wire.WorkItem, after: wire.WorkItem
    ) -> wire.WorkItem:
        left = {key(one) for one in after.relations or ()}
        lost = [one for one in before.relations or () if key(one) not in left]
        log.warning("tracker.relation_restored", issue=item_id, relations=len(lost))
        if not lost:
            return after
        return await self.append(
            item_id, [add_relation(one.rel, one.url, one.attributes.comment or "") for one in lost]
        )


def _steps(item: wire.WorkItem, change: RelationChange) -> list[Operation]:
    """What of the change is still to be done. The last place goes first, so that none shifts."""
    held = {key(one): place for place, one in enumerate(item.relations or ())}
    gone = [place for name, place in held.items() if name in change.remove]
    if change.moves:
        gone += [
            place
            for place, one in enumerate(item.relations or ())
            if one.rel == PARENT and key(one) not in change.add and place not in gone
        ]
    removals = [Operation("remove", f"/relations/{place}") for place in sorted(gone, reverse=True)]
    return [*removals, *(step for name, step in change.add.items() if name not in held)]
