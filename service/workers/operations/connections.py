"""Connections: accept, show, confirm, pause, resume, remove, rules."""

from collections.abc import Awaitable, Callable

import msgspec
import sqlalchemy as sa

from schemas.api import Page
from schemas.connection_api import (
    ConnectionAccept,
    ConnectionConfirm,
    ConnectionInitiate,
    ConnectionInitiated,
    ConnectionQuery,
    ConnectionRemove,
    ConnectionView,
    SettingsBody,
    SettingsPatch,
)
from schemas.errors import InputError, PeerError
from schemas.mapping import MappingBody, MappingTable
from schemas.node import Connection, ConnectionSettings
from schemas.rule_life import RulesPut, RulesSaved, RulesView
from schemas.rules import RuleSet, Snippet
from service.peers.invitation import from_code
from service.rules.linking import used_by
from service.store import connections, invitations, outbox, rule_versions, tallies
from service.store.tallies import Tally
from service.workers import notices
from service.workers.operations.choosing import chosen
from service.workers.operations.connection_view import connection_view
from service.workers.operations.desk import Desk
from service.workers.operations.initiation import (
    Begun,
    Initiation,
    check_free,
    check_template,
    checked_settings,
    settings_of,
)
from service.workers.operations.mapping import check_flow
from service.workers.operations.pairing import Pairing
from service.workers.operations.patching import patched
from service.workers.operations.places import check_place
from service.workers.operations.relay_pairing import RelayedPairing
from service.workers.operations.snippets import SnippetOperations, pins
from service.workers.operations.wording import wording
from service.workers.roster import LiveConnection, touch
from service.workers.standing import restated

CheckTables = Callable[
    [LiveConnection, dict[str, MappingTable]], Awaitable[dict[str, MappingTable]]
]


class ConnectionOperations:
    def __init__(
        self, desk: Desk, pairing: Pairing, relayed: RelayedPairing, check_tables: CheckTables
    ) -> None:
        self._check_tables = check_tables
        self._desk = desk
        self._pairing = pairing
        self._relayed = relayed
        self._initiation = Initiation(desk, relayed.meet)
        self._snippets = SnippetOperations(desk)

    async def all(
        self, query: ConnectionQuery, only: frozenset[str] | None
    ) -> Page[ConnectionView]:
        count, shown = chosen(self._desk, query, only)
        found_of = await self._tallies([live.record.id for live in shown])
        views = tuple(connection_view(self._desk, live, found_of) for live in shown)
        return Page(count, views)

    async def one(self, name: str) -> ConnectionView:
        live = self._desk.connection(name)
        return connection_view(self._desk, live, await self._tallies([live.record.id]))

    async def initiate(self, body: ConnectionInitiate) -> ConnectionInitiated:
        return await self.begun(await self._initiation.begin(body))

    async def begun(self, begun: Begun) -> ConnectionInitiated:
        return ConnectionInitiated(await self.one(begun.name), begun.code, begun.expires)

    async def accept(self, body: ConnectionAccept) -> ConnectionView:
        invitation = from_code(body.invitation)
        if body.name:
            check_free(self._desk.roster, body.name)
        check_template(body.template, body.mode)
        if body.check:
            opened = self._desk.connector(body.connector)
            settings = await checked_settings(self._desk, opened, body.settings)
            body = msgspec.structs.replace(body, settings=settings)
        try:
            way = self._relayed if invitation.relay is not None else self._pairing
            own = await way.join(invitation, body)
        except PeerError as error:
            remedy = error.remedy or "Ask the other side for a new invitation."
            raise InputError(error.message, status=409, remedy=remedy) from error
        return await self.one(self._desk.roster.connections[own].record.name)

    async def set_settings(self, name: str, body: SettingsBody) -> ConnectionView:
        """The conflict policy was agreed on with the other side, and stays."""
        record = self._desk.connection(name).record
        settings = msgspec.structs.replace(
            settings_of(body),
            conflict_policy=record.settings.conflict_policy,
            field_policies=record.settings.field_policies,
            paragraphs=record.settings.paragraphs,
        )
        return await self._put_settings(record, settings)

    async def change_settings(self, name: str, body: SettingsPatch) -> ConnectionView:
        """What is not given stays."""
        record = self._desk.connection(name).record
        return await self._put_settings(record, patched(record.settings, body))

    async def _put_settings(
        self, record: Connection, settings: ConnectionSettings
    ) -> ConnectionView:
        desk, name = self._desk, record.name
        place = (record.settings.project, record.settings.issue_type)
        if (settings.project, settings.issue_type) != place:
            opened = desk.roster.connectors[record.connector]
            await check_place(desk.worker.known, opened, settings)
        if settings.mappings != record.settings.mappings:
            tables = await self._check_tables(desk.connection(name), settings.mappings)
            settings = msgspec.structs.replace(settings, mappings=tables)
        check_flow(record, MappingBody(flow=settings.flow))

        def work(c: sa.Connection) -> None:
            known = connections.locked(c, record.id)
            if known is None or known.settings != record.settings:
                raise _edited_meanwhile(f"The settings of {name!r}")
            connections.update_settings(c, record.id, settings, desk.now())
            touch(c)

        await desk.store.write(work)
        await desk.changed()
        return await self.one(name)

    async def confirm(self, name: str, body: ConnectionConfirm) -> ConnectionView:
        """The admin here has compared the check string: trust begins when the other has too."""
        record = self._desk.connection(name).record
        if not record.standing.check or record.status == "removed":
            raise _not_now(
                record, "confirmed", "The other side has to accept the invitation first."
            )
        if body.check and _digits(body.check) != _digits(record.standing.check):
            raise InputError(
                "The check strings differ: this node has not paired with the other side.",
                status=409,
                remedy=f"Do not go on. Remove the connection ({name}) on both sides, and pair again"
                " with a code that reaches the other admin by a safe way.",
            )
        return await self._change(name, lambda known: {"unconfirmed_here": False})

    async def pause(self, name: str) -> ConnectionView:
        record = self._desk.connection(name).record
        if record.status not in ("active", "paused", "broken"):
            raise _not_now(record, "paused", "See `tidegate connection show`.")
        return await self._change(name, lambda known: {"paused_here": True})

    async def resume(self, name: str) -> ConnectionView:
        """What waited goes on its way, unless the other side has paused too."""
        record = self._desk.connection(name).record
        standing = record.standing
        if record.status not in ("active", "paused", "broken"):
            raise _not_now(record, "resumed", "See `tidegate connection show`.")
        if record.peer and standing.paused_there and not standing.paused_here:
            raise InputError(
                f"The connection was paused by {record.remote_side}.",
                status=409,
                remedy="Ask their admin to resume it.",
            )
        ours = {"paused_here": False}
        return await self._change(
            name, lambda known: ours if known.peer else ours | {"paused_there": False}
        )

    async def _change(
        self, name: str, said: Callable[[Connection], dict[str, bool]]
    ) -> ConnectionView:
        """Of this end, and of the other where that is ours too; else the other side is told."""
        desk = self._desk
        record = desk.connection(name).record
        now = desk.now()

        def work(c: sa.Connection) -> None:
            for end in filter(None, (record.id, record.counterpart)):
                before = connections.locked(c, end)
                if before is None or before.status == "removed":
                    continue
                after = restated(before, now, **said(before))
                notices.keep(c, before, notices.tell(c, after, now) if after.peer else after)

        await desk.store.write(work)
        await desk.changed()
        if record.peer:
            desk.ring_peer(record.peer)
        return await self.one(name)

    async def remove(self, name: str, query: ConnectionRemove) -> None:
        """The other side is told; a record stays until it knows. The issues stay on both sides."""
        desk = self._desk
        record = desk.connection(name).record
        tally = (await self._tallies([record.id])).get(record.id)
        under_sync = tally.twins if tally else 0
        if under_sync and not (query.confirmed or query.force):
            raise InputError(
                f"{under_sync} issues are under sync by {name!r}; their pairs would be forgotten.",
                status=409,
                remedy=f"Keep the pairs (tidegate connection pairs {name} --out FILE), then remove"
                " it with --yes.",
            )
        told = bool(record.peer) and not query.force and record.status != "removed"

        def work(c: sa.Connection) -> None:
            for end in filter(None, (record.id, record.counterpart)):
                end_connection(c, desk, end, told=told)
            touch(c)

        await desk.store.write(work)
        await desk.changed()
        if told:
            desk.ring_peer(record.peer)

    async def rules(self, name: str) -> RulesView:
        live = self._desk.connection(name)
        rules = live.rules
        return RulesView(rules.version, rules.outgoing, rules.incoming, pins(rules))

    async def save_rules(
        self,
        name: str,
        body: RulesPut,
        author: str,
        *,
        pinned: tuple[Snippet, ...] | None = None,
    ) -> RulesSaved:
        """With the newest snippets, or those that are `pinned`."""
        desk = self._desk
        live = desk.connection(name)
        if live.record.mode != "script":
            raise InputError(
                f"The rules of a connection in {live.record.mode} mode are fixed.",
                status=409,
                remedy="Make a connection in script mode.",
            )
        if body.based_on is not None and body.based_on != live.rules.version:
            raise InputError(
                f"Version {live.rules.version} was saved meanwhile.",
                status=409,
                remedy="Get the rules again, and put your change on top.",
            )
        library = pinned if pinned is not None else await self._snippets.library()
        findings = (
            *await desk.engine.check("outgoing", body.outgoing, "outgoing.py", library),
            *await desk.engine.check("incoming", body.incoming, "incoming.py", library),
        )
        if findings:
            return RulesSaved(None, tuple(findings))
        rules = RuleSet(0, body.outgoing, body.incoming)
        used = used_by(rules, library)
        words = await wording(desk, live, rules, library)

        def work(c: sa.Connection) -> int:
            connections.locked(c, live.record.id)
            newest = rule_versions.newest(c, live.record.id)
            if newest is not None and newest.version != live.rules.version:
                raise _edited_meanwhile(f"The rules of {name!r}")
            touch(c)
            return rule_versions.add(
                c,
                live.record.id,
                body.outgoing,
                body.incoming,
                author=author,
                message=body.message,
                now=desk.now(),
                snippets=used,
            )

        version = await desk.store.write(work)
        await desk.changed()
        return RulesSaved(version, (), words.warnings, words.unchecked)

    async def _tallies(self, ids: list[str]) -> dict[str, Tally]:
        return await self._desk.store.read(lambda c: tallies.of(c, ids))


def end_connection(c: sa.Connection, desk: Desk, end: str, *, told: bool) -> None:
    """`told`: the other side is, and a record stays until it knows."""
    known = connections.locked(c, end)
    if known is None:
        return
    now = desk.now()
    if told:
        ended = notices.bury(c, known, "here", now)
        connections.replace(c, notices.tell(c, ended, now))
        return
    for row in invitations.of_connection(c, end):
        invitations.revoke(c, row.id, now)
    outbox.remove(c, end)
    connections.remove(c, end)


def _edited_meanwhile(what: str) -> InputError:
    """By another daemon, after this one had looked."""
    return InputError(
        f"{what} were changed meanwhile.",
        status=412,
        remedy="Get them again, and put your change on top.",
    )


def _digits(check: str) -> str:
    return "".join(filter(str.isalnum, check))


def _not_now(record: Connection, what: str, remedy: str) -> InputError:
    return InputError(
        f"A connection that is {record.status} cannot be {what}.", status=409, remedy=remedy
    )
