"""The beginning of a connection: its record, its invitation, or both ends of a local one."""

from collections.abc import Awaitable, Callable

import msgspec
import sqlalchemy as sa

from schemas.connection_api import ConnectionInitiate, RulesTemplate, SettingsBody
from schemas.errors import ConfigurationError, InputError
from schemas.invitation import Invitation
from schemas.node import Connection, ConnectionSettings, Standing
from schemas.peer import Terms
from schemas.relay import RelayPlace
from schemas.values import Millis
from service.peers.invitation import new_invitation, to_code, verifier
from service.rules.defaults import Manifest, default_rules
from service.rules.masking import masks_of
from service.store import connections, invitations, rule_versions
from service.workers.operations.checked_tables import Site, checked_tables
from service.workers.operations.desk import Desk
from service.workers.operations.naming import LONGEST, check_name, free_name
from service.workers.operations.pairing import Draft, encode_draft
from service.workers.operations.places import check_place
from service.workers.operations.probing import check_mode, probe
from service.workers.roster import OpenConnector, Roster, touch
from service.workers.systems import manifest

HOUR = 3_600_000


Meet = Callable[[str, Invitation], Awaitable[tuple[Invitation, RelayPlace]]]
"""Opens a channel at a relay, whose pass is given, for the joiner of an invitation."""


class Begun(msgspec.Struct, frozen=True):
    name: str
    code: str
    expires: Millis | None


class Initiation:
    def __init__(self, desk: Desk, meet: Meet) -> None:
        self._desk = desk
        self._meet = meet

    async def begin(self, body: ConnectionInitiate) -> Begun:
        desk = self._desk
        if body.name:
            check_free(desk.roster, body.name)
        if body.local_side == body.remote_side:
            raise InputError("The two sides need different short names.")
        check_template(body.template, body.mode)
        body = await self._checked(body) if body.check else body
        if body.remote_connector:
            return await self._make_local(body)
        return await self._invite(body)

    async def _checked(self, body: ConnectionInitiate) -> ConnectionInitiate:
        """With the ids behind its tables' names. Raises `InputError` for what is not there."""
        desk, remote = self._desk, body.remote_settings or SettingsBody()
        own = desk.connector(body.connector)
        other = desk.connector(body.remote_connector) if body.remote_connector else None
        settings = await checked_settings(desk, own, body.settings, other, remote)
        if other is not None:
            remote = await checked_settings(desk, other, remote, own, body.settings)
        return msgspec.structs.replace(
            body,
            settings=settings,
            remote_settings=remote if other else body.remote_settings,
        )

    async def _invite(self, body: ConnectionInitiate) -> Begun:
        desk = self._desk
        if not desk.public_url and not body.destination and not body.relay:
            raise InputError(
                "This node is private: it has to know where the other node is.",
                remedy="Give the destination's URL, let the public side invite, or, when both"
                " are private, give a relay's pass.",
            )
        expires = desk.now() + body.valid_hours * HOUR
        prepared, place = None, None
        if body.relay:
            check_no_destination(body.destination)
            prepared, place = await self._meet(body.relay, fresh_invitation(desk, "", expires))
        destination, node = "", ""
        if body.destination:
            probed = await probe(desk, body.destination)
            check_mode(probed, body.mode)
            destination, node = probed.url, probed.node
        record = self._record(body)
        asks = not desk.public_url
        draft = Draft(
            connection=record.id,
            role="inviter",
            terms=terms_of(desk, record, trusted=body.trusted),
            expected=node,
            destination=destination if asks else "",
            public=not asks,
            template=body.template,
            relay=place,
        )

        def work(c: sa.Connection) -> tuple[str, Millis]:
            connections.add(c, record)
            touch(c)
            return issue(c, desk, draft, expires, prepared)

        code, until = await desk.store.write(work)
        await desk.changed()
        return Begun(record.name, code, until)

    def _record(self, body: ConnectionInitiate) -> Connection:
        desk = self._desk
        now = desk.now()
        public = bool(desk.public_url and body.destination)
        return Connection(
            id=desk.new_id(),
            shared=desk.new_id(),
            name=body.name or self._free(f"{body.local_side}-{body.remote_side}"),
            type="public" if public else "private",
            mode=body.mode,
            status="pending",
            local_side=body.local_side,
            remote_side=body.remote_side,
            connector=desk.connector(body.connector).record.id,
            peer="",
            counterpart="",
            settings=settings_of(body.settings),
            created=now,
            changed=now,
            reason="Waits for the other side to accept the invitation.",
            description=body.description,
            standing=Standing(inviter=True, since=now),
        )

    async def _make_local(self, body: ConnectionInitiate) -> Begun:
        desk = self._desk
        own, other = desk.connector(body.connector), desk.connector(body.remote_connector)
        remote = body.remote_settings or SettingsBody()
        here = msgspec.structs.replace(
            self._record(body), type="local", status="active", reason="", counterpart=desk.new_id()
        )
        there = self._other_end(here, other, remote)
        ours, theirs = manifest(own.tracker.capabilities), manifest(other.tracker.capabilities)
        ends = ((here, (ours, theirs)), (there, (theirs, ours)))

        def work(c: sa.Connection) -> None:
            for end, manifests in ends:
                connections.add(c, end)
                add_rules(c, end.id, *manifests, body.template, desk.now())
            touch(c)

        await desk.store.write(work)
        await desk.changed()
        return Begun(here.name, "", None)

    def _other_end(
        self, here: Connection, connector: OpenConnector, settings: SettingsBody
    ) -> Connection:
        name = f"{here.name[: LONGEST - 40]}.{here.remote_side}"
        return msgspec.structs.replace(
            here,
            id=here.counterpart,
            name=self._free(name),
            local_side=here.remote_side,
            remote_side=here.local_side,
            connector=connector.record.id,
            counterpart=here.id,
            settings=msgspec.structs.replace(
                settings_of(settings),
                conflict_policy=here.settings.conflict_policy,
                field_policies=here.settings.field_policies,
                paragraphs=here.settings.paragraphs,
            ),
            standing=msgspec.structs.replace(here.standing, inviter=False),
        )

    def _free(self, wanted: str) -> str:
        roster = self._desk.roster
        return free_name(wanted, lambda name: roster.connection_named(name) is not None)


async def checked_settings(
    desk: Desk,
    opened: OpenConnector,
    settings: SettingsBody,
    other: OpenConnector | None = None,
    remote: SettingsBody | None = None,
) -> SettingsBody:
    """`other` and `remote`: the other end of a local connection."""
    await check_place(desk.worker.known, opened, settings)
    there = Site(other, remote.project) if other and remote else None
    tables = await checked_tables(
        desk, settings.mappings, Site(opened, settings.project), there, {}
    )
    return msgspec.structs.replace(settings, mappings=tables)


def check_no_destination(destination: str) -> None:
    if destination:
        raise needless_relay()


def needless_relay() -> InputError:
    return InputError(
        "A relay is for two private sides: one of these can be reached.",
        remedy="Leave the relay's pass out.",
    )


def fresh_invitation(desk: Desk, destination: str, expires: Millis) -> Invitation:
    return new_invitation(
        desk.identity.id,
        desk.public_url,
        expires=expires,
        random_bytes=desk.random_bytes,
        destination=destination,
    )


def issue(
    c: sa.Connection,
    desk: Desk,
    draft: Draft,
    expires: Millis,
    prepared: Invitation | None = None,
) -> tuple[str, Millis]:
    """Adds a fresh invitation for the draft's connection; answers its code and when it ends.
    `prepared` is one for which a channel was opened at a relay."""
    fresh = prepared or fresh_invitation(desk, draft.expected, expires)
    # Only who asks needs the secret itself again.
    kept = msgspec.structs.replace(draft, secret=fresh.secret if draft.destination else b"")
    invitations.add(
        c,
        fresh.id,
        verifier(fresh.id, fresh.secret),
        encode_draft(kept),
        now=desk.now(),
        expires=fresh.expires,
        connection=draft.connection,
    )
    return to_code(fresh), fresh.expires


def terms_of(desk: Desk, record: Connection, *, trusted: bool) -> Terms:
    connector = desk.connector_of(record)
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
        paragraphs=record.settings.paragraphs,
        trusted=trusted,
    )


def add_rules(
    c: sa.Connection, connection: str, local: Manifest, remote: Manifest, template: str, now: Millis
) -> None:
    """The rules that a connection between these two starts with."""
    outgoing, incoming = default_rules(local, remote, template)
    rule_versions.add(
        c, connection, outgoing, incoming, author="tidegate", message="Default rules", now=now
    )


def check_free(roster: Roster, name: str) -> None:
    check_name(name)
    if roster.connection_named(name) is not None:
        raise InputError(
            f"There is a connection {name!r} already.", status=409, remedy="Choose another name."
        )


def check_template(template: RulesTemplate, mode: str | None) -> None:
    if template == "advanced" and mode not in ("script", None):
        raise InputError(
            f"The advanced rules are to be edited, and those of a {mode} connection are fixed.",
            remedy="Choose the mode script, or the template single-project.",
        )


def settings_of(body: SettingsBody) -> ConnectionSettings:
    masks_of(body.masks)
    try:
        return msgspec.convert(msgspec.to_builtins(body), ConnectionSettings)
    except msgspec.ValidationError as error:
        raise ConfigurationError(str(error)) from error
