"""The management API's port, put together from the areas."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter

import msgspec

from schemas.access import AuditEntry, AuditQuery, TokenCreate, TokenCreated, TokenView
from schemas.agreement import AgreementBody
from schemas.api import Page, PageQuery
from schemas.bulk import (
    TaskDetail,
    TaskQuery,
    TaskRowsQuery,
    TaskRowView,
    TaskStart,
    TaskView,
)
from schemas.conflict_api import ConflictQuery, ConflictShown
from schemas.connection_api import (
    ConnectionAccept,
    ConnectionConfirm,
    ConnectionInitiate,
    ConnectionInitiated,
    ConnectionQuery,
    ConnectionRemove,
    ConnectionView,
    Probed,
    SettingsBody,
    SettingsPatch,
)
from schemas.connector_api import (
    ConnectorAdd,
    ConnectorChange,
    ConnectorCheck,
    ConnectorView,
    MetadataQuery,
    ProjectQuery,
)
from schemas.disclosure_api import Disclosure, DisclosureQuery, LedgerQuery
from schemas.error_api import ErrorQuery, ErrorView, Retried, RetryBody, RetryOne
from schemas.invitation_api import InvitationReissue, InvitationView
from schemas.mapping import MappingBody, MappingSolution, MappingSuggestions, MappingView
from schemas.metadata import Choice, Metadata
from schemas.node import Activity
from schemas.node_api import NodeView, QueueView
from schemas.pairs_api import PairAgainBody, PairAgainReport, Pairs, PairsQuery
from schemas.relay_api import RelayPassAdd, RelayPassAdded, RelayPassView
from schemas.rule_life import RulesPut, RulesSaved, RulesView
from schemas.triggers import TriggerPreview, TriggerSpec, TriggerView
from schemas.trust import KeysView, PeerRenew, PeerRenewal, PeerUrl, PeerView
from schemas.twin_api import (
    ActivityQuery,
    SyncAnswer,
    SyncBody,
    TwinDetail,
    TwinQuery,
    TwinStop,
    TwinView,
)
from service.codec import MarkdownCodec
from service.workers.broadcast import Broadcast, Reader
from service.workers.bulk import Bulk
from service.workers.operations.agreement import agree
from service.workers.operations.alm import AlmOperations
from service.workers.operations.configuration.operations import ConfigurationOperations
from service.workers.operations.conflicts import ConflictOperations
from service.workers.operations.connections import ConnectionOperations
from service.workers.operations.connectors import ConnectorOperations
from service.workers.operations.desk import Desk
from service.workers.operations.disclosures import disclosed, ledger
from service.workers.operations.discovery import DiscoveryOperations
from service.workers.operations.dry_running import DryRunning
from service.workers.operations.errors import ErrorOperations
from service.workers.operations.invitations import InvitationOperations
from service.workers.operations.mapping import MappingOperations
from service.workers.operations.pairing import Pairing
from service.workers.operations.pairs import PairOperations
from service.workers.operations.peers import PeerOperations
from service.workers.operations.probing import probe
from service.workers.operations.queue import queue
from service.workers.operations.records import AuditDesk
from service.workers.operations.relay import RelayOperations
from service.workers.operations.relay_pairing import RelayedPairing
from service.workers.operations.replaying import Replaying
from service.workers.operations.rule_life import RuleLifeOperations
from service.workers.operations.snippets import SnippetOperations
from service.workers.operations.tasks import TaskOperations, Work
from service.workers.operations.tokens import TokenDesk
from service.workers.operations.triggers import TriggerOperations
from service.workers.operations.twins import TwinOperations


class NodeOperations:
    def __init__(
        self,
        desk: Desk,
        pairing: Pairing,
        relayed: RelayedPairing,
        relay: RelayOperations,
        tokens: TokenDesk,
        audit: AuditDesk,
        bulk: Bulk,
        broadcast: Broadcast,
        *,
        version: str,
        alm: AlmOperations,
    ) -> None:
        self._desk = desk
        self._tokens = tokens
        self._audit = audit
        self._broadcast = broadcast
        self._version = version
        self._alm = alm
        self._connectors = ConnectorOperations(desk)
        self._invitations = InvitationOperations(desk, relayed.meet)
        self._pairs = PairOperations(desk)
        self._relay = relay
        self._errors = ErrorOperations(desk)
        self._twins = TwinOperations(desk, self._errors)
        self._conflicts = ConflictOperations(desk)
        self._mapping = MappingOperations(desk, self._errors)
        self._configuration = ConfigurationOperations(alm.office, self._mapping)
        self._connections = ConnectionOperations(desk, pairing, relayed, self._mapping.checked)
        self._snippets = SnippetOperations(desk)
        self._rule_life = RuleLifeOperations(
            desk,
            self._connections,
            Replaying(desk, MarkdownCodec(), elapsed=perf_counter),
            DryRunning(desk, MarkdownCodec()),
            self._snippets,
        )
        self._discovery = DiscoveryOperations(desk)
        self._peers = PeerOperations(desk, pairing)
        self._triggers = TriggerOperations(desk)
        self._tasks = TaskOperations(
            bulk, Work(desk, self._twins, self._errors, self._pairs, self._triggers)
        )

    @property
    def alm(self) -> AlmOperations:
        return self._alm

    @property
    def configuration(self) -> ConfigurationOperations:
        return self._configuration

    async def node(self) -> NodeView:
        desk = self._desk
        kind = "public" if desk.public_url else "private"
        return NodeView(
            desk.identity.id,
            desk.node_name,
            "public" if kind == "public" else "private",
            desk.public_url,
            self._version,
        )

    async def keys(self) -> KeysView:
        return await self._peers.keys()

    async def rotate_keys(self) -> KeysView:
        return await self._peers.rotate_keys()

    async def rotate_identity(self) -> KeysView:
        return await self._peers.rotate_identity()

    async def claim(self) -> KeysView:
        return await self._peers.claim()

    async def peers(self, query: PageQuery) -> Page[PeerView]:
        return await self._peers.all(query)

    async def peer(self, name: str) -> PeerView:
        return await self._peers.one(name)

    async def revoke_peer(self, name: str) -> PeerView:
        return await self._peers.revoke(name)

    async def renew_peer(self, name: str, body: PeerRenew) -> PeerRenewal:
        return await self._peers.renew(name, body)

    async def set_peer_url(self, name: str, body: PeerUrl) -> PeerView:
        return await self._peers.set_url(name, body)

    async def connectors(self, query: PageQuery) -> Page[ConnectorView]:
        return await self._connectors.all(query)

    async def add_connector(self, body: ConnectorAdd) -> ConnectorView:
        return await self._connectors.add(body)

    async def connector(self, name: str) -> ConnectorView:
        return await self._connectors.one(name)

    async def change_connector(self, name: str, body: ConnectorChange) -> ConnectorView:
        return await self._connectors.change(name, body)

    async def remove_connector(self, name: str) -> None:
        await self._connectors.remove(name)

    async def check_connector(self, name: str, project: str) -> ConnectorCheck:
        return await self._connectors.check(name, project)

    async def connections(
        self, query: ConnectionQuery, only: frozenset[str] | None
    ) -> Page[ConnectionView]:
        return await self._connections.all(query, only)

    async def initiate(self, body: ConnectionInitiate) -> ConnectionInitiated:
        return await self._connections.initiate(body)

    async def accept(self, body: ConnectionAccept) -> ConnectionView:
        return await self._connections.accept(body)

    async def connection(self, name: str) -> ConnectionView:
        return await self._connections.one(name)

    async def set_settings(self, name: str, body: SettingsBody) -> ConnectionView:
        return await self._connections.set_settings(name, body)

    async def change_settings(self, name: str, body: SettingsPatch) -> ConnectionView:
        changed = await self._connections.change_settings(name, body)
        if body.mappings is not msgspec.UNSET:
            await self._mapping.free(name)
        return changed

    async def pause(self, name: str) -> ConnectionView:
        return await self._connections.pause(name)

    async def resume(self, name: str) -> ConnectionView:
        return await self._connections.resume(name)

    async def confirm(self, name: str, body: ConnectionConfirm) -> ConnectionView:
        return await self._connections.confirm(name, body)

    async def agree(self, name: str, body: AgreementBody) -> ConnectionView:
        await agree(self._desk, name, body)
        return await self._connections.one(name)

    async def remove_connection(self, name: str, query: ConnectionRemove) -> None:
        await self._connections.remove(name, query)

    async def pairs(self, name: str, query: PairsQuery) -> Pairs:
        return await self._pairs.page(name, query)

    async def pair_again(self, name: str, body: PairAgainBody) -> PairAgainReport:
        return await self._pairs.again(name, body)

    async def probe(self, url: str) -> Probed:
        return await probe(self._desk, url)

    async def invitations(self, query: PageQuery) -> Page[InvitationView]:
        return await self._invitations.all(query)

    async def invitation(self, connection: str) -> InvitationView:
        return await self._invitations.newest(connection)

    async def revoke(self, connection: str) -> InvitationView:
        return await self._invitations.revoke(connection)

    async def reissue(self, connection: str, body: InvitationReissue) -> ConnectionInitiated:
        return await self._connections.begun(await self._invitations.reissue(connection, body))

    async def rules(self, name: str) -> RulesView:
        return await self._connections.rules(name)

    async def save_rules(self, name: str, body: RulesPut, author: str) -> RulesSaved:
        return await self._connections.save_rules(name, body, author)

    async def conflicts(self, query: ConflictQuery) -> Page[ConflictShown]:
        return await self._conflicts.page(query)

    async def conflict(self, connection: str, number: str) -> ConflictShown:
        return await self._conflicts.one(connection, number)

    async def restore(self, connection: str, number: str) -> ConflictShown:
        return await self._conflicts.restore(connection, number)

    async def disclosures(self, name: str, query: DisclosureQuery) -> Page[Disclosure]:
        return await disclosed(self._desk, name, query)

    async def ledger(self, query: LedgerQuery) -> Page[Disclosure]:
        return await ledger(self._desk, query)

    async def mapping(self, name: str) -> MappingView:
        return await self._mapping.view(name)

    async def set_mapping(self, name: str, body: MappingBody) -> MappingView:
        return await self._mapping.save(name, body)

    async def solve_mapping(self, name: str, body: MappingSolution) -> MappingView:
        return await self._mapping.solve(name, body)

    async def suggest_mapping(self, name: str) -> MappingSuggestions:
        return await self._mapping.suggest(name)

    @property
    def rule_life(self) -> RuleLifeOperations:
        return self._rule_life

    @property
    def snippets(self) -> SnippetOperations:
        return self._snippets

    async def sync(self, body: SyncBody) -> SyncAnswer:
        return await self._twins.sync(body)

    async def twins(self, query: TwinQuery) -> Page[TwinView]:
        return await self._twins.page(query)

    async def twin(self, connection: str, twin: str) -> TwinDetail:
        return await self._twins.one(connection, twin)

    async def errors(self, query: ErrorQuery) -> Page[ErrorView]:
        return await self._errors.page(query)

    async def error(self, connection: str, twin: str) -> ErrorView:
        return await self._errors.one(connection, twin)

    async def retry(self, connection: str, twin: str, body: RetryOne) -> Retried:
        return await self._errors.retry(connection, twin, body)

    async def retry_all(self, body: RetryBody) -> Retried:
        return await self._errors.retry_all(body)

    async def ignore(self, connection: str, twin: str) -> Retried:
        return await self._errors.ignore(connection, twin)

    async def ignore_all(self, body: RetryBody) -> Retried:
        return await self._errors.ignore_all(body)

    async def stop_twin(self, connection: str, twin: str, body: TwinStop) -> TwinView:
        return await self._twins.stop(connection, twin, body.reason)

    async def start_twin(self, connection: str, twin: str) -> TwinView:
        return await self._twins.start(connection, twin)

    async def triggers(self, connection: str, query: PageQuery) -> Page[TriggerView]:
        return await self._triggers.page(connection, query)

    async def trigger(self, connection: str, name: str) -> TriggerView:
        return await self._triggers.one(connection, name)

    async def put_trigger(self, connection: str, name: str, spec: TriggerSpec) -> TriggerView:
        return await self._triggers.put(connection, name, spec)

    async def remove_trigger(self, connection: str, name: str) -> None:
        await self._triggers.remove(connection, name)

    async def preview_trigger(self, connection: str, spec: TriggerSpec) -> TriggerPreview:
        return await self._triggers.preview(connection, spec)

    async def projects(self, connector: str, query: ProjectQuery) -> Page[Choice]:
        return await self._discovery.projects(connector, query)

    async def metadata(self, connector: str, query: MetadataQuery) -> Metadata:
        return await self._discovery.metadata(connector, query)

    async def queue(self) -> QueueView:
        return await queue(self._desk)

    async def tokens(self, query: PageQuery) -> Page[TokenView]:
        return await self._tokens.page(query)

    async def create_token(self, body: TokenCreate, by: str) -> TokenCreated:
        return await self._tokens.create(body, by)

    async def token(self, name: str) -> TokenView:
        return await self._tokens.one(name)

    async def revoke_token(self, name: str) -> None:
        await self._tokens.revoke(name)

    async def audit(self, query: AuditQuery) -> Page[AuditEntry]:
        return await self._audit.page(query)

    async def tasks(self, query: TaskQuery, only: frozenset[str] | None) -> Page[TaskView]:
        return await self._tasks.page(query, only)

    async def start_task(self, body: TaskStart, by: str) -> TaskView:
        return await self._tasks.start(body, by)

    async def task(self, id: str) -> TaskDetail:
        return await self._tasks.one(id)

    async def task_rows(self, id: str, query: TaskRowsQuery) -> Page[TaskRowView]:
        return await self._tasks.rows(id, query)

    async def cancel_task(self, id: str) -> TaskView:
        return await self._tasks.cancel(id)

    async def resume_task(self, id: str) -> TaskView:
        return await self._tasks.resume(id)

    @asynccontextmanager
    async def news(self, after: int | None) -> AsyncIterator[Reader]:
        reader = await self._broadcast.open(after)
        try:
            yield reader
        finally:
            self._broadcast.leave(reader)

    async def relay_passes(self, query: PageQuery) -> Page[RelayPassView]:
        return await self._relay.passes(query)

    async def add_relay_pass(self, body: RelayPassAdd) -> RelayPassAdded:
        return await self._relay.add_pass(body)

    async def revoke_relay_pass(self, name: str) -> None:
        await self._relay.revoke_pass(name)

    async def activity(self, query: ActivityQuery) -> Page[Activity]:
        return await self._errors.activity(query)
