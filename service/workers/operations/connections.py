"""Connections: initiate, accept, show, pause, resume, remove, rules."""

import msgspec
import sqlalchemy as sa

from schemas.api import (
    ConnectionAccept,
    ConnectionInitiate,
    ConnectionInitiated,
    ConnectionView,
    Page,
    PageQuery,
    RulesPut,
    RulesSaved,
    RulesView,
    SettingsBody,
)
from schemas.errors import ConfigurationError, InputError
from schemas.node import Connection, ConnectionSettings, ConnectionStatus
from schemas.peer import Terms
from service.peers.invitation import from_code, new_invitation, to_code, verifier
from service.rules.defaults import default_rules
from service.store import connections, invitations, outbox, parked, rule_versions, twins
from service.workers.operations.desk import Desk
from service.workers.operations.pages import page_of
from service.workers.operations.pairing import Draft, Pairing, encode_draft
from service.workers.roster import LiveConnection, touch

HOUR = 3_600_000


class _Counts(msgspec.Struct, frozen=True):
    twins: dict[str, int]
    parked: dict[str, int]


class ConnectionOperations:
    def __init__(self, desk: Desk, pairing: Pairing) -> None:
        self._desk = desk
        self._pairing = pairing

    async def all(self, query: PageQuery) -> Page[ConnectionView]:
        counts = await self._counts()
        found = sorted(self._desk.roster.connections.values(), key=lambda c: c.record.name)
        return page_of(query, [self._view(live, counts) for live in found])

    async def one(self, name: str) -> ConnectionView:
        return self._view(self._desk.connection(name), await self._counts())

    async def initiate(self, body: ConnectionInitiate) -> ConnectionInitiated:
        if self._desk.roster.connection_named(body.name) is not None:
            raise InputError(
                f"There is a connection {body.name!r} already.",
                status=409,
                remedy="Choose another name.",
            )
        if body.local_side == body.remote_side:
            raise InputError("The two sides need different short names.")
        if body.remote_connector:
            return await self._make_local(body)
        return await self._invite(body)

    async def accept(self, body: ConnectionAccept) -> ConnectionView:
        invitation = from_code(body.invitation)
        if body.name and self._desk.roster.connection_named(body.name) is not None:
            raise InputError(
                f"There is a connection {body.name!r} already.",
                status=409,
                remedy="Choose another name.",
            )
        own = await self._pairing.join(invitation, body)
        live = self._desk.roster.connections[own]
        return await self.one(live.record.name)

    async def _invite(self, body: ConnectionInitiate) -> ConnectionInitiated:
        desk = self._desk
        if not desk.public_url and not body.destination:
            raise InputError(
                "This node is private: it has to know where the other node is.",
                remedy="Give the destination's URL, or let the public side invite.",
            )
        destination = desk.check_url(body.destination) if body.destination else ""
        record = self._record(body, body.settings)
        expires = desk.now() + body.valid_hours * HOUR
        invitation = new_invitation(
            desk.identity.id, desk.public_url, expires=expires, random_bytes=desk.random_bytes
        )
        asks = not desk.public_url
        draft = Draft(
            connection=record.id,
            role="inviter",
            terms=self._terms(record),
            destination=destination if asks else "",
            secret=invitation.secret if asks else b"",
        )

        def work(c: sa.Connection) -> None:
            connections.add(c, record)
            invitations.add(
                c,
                invitation.id,
                verifier(invitation.id, invitation.secret),
                encode_draft(draft),
                now=desk.now(),
                expires=invitation.expires,
            )
            touch(c)

        await desk.store.write(work)
        await desk.changed()
        view = await self.one(record.name)
        return ConnectionInitiated(view, to_code(invitation), invitation.expires)

    def _terms(self, record: Connection) -> Terms:
        connector = self._desk.connector_of(record)
        return Terms(
            system=connector.system if connector else "",
            shared=record.shared,
            name=record.name,
            mode=record.mode,
            type=record.type,
            local_side=record.local_side,
            remote_side=record.remote_side,
            description=record.description,
            conflict_policy=record.settings.conflict_policy,
            field_policies=record.settings.field_policies,
        )

    def _record(self, body: ConnectionInitiate, settings: SettingsBody) -> Connection:
        desk = self._desk
        now = desk.now()
        public = bool(desk.public_url and body.destination)
        return Connection(
            id=desk.new_id(),
            shared=desk.new_id(),
            name=body.name,
            type="public" if public else "private",
            mode=body.mode,
            status="pending",
            local_side=body.local_side,
            remote_side=body.remote_side,
            connector=desk.connector(body.connector).record.id,
            peer="",
            counterpart="",
            settings=_settings(settings),
            created=now,
            changed=now,
            reason="Waits for the other side to accept the invitation.",
            description=body.description,
        )

    async def _make_local(self, body: ConnectionInitiate) -> ConnectionInitiated:
        desk = self._desk
        here = self._record(body, body.settings)
        there_id = desk.new_id()
        remote = desk.connector(body.remote_connector).record
        here = msgspec.structs.replace(
            here, type="local", status="active", reason="", counterpart=there_id
        )
        there = msgspec.structs.replace(
            here,
            id=there_id,
            name=f"{body.name}.{body.remote_side}",
            local_side=body.remote_side,
            remote_side=body.local_side,
            connector=remote.id,
            counterpart=here.id,
            settings=msgspec.structs.replace(
                _settings(body.remote_settings or SettingsBody()),
                conflict_policy=here.settings.conflict_policy,
                field_policies=here.settings.field_policies,
            ),
        )
        own = desk.connector(body.connector).record

        def work(c: sa.Connection) -> None:
            for end, systems in (
                (here, (own.system, remote.system)),
                (there, (remote.system, own.system)),
            ):
                connections.add(c, end)
                outgoing, incoming = default_rules(*systems)
                rule_versions.add(
                    c,
                    end.id,
                    outgoing,
                    incoming,
                    author="tidegate",
                    message="Default rules",
                    now=desk.now(),
                )
            touch(c)

        await desk.store.write(work)
        await desk.changed()
        return ConnectionInitiated(await self.one(here.name), "", None)

    async def set_settings(self, name: str, body: SettingsBody) -> ConnectionView:
        """The conflict policy was agreed on with the other side, and stays."""
        desk = self._desk
        record = desk.connection(name).record
        settings = msgspec.structs.replace(
            _settings(body),
            conflict_policy=record.settings.conflict_policy,
            field_policies=record.settings.field_policies,
        )

        def work(c: sa.Connection) -> None:
            connections.update_settings(c, record.id, settings, desk.now())
            touch(c)

        await desk.store.write(work)
        await desk.changed()
        return await self.one(name)

    async def pause(self, name: str) -> ConnectionView:
        return await self._set_status(name, "active", "paused", "Paused by an administrator here.")

    async def resume(self, name: str) -> ConnectionView:
        view = await self._set_status(name, "paused", "active", "")
        live = self._desk.connection(name)
        ends = [live.record.id, *([live.record.counterpart] if live.record.counterpart else [])]
        now = self._desk.now()

        def work(c: sa.Connection) -> None:
            for end in ends:
                twins.wake(c, end, now)

        await self._desk.store.write(work)
        return view

    async def _set_status(
        self, name: str, old: ConnectionStatus, new: ConnectionStatus, reason: str
    ) -> ConnectionView:
        desk = self._desk
        record = desk.connection(name).record
        if record.status not in (old, new):
            raise InputError(
                f"The connection is {record.status}, not {old}.",
                status=409,
                remedy="See `tidegate connection show`.",
            )

        def work(c: sa.Connection) -> None:
            for end in filter(None, (record.id, record.counterpart)):
                connections.set_status(c, end, new, reason, desk.now())
            touch(c)

        await desk.store.write(work)
        await desk.changed()
        return await self.one(name)

    async def remove(self, name: str) -> None:
        desk = self._desk
        record = desk.connection(name).record

        def work(c: sa.Connection) -> None:
            for end in filter(None, (record.id, record.counterpart)):
                outbox.remove(c, end)
                connections.remove(c, end)
            touch(c)

        await desk.store.write(work)
        await desk.changed()

    async def rules(self, name: str) -> RulesView:
        live = self._desk.connection(name)
        return RulesView(live.rules.version, live.rules.outgoing, live.rules.incoming)

    async def save_rules(self, name: str, body: RulesPut) -> RulesSaved:
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
        findings = (
            *await desk.engine.check("outgoing", body.outgoing, "outgoing.py"),
            *await desk.engine.check("incoming", body.incoming, "incoming.py"),
        )
        if findings:
            return RulesSaved(None, tuple(findings))

        def work(c: sa.Connection) -> int:
            touch(c)
            return rule_versions.add(
                c,
                live.record.id,
                body.outgoing,
                body.incoming,
                author="admin",
                message=body.message,
                now=desk.now(),
            )

        version = await desk.store.write(work)
        await desk.changed()
        return RulesSaved(version)

    async def _counts(self) -> _Counts:
        return await self._desk.store.read(lambda c: _Counts(twins.count(c), parked.count(c)))

    def _view(self, live: LiveConnection, counts: _Counts) -> ConnectionView:
        record = live.record
        connector = self._desk.connector_of(record)
        peer = self._desk.roster.peers.get(record.peer)
        check, reason = "", record.reason
        if reason.startswith("check "):
            check, reason = reason.removeprefix("check "), ""
        return ConnectionView(
            id=record.id,
            name=record.name,
            type=record.type,
            mode=record.mode,
            status=record.status,
            reason=reason,
            local_side=record.local_side,
            remote_side=record.remote_side,
            connector=connector.name if connector else "",
            peer=peer.name if peer else "",
            settings=record.settings,
            rules_version=live.rules.version,
            twins=counts.twins.get(record.id, 0),
            parked=counts.parked.get(record.id, 0),
            created=record.created,
            changed=record.changed,
            description=record.description,
            check=check,
        )


def _settings(body: SettingsBody) -> ConnectionSettings:
    try:
        return msgspec.convert(msgspec.to_builtins(body), ConnectionSettings)
    except msgspec.ValidationError as error:
        raise ConfigurationError(str(error)) from error
