"""The management API's calls about the configuration as a whole."""

from collections.abc import Collection

import msgspec
import sqlalchemy as sa

from schemas.access import Caller
from schemas.configuration import (
    ApplyBody,
    ConfigurationApplied,
    ConfigurationPlan,
    ConfigurationView,
    PlanBody,
    WantedBody,
)
from schemas.errors import InputError
from service.store import tallies
from service.store.tallies import Tally
from service.workers.alm.office import Office
from service.workers.operations.configuration.alm import AlmComparison
from service.workers.operations.configuration.alm_changes import without_params
from service.workers.operations.configuration.alm_removing import find_alm_removals
from service.workers.operations.configuration.applying import Applying
from service.workers.operations.configuration.changes import changes_of
from service.workers.operations.configuration.checking import Asking, check
from service.workers.operations.configuration.connections import ConnectionComparison
from service.workers.operations.configuration.connectors import compare_connectors
from service.workers.operations.configuration.holding import (
    Held,
    document_of,
    edition_of,
    read_held,
)
from service.workers.operations.configuration.removing import find_removals
from service.workers.operations.configuration.snippets import compare_snippets
from service.workers.operations.configuration.undertaking import Place, Undertaking
from service.workers.operations.mapping import MappingOperations
from service.workers.roster import touch


class ConfigurationOperations:
    def __init__(self, office: Office, mapping: MappingOperations) -> None:
        self._office, self._desk, self._mapping = office, office.desk, mapping

    async def view(self) -> ConfigurationView:
        held = await self._desk.store.read(self._held)
        return ConfigurationView(edition_of(held), document_of(held), held.alm.unnamed)

    async def plan(self, body: PlanBody, caller: Caller) -> ConfigurationPlan:
        """Tells a caller no more than it may read elsewhere, and asks nobody anew for it."""
        edition, found = await self._think(body, caller, body.awaited)
        changes = changes_of(found)
        if not caller.has_permission("edit_alm"):
            changes = tuple(map(without_params, changes))
        return ConfigurationPlan(
            edition,
            changes,
            tuple(found.problems),
            tuple(found.findings),
            tuple(found.steps),
            tuple(found.kept),
            tuple(found.warnings),
            found.unchecked,
            tuple(found.untried),
            tuple(found.awaited),
        )

    async def apply(self, body: ApplyBody, caller: Caller) -> ConfigurationApplied:
        edition, found = await self._think(body, caller)
        if edition != body.edition:
            raise _changed_meanwhile()
        changes = changes_of(found)
        told = ConfigurationApplied(
            False,
            edition,
            changes,
            tuple(found.problems),
            tuple(found.findings),
            tuple(found.steps),
            tuple(found.kept),
            warnings=tuple(found.warnings),
            unchecked=found.unchecked,
        )
        if not found.possible:
            return told
        message = body.message or "Applied from files"
        applying = Applying(self._office, found, author=caller.name, message=message)

        def work(c: sa.Connection) -> tuple[str, dict[str, int]]:
            # First, so that whoever else sets something up waits until this is done.
            touch(c)
            if edition_of(self._held(c)) != edition:
                raise _changed_meanwhile()
            _check_removals(c, found, body)
            versions = applying.write(c)
            return edition_of(self._held(c)), versions

        after, versions = await self._desk.store.write(work)
        freed = await self._follow(found)
        return msgspec.structs.replace(
            told, applied=True, edition=after, versions=versions, freed=freed
        )

    async def _think(
        self, body: WantedBody, caller: Caller, offered: Collection[Place] = ()
    ) -> tuple[str, Undertaking]:
        desk, found = self._desk, Undertaking(offered=frozenset(offered))
        held, under = await desk.store.read(self._look)
        compare_connectors(held, body.wanted.connectors, found, now=desk.now(), new_id=desk.new_id)
        ConnectionComparison(held, body.wanted, found, now=desk.now(), new_id=desk.new_id).compare()
        AlmComparison(held.alm, body.wanted, found, under).compare(prune=body.prune)
        find_alm_removals(held.alm, body.wanted, found, under, prune=body.prune)
        find_removals(held, body.wanted, found, under, prune=body.prune)
        compare_snippets(desk, held, body.wanted, found, prune=body.prune)
        await check(self._office, held, found, Asking(body.check, caller))
        return edition_of(held), found

    async def _follow(self, found: Undertaking) -> int:
        """What was kept of the old settings is forgotten, and what waited for the new goes on."""
        desk = self._desk
        for each in found.connectors:
            desk.worker.people.forget(each.after.id)
            desk.worker.known.forget(each.after.id)
        await desk.changed()
        for peer in {each.record.peer for each in found.removed if each.record.peer}:
            desk.ring_peer(peer)
        tables = [
            work.name
            for work in found.ends
            if work.before and work.before.record.settings.mappings != work.after.settings.mappings
        ]
        return sum([await self._mapping.free(name) for name in tables])

    def _held(self, c: sa.Connection) -> Held:
        return read_held(c, self._desk.store)

    def _look(self, c: sa.Connection) -> tuple[Held, dict[str, Tally]]:
        held = self._held(c)
        ends = [each.record.id for each in held.connections.values()]
        return held, tallies.of(c, [*ends, *(row.own for row in held.alm.rows)])


def _check_removals(c: sa.Connection, found: Undertaking, body: ApplyBody) -> None:
    """Whoever removes pairs has to have seen how many they are."""
    ends = {each.record.name: each.record.id for each in found.removed}
    ends |= {each.name: each.row.own for each in found.removed_alm}
    under = tallies.of(c, list(ends.values()))
    for name, id in ends.items():
        said, twins = body.removing.get(name, 0), under.get(id, Tally()).twins
        if twins > said:
            raise InputError(
                f"{twins} issues are under sync by {name!r}, and {said} were named; their"
                " pairs would be forgotten.",
                status=409,
                remedy="Plan again, and name their number in `removing`. To keep the pairs:"
                " tidegate connection pairs NAME --out FILE",
            )


def _changed_meanwhile() -> InputError:
    return InputError(
        "The node was set up otherwise since the plan was made.",
        status=412,
        remedy="Plan again, look at what would change now, then apply that plan.",
    )
