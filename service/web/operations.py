"""What the management API asks of the daemon. Implemented by the workers."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from schemas.access import AuditEntry, AuditQuery, TokenCreate, TokenCreated, TokenView
from schemas.api import (
    ActivityQuery,
    ConnectionAccept,
    ConnectionConfirm,
    ConnectionInitiate,
    ConnectionInitiated,
    ConnectionQuery,
    ConnectionRemove,
    ConnectionView,
    ConnectorAdd,
    ConnectorChange,
    ConnectorCheck,
    ConnectorView,
    ErrorQuery,
    ErrorView,
    InvitationReissue,
    InvitationView,
    MetadataQuery,
    NodeView,
    Page,
    PageQuery,
    PairAgainBody,
    PairAgainReport,
    Pairs,
    PairsQuery,
    Probed,
    ProjectQuery,
    QueueView,
    RelayPassAdd,
    RelayPassAdded,
    RelayPassView,
    Retried,
    RetryBody,
    RetryOne,
    RulesPut,
    RulesSaved,
    RulesView,
    SettingsBody,
    SettingsPatch,
    SyncAnswer,
    SyncBody,
    TwinDetail,
    TwinQuery,
    TwinStop,
    TwinView,
)
from schemas.bulk import (
    TaskDetail,
    TaskQuery,
    TaskRowsQuery,
    TaskRowView,
    TaskStart,
    TaskView,
)
from schemas.metadata import Choice, Metadata
from schemas.news import News
from schemas.node import Activity
from schemas.triggers import TriggerPreview, TriggerSpec, TriggerView
from schemas.trust import KeysView, PeerRenew, PeerRenewal, PeerUrl, PeerView


class NewsReader(Protocol):
    @property
    def closed(self) -> bool: ...

    async def next(self, seconds: float) -> tuple[News, ...]:
        """() when nothing came within that time, or the reader was closed."""
        ...


class Operations(Protocol):
    """Connectors and connections go by name, twins by connection name and id.

    What does not exist raises `InputError` with status 404, what clashes one with 409; every other
    `TidegateError` is shown with its remedy.
    """

    async def node(self) -> NodeView: ...

    async def keys(self) -> KeysView: ...

    async def rotate_keys(self) -> KeysView: ...

    async def rotate_identity(self) -> KeysView: ...

    async def claim(self) -> KeysView: ...

    async def peers(self, query: PageQuery) -> Page[PeerView]:
        """Peers go by name or id."""
        ...

    async def peer(self, name: str) -> PeerView: ...

    async def revoke_peer(self, name: str) -> PeerView: ...

    async def renew_peer(self, name: str, body: PeerRenew) -> PeerRenewal: ...

    async def set_peer_url(self, name: str, body: PeerUrl) -> PeerView: ...

    async def connectors(self, query: PageQuery) -> Page[ConnectorView]: ...

    async def add_connector(self, body: ConnectorAdd) -> ConnectorView: ...

    async def connector(self, name: str) -> ConnectorView: ...

    async def change_connector(self, name: str, body: ConnectorChange) -> ConnectorView: ...

    async def remove_connector(self, name: str) -> None: ...

    async def check_connector(self, name: str, project: str) -> ConnectorCheck: ...

    async def connections(
        self, query: ConnectionQuery, only: frozenset[str] | None
    ) -> Page[ConnectionView]:
        """`only`: of these names, where the caller may see no other."""
        ...

    async def initiate(self, body: ConnectionInitiate) -> ConnectionInitiated: ...

    async def accept(self, body: ConnectionAccept) -> ConnectionView: ...

    async def connection(self, name: str) -> ConnectionView: ...

    async def set_settings(self, name: str, body: SettingsBody) -> ConnectionView: ...

    async def change_settings(self, name: str, body: SettingsPatch) -> ConnectionView:
        """What is not given stays."""
        ...

    async def pause(self, name: str) -> ConnectionView: ...

    async def resume(self, name: str) -> ConnectionView: ...

    async def confirm(self, name: str, body: ConnectionConfirm) -> ConnectionView: ...

    async def remove_connection(self, name: str, query: ConnectionRemove) -> None: ...

    async def pairs(self, name: str, query: PairsQuery) -> Pairs: ...

    async def pair_again(self, name: str, body: PairAgainBody) -> PairAgainReport: ...

    async def probe(self, url: str) -> Probed: ...

    async def invitations(self, query: PageQuery) -> Page[InvitationView]: ...

    async def invitation(self, connection: str) -> InvitationView:
        """The newest of a connection, by its name."""
        ...

    async def revoke(self, connection: str) -> InvitationView: ...

    async def reissue(self, connection: str, body: InvitationReissue) -> ConnectionInitiated: ...

    async def rules(self, name: str) -> RulesView: ...

    async def save_rules(self, name: str, body: RulesPut, author: str) -> RulesSaved:
        """Saves nothing, and answers with findings, when the rules do not pass the check."""
        ...

    async def sync(self, body: SyncBody) -> SyncAnswer: ...

    async def twins(self, query: TwinQuery) -> Page[TwinView]: ...

    async def twin(self, connection: str, twin: str) -> TwinDetail: ...

    async def errors(self, query: ErrorQuery) -> Page[ErrorView]: ...

    async def error(self, connection: str, twin: str) -> ErrorView: ...

    async def retry(self, connection: str, twin: str, body: RetryOne) -> Retried: ...

    async def retry_all(self, body: RetryBody) -> Retried:
        """Of one connection, or of the whole node when it is ''."""
        ...

    async def ignore(self, connection: str, twin: str) -> Retried: ...

    async def ignore_all(self, body: RetryBody) -> Retried: ...

    async def stop_twin(self, connection: str, twin: str, body: TwinStop) -> TwinView: ...

    async def start_twin(self, connection: str, twin: str) -> TwinView: ...

    async def triggers(self, connection: str, query: PageQuery) -> Page[TriggerView]: ...

    async def trigger(self, connection: str, name: str) -> TriggerView: ...

    async def put_trigger(self, connection: str, name: str, spec: TriggerSpec) -> TriggerView: ...

    async def remove_trigger(self, connection: str, name: str) -> None: ...

    async def preview_trigger(self, connection: str, spec: TriggerSpec) -> TriggerPreview: ...

    async def projects(self, connector: str, query: ProjectQuery) -> Page[Choice]: ...

    async def metadata(self, connector: str, query: MetadataQuery) -> Metadata: ...

    async def queue(self) -> QueueView: ...

    async def tokens(self, query: PageQuery) -> Page[TokenView]: ...

    async def create_token(self, body: TokenCreate, by: str) -> TokenCreated: ...

    async def token(self, name: str) -> TokenView: ...

    async def revoke_token(self, name: str) -> None: ...

    async def audit(self, query: AuditQuery) -> Page[AuditEntry]: ...

    async def tasks(self, query: TaskQuery, only: frozenset[str] | None) -> Page[TaskView]:
        """`only`: of these connections, where the caller may see no other."""
        ...

    async def start_task(self, body: TaskStart, by: str) -> TaskView: ...

    async def task(self, id: str) -> TaskDetail: ...

    async def task_rows(self, id: str, query: TaskRowsQuery) -> Page[TaskRowView]: ...

    async def cancel_task(self, id: str) -> TaskView: ...

    async def resume_task(self, id: str) -> TaskView: ...

    def news(self, after: int | None) -> AbstractAsyncContextManager[NewsReader]:
        """Of what happens after the event with that id; None: from now on."""
        ...

    async def relay_passes(self, query: PageQuery) -> Page[RelayPassView]: ...

    async def add_relay_pass(self, body: RelayPassAdd) -> RelayPassAdded: ...

    async def revoke_relay_pass(self, name: str) -> None: ...

    async def activity(self, query: ActivityQuery) -> Page[Activity]: ...
