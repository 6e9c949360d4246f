"""The management API's calls about the configuration as a whole."""

import msgspec
import sqlalchemy as sa

from schemas.configuration import (
    ApplyBody,
    ConfigurationApplied,
    ConfigurationPlan,
    ConfigurationView,
    PlanBody,
)
from schemas.errors import InputError
from service.store import tallies
from service.store.tallies import Tally
from service.workers.operations.configuration.applying import Applying
from service.workers.operations.configuration.changes import changes_of
from service.workers.operations.configuration.checking import check
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
from service.workers.operations.configuration.undertaking import Undertaking
from service.workers.operations.desk import Desk
from service.workers.operations.mapping import MappingOperations
from service.workers.roster import touch


class ConfigurationOperations:
    def __init__(self, desk: Desk, mapping: MappingOperations) -> None:
        self._desk, self._mapping = desk, mapping

    async def view(self) -> ConfigurationView:
        held = await self._desk.store.read(self._held)
        return ConfigurationView(edition_of(held), document_of(held))

    async def plan(self, body: PlanBody) -> ConfigurationPlan:
        edition, found = await self._think(body)
        return ConfigurationPlan(
            edition,
            changes_of(found),
            tuple(found.problems),
            tuple(found.findings),
            tuple(found.steps),
            tuple(found.kept),
            tuple(found.warnings),
            found.unchecked,
        )

    async def apply(self, body: ApplyBody, author: str) -> ConfigurationApplied:
        edition, found = await self._think(body)
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
        applying = Applying(self._desk, found, author=author, message=message)

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

    async def _think(self, body: PlanBody) -> tuple[str, Undertaking]:
        desk, found = self._desk, Undertaking()
        held, under = await desk.store.read(self._look)
        compare_connectors(held, body.wanted.connectors, found, now=desk.now(), new_id=desk.new_id)
        ConnectionComparison(held, body.wanted, found, now=desk.now(), new_id=desk.new_id).compare()
        find_removals(held, body.wanted, found, under, prune=body.prune)
        compare_snippets(desk, held, body.wanted, found, prune=body.prune)
        await check(desk, held, found, ask=body.check)
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
        return held, tallies.of(c, [each.record.id for each in held.connections.values()])


def _check_removals(c: sa.Connection, found: Undertaking, body: ApplyBody) -> None:
    """Whoever removes pairs has to have seen how many they are."""
    under = tallies.of(c, [each.record.id for each in found.removed])
    for each in found.removed:
        name, said = each.record.name, body.removing.get(each.record.name, 0)
        twins = under.get(each.record.id, Tally()).twins
        if twins > said:
            raise InputError(
                f"{twins} issues are under sync by {name!r}, and {said} were named; their"
                " pairs would be forgotten.",
                status=409,
                remedy=f"Keep the pairs (tidegate connection pairs {name} --out FILE), then name"
                " their number in `removing`.",
            )


def _changed_meanwhile() -> InputError:
    return InputError(
        "The node was set up otherwise since the plan was made.",
        status=412,
        remedy="Plan again, look at what would change now, then apply that plan.",
    )
