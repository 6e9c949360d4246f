from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from openapi_core import OpenAPI

from schemas import (
    alm,
    api,
    conflict_api,
    connection_api,
    connector_api,
    disclosure_api,
    error_api,
    invitation_api,
    node_api,
    pairs_api,
    relay_api,
    rule_life,
    twin_api,
)
from schemas.access import (
    Answered,
    AuditEntry,
    AuditQuery,
    TokenCreate,
    TokenCreated,
    TokenView,
)
from schemas.agreement import AgreementBody
from schemas.bulk import (
    TaskDetail,
    TaskProblem,
    TaskQuery,
    TaskRowsQuery,
    TaskRowView,
    TaskStart,
    TaskView,
)
from schemas.errors import (
    ConfigurationError,
    Fault,
    InputError,
    PeerUnavailable,
    StoreUnavailable,
    TrackerError,
)
from schemas.mapping import (
    MappedValue,
    MappingBody,
    MappingSolution,
    MappingSuggestions,
    MappingTable,
    MappingView,
)
from schemas.metadata import Choice, FieldInfo, Metadata, TypeInfo
from schemas.news import News
from schemas.node import Activity, ConnectionSettings
from schemas.openapi import openapi
from schemas.routing import PREFIX
from schemas.rules import Diagnostic
from schemas.triggers import PreviewIssue, TriggerPreview, TriggerSpec, TriggerView
from schemas.trust import KeysView, PeerRenew, PeerRenewal, PeerUrl, PeerView
from schemas.twin import Loss
from service.web.access import by_socket
from service.web.api.records import Records
from service.web.app import build_admin_app
from tests.support.described import held_against
from tests.unit.service.web.api.configuration import FakeConfiguration
from tests.unit.service.web.api.rule_life import FakeRuleLife
from tests.unit.service.web.api.snippets import FakeSnippets

SECRETS = {
    "url": "https://u:canary@jira.example",
    "token": "canary",
    "nested": {"password": "canary"},
}
CONNECTION = connection_api.ConnectionView(
    id="c1",
    name="left-right",
    type="private",
    mode="script",
    status="active",
    reason="",
    local_side="left",
    remote_side="right",
    connector="jira",
    peer="right-node",
    settings=ConnectionSettings(project="ABC"),
    rules_version=1,
    twins=2,
    parked=1,
    created=1,
    changed=2,
)
RELAY_PASS = relay_api.RelayPassView(
    name="acme", status="active", quota=1 << 30, used=5, channels=1, created=1, expires=2
)
PEER = PeerView("p1", "globex", "p2", "public", url="https://sync.globex.example")
KEYS = KeysView("n1", 7, 2, 5, ("n0",), ("globex",), ("initech",))
TWIN = twin_api.TwinView(
    id="t1",
    connection="left-right",
    issue="A-1",
    url="",
    remote_issue="77",
    remote_url="",
    status="parked",
    version=1,
    acknowledged=1,
    replica_version=0,
    included=0,
    attempts=0,
    due_at=None,
    reconciled_at=5,
)
ERROR = error_api.ErrorView(
    twin="t1",
    connection="left-right",
    issue="A-1",
    fault="rule",
    message="boom",
    remedy="Correct the rule.",
    since=1,
    attempts=3,
)
INVITATION = invitation_api.InvitationView("i1", "left-right", "inviter", "open", 1, 99, 0)
REFUSALS: dict[str, Exception] = {
    "missing": InputError("No such connector.", status=404, remedy="List them."),
    "used": ConfigurationError("It is in use.", remedy="Remove the connection first."),
    "locked": TrackerError(Fault.CREDENTIALS, "The tracker refuses the token.", remedy="Renew it."),
    "limited": TrackerError(Fault.THROTTLED, "Slow down.", retry_after=7.2),
    "away": PeerUnavailable("The other node is away."),
    "storeless": StoreUnavailable("The store is away at postgresql://u:canary@h/d"),
    "broken": RuntimeError("canary"),
}


TOKEN = TokenView("ci", "operator", False, (), "active", 1, "user ann", 99, None)
TASK = TaskView("k1", "sync", "left-right", "running", 1, "token ci", 9, 3, 1, 2, None, "")

CONFLICT = conflict_api.ConflictShown(
    7, "left-right", "t", "ABC-1", "summary", "local", "left", "newest", "a", "b", 3, 2, 1, None
)


class FakeReader:
    """Tells one activity and one step of a task, and is closed then."""

    def __init__(self, after: int | None) -> None:
        self.after = after
        self.closed = False

    async def next(self, seconds: float) -> tuple[News, ...]:
        self.closed = True
        written = Activity(1, "twin.written", "left-right", detail={"any": "line\nbreak"})
        other = Activity(1, "twin.written", "other")
        return (
            News("activity", written, "left-right", 8),
            News("activity", other, "other", 9),
            News("task", TASK, "left-right"),
        )


class FakeRecords:
    """Stands for the audit log and for kept answers."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []
        self.kept: dict[tuple[str, str], tuple[bytes, Answered | None]] = {}
        self.away = False

    async def begin(self, *given: Any) -> Any:
        if len(given) == 1:
            if self.away:
                raise StoreUnavailable("The store is away.")
            self.entries.append(given[0])
            return len(self.entries) - 1
        caller, key, digest = given
        known = self.kept.setdefault((caller, key), (digest, None))
        if known[0] != digest:
            raise InputError("Used for another request.", status=422)
        return known[1]

    async def end(self, number: int, status: int, after: Any) -> None:
        entry = msgspec.structs.replace(self.entries[number], status=status, after=after)
        self.entries[number] = entry

    async def keep(self, caller: str, key: str, answer: Answered) -> None:
        self.kept[caller, key] = (self.kept[caller, key][0], answer)

    async def forget(self, caller: str, key: str) -> None:
        del self.kept[caller, key]


ALM_SYSTEM = alm.AlmSystem("github", "GitHub", "GitHub")
ALM_PARAMS = {"alm_server": "api.github.com", "alm_pass": "********"}
ALM_CONNECTOR = alm.AlmConnectorView(1, "GitHub of the team", ALM_SYSTEM, False, ALM_PARAMS)
ALM_CONNECTION = alm.AlmConnectionView(
    id=5,
    alias="The shop",
    system=ALM_SYSTEM,
    frequency="hourly",
    command="sync_github",
    debug_mode=False,
    inaccessible=False,
    in_progress=False,
    connector=1,
    project=1,
    params=ALM_PARAMS,
    last_job=None,
)
ALM_JOB = alm.AlmJobView(
    id=9,
    user="token ci",
    succeeded=True,
    automatic=False,
    ready=True,
    result_message="Done.",
    last_run="2026-11-01T00:00:00.000Z",
    connection=alm.AlmJobConnection(5, "The shop", "sync_github", "hourly", 1, ALM_SYSTEM),
    progress=alm.AlmJobProgress(),
)
ALM_PLUGIN = alm.AlmPlugin("github", "GitHub", "GitHub", "sync_github", ())


class FakeAlm:
    """Remembers what changes, in the calls of the operations that it belongs to."""

    def __init__(self, calls: list[tuple[Any, ...]]) -> None:
        self._calls = calls

    def _noted(self, answer: Any, *call: Any) -> Any:
        self._calls.append(call)
        return answer

    async def connectors(self, caller: Any, query: Any) -> Any:
        return alm.AlmList((ALM_CONNECTOR,), 1)

    async def connector(self, caller: Any, id: str) -> Any:
        return ALM_CONNECTOR

    async def create_connector(self, caller: Any, body: Any) -> Any:
        return self._noted(ALM_CONNECTOR, "create_connector", body)

    async def patch_connector(self, caller: Any, id: str, body: Any) -> Any:
        return self._noted(ALM_CONNECTOR, "patch_connector", id, body)

    async def delete_connector(self, id: str) -> None:
        self._noted(None, "delete_connector", id)

    async def test_connector(self, body: Any) -> Any:
        return alm.AlmSuccess(True)

    async def connections(self, caller: Any, query: Any) -> Any:
        return alm.AlmList((ALM_CONNECTION,), 1)

    async def connection(self, caller: Any, id: str, query: Any) -> Any:
        return ALM_CONNECTION

    async def create_connection(self, caller: Any, body: Any) -> Any:
        return self._noted(ALM_CONNECTION, "create_connection", body)

    async def patch_connection(self, caller: Any, id: str, body: Any) -> Any:
        return self._noted(ALM_CONNECTION, "patch_connection", id, body)

    async def delete_connection(self, caller: Any, id: str) -> None:
        self._noted(None, "delete_connection", id)

    async def test_connection(self, body: Any) -> Any:
        return alm.AlmSuccess(True)

    async def plugins(self, query: Any) -> Any:
        return alm.AlmList((ALM_PLUGIN,), 1)

    async def plugin(self, id: str) -> Any:
        return ALM_PLUGIN

    async def jobs(self, caller: Any, query: Any) -> Any:
        return alm.AlmList((ALM_JOB,), 1)

    async def job(self, caller: Any, id: str) -> Any:
        return ALM_JOB

    async def post_job(self, caller: Any, project: str, body: Any) -> Any:
        return self._noted(ALM_JOB, "post_job", project, body)


class FakeOperations:
    """Remembers its calls; names in REFUSALS raise."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.alm = FakeAlm(self.calls)
        self.rule_life = FakeRuleLife(self.calls)
        self.configuration = FakeConfiguration(self.calls)
        self.snippets = FakeSnippets(self.calls)
        self.items = 1
        """Of each list."""

    def _page(self, query: api.PageQuery, *items: Any) -> api.Page[Any]:
        whole = (*items, *items[:1] * (self.items - len(items)))
        return api.Page(len(whole), whole[query.offset : query.offset + query.page_size])

    def _connector(self, name: str) -> connector_api.ConnectorView:
        if name in REFUSALS:
            raise REFUSALS[name]
        return connector_api.ConnectorView("1", name, "jira", SECRETS, f"/hooks/{name}", 0, 1)

    async def node(self) -> node_api.NodeView:
        return node_api.NodeView("n1", "left", "private", "", "1.2.3")

    async def keys(self) -> KeysView:
        return KEYS

    async def rotate_keys(self) -> KeysView:
        self.calls.append(("rotate_keys",))
        return KEYS

    async def rotate_identity(self) -> KeysView:
        self.calls.append(("rotate_identity",))
        return KEYS

    async def claim(self) -> KeysView:
        self.calls.append(("claim",))
        return KEYS

    async def peers(self, query: api.PageQuery) -> api.Page[PeerView]:
        return self._page(query, PEER)

    async def peer(self, name: str) -> PeerView:
        return PEER

    async def revoke_peer(self, name: str) -> PeerView:
        self.calls.append(("revoke_peer", name))
        return PEER

    async def renew_peer(self, name: str, body: PeerRenew) -> PeerRenewal:
        self.calls.append(("renew_peer", name, body))
        return PeerRenewal(PEER, "TG1-ABC", 5)

    async def set_peer_url(self, name: str, body: PeerUrl) -> PeerView:
        self.calls.append(("set_peer_url", name, body))
        return PEER

    async def connectors(self, query: api.PageQuery) -> api.Page[connector_api.ConnectorView]:
        self.calls.append(("connectors", query))
        return self._page(query, self._connector("jira"))

    async def add_connector(self, body: connector_api.ConnectorAdd) -> connector_api.ConnectorView:
        self.calls.append(("add_connector", body))
        return self._connector(body.name)

    async def connector(self, name: str) -> connector_api.ConnectorView:
        return self._connector(name)

    async def change_connector(
        self, name: str, body: connector_api.ConnectorChange
    ) -> connector_api.ConnectorView:
        self.calls.append(("change_connector", name, body))
        return self._connector(name)

    async def remove_connector(self, name: str) -> None:
        self.calls.append(("remove_connector", self._connector(name).name))

    async def check_connector(self, name: str, project: str) -> connector_api.ConnectorCheck:
        stage = connector_api.CheckedStage("server", True, f"looked at {project}")
        return connector_api.ConnectorCheck(name, True, (stage,))

    async def connections(self, query: connection_api.ConnectionQuery, only: Any) -> api.Page[Any]:
        self.calls.append(("connections", query, only))
        return self._page(query, CONNECTION)

    async def initiate(
        self, body: connection_api.ConnectionInitiate
    ) -> connection_api.ConnectionInitiated:
        self.calls.append(("initiate", body))
        return connection_api.ConnectionInitiated(CONNECTION, "TG1-ABC", 99)

    async def accept(self, body: connection_api.ConnectionAccept) -> connection_api.ConnectionView:
        self.calls.append(("accept", body))
        return CONNECTION

    async def connection(self, name: str) -> connection_api.ConnectionView:
        return CONNECTION

    async def set_settings(
        self, name: str, body: connection_api.SettingsBody
    ) -> connection_api.ConnectionView:
        self.calls.append(("set_settings", name, body))
        return CONNECTION

    async def change_settings(
        self, name: str, body: connection_api.SettingsPatch
    ) -> connection_api.ConnectionView:
        self.calls.append(("change_settings", name, body))
        return CONNECTION

    async def pause(self, name: str) -> connection_api.ConnectionView:
        self.calls.append(("pause", name))
        return CONNECTION

    async def resume(self, name: str) -> connection_api.ConnectionView:
        self.calls.append(("resume", name))
        return CONNECTION

    async def confirm(
        self, name: str, body: connection_api.ConnectionConfirm
    ) -> connection_api.ConnectionView:
        self.calls.append(("confirm", name, body))
        return CONNECTION

    async def agree(self, name: str, body: AgreementBody) -> connection_api.ConnectionView:
        self.calls.append(("agree", name, body))
        return CONNECTION

    async def remove_connection(self, name: str, query: connection_api.ConnectionRemove) -> None:
        self.calls.append(("remove_connection", name, query))

    async def pairs(self, name: str, query: pairs_api.PairsQuery) -> pairs_api.Pairs:
        return pairs_api.Pairs((pairs_api.PairView("A-1", "1", "", "77", "77", "", "t1"),), "t1")

    async def pair_again(
        self, name: str, body: pairs_api.PairAgainBody
    ) -> pairs_api.PairAgainReport:
        self.calls.append(("pair_again", name, body))
        return pairs_api.PairAgainReport((pairs_api.PairedAgain("1", "77", "paired"),))

    async def probe(self, url: str) -> connection_api.Probed:
        self.calls.append(("probe", url))
        return connection_api.Probed(url, "n2", "1.2.3", 1, ("basic", "script"))

    async def invitations(self, query: api.PageQuery) -> api.Page[invitation_api.InvitationView]:
        return self._page(query, INVITATION)

    async def invitation(self, connection: str) -> invitation_api.InvitationView:
        return INVITATION

    async def revoke(self, connection: str) -> invitation_api.InvitationView:
        self.calls.append(("revoke", connection))
        return INVITATION

    async def reissue(
        self, connection: str, body: invitation_api.InvitationReissue
    ) -> connection_api.ConnectionInitiated:
        self.calls.append(("reissue", connection, body))
        return connection_api.ConnectionInitiated(CONNECTION, "TG1-DEF", 99)

    async def rules(self, name: str) -> rule_life.RulesView:
        return rule_life.RulesView(1, "out", "in")

    async def save_rules(
        self, name: str, body: rule_life.RulesPut, author: str
    ) -> rule_life.RulesSaved:
        if "(" in body.outgoing:
            return rule_life.RulesSaved(None, (Diagnostic("outgoing.py", 1, 2, "never closed"),))
        return rule_life.RulesSaved(2)

    async def sync(self, body: twin_api.SyncBody) -> twin_api.SyncAnswer:
        return twin_api.SyncAnswer((twin_api.Synced("left-right", "t1", body.issue, True),))

    async def twins(self, query: twin_api.TwinQuery) -> api.Page[twin_api.TwinView]:
        self.calls.append(("twins", query))
        return self._page(query, TWIN)

    async def twin(self, connection: str, twin: str) -> twin_api.TwinDetail:
        conflict = conflict_api.ConflictView("summary", "left", "newest", "a", "b", 1)
        return twin_api.TwinDetail(
            TWIN,
            1,
            2,
            (conflict,),
            ERROR,
            (Activity(1, "twin.written"),),
            (Loss("due", "This tracker has no such field."),),
            {"summary": "a"},
            {"summary": "b", "labels": ("x",)},
            {"summary": "b"},
        )

    async def errors(self, query: error_api.ErrorQuery) -> api.Page[error_api.ErrorView]:
        return self._page(query, ERROR)

    async def error(self, connection: str, twin: str) -> error_api.ErrorView:
        return ERROR

    async def retry(
        self, connection: str, twin: str, body: error_api.RetryOne
    ) -> error_api.Retried:
        self.calls.append(("retry", connection, twin, body))
        return error_api.Retried(1)

    async def retry_all(self, body: error_api.RetryBody) -> error_api.Retried:
        self.calls.append(("retry_all", body))
        return error_api.Retried(3)

    async def ignore(self, connection: str, twin: str) -> error_api.Retried:
        self.calls.append(("ignore", connection, twin))
        return error_api.Retried(1)

    async def ignore_all(self, body: error_api.RetryBody) -> error_api.Retried:
        self.calls.append(("ignore_all", body))
        return error_api.Retried(3)

    async def stop_twin(
        self, connection: str, twin: str, body: twin_api.TwinStop
    ) -> twin_api.TwinView:
        self.calls.append(("stop_twin", connection, twin))
        return TWIN

    async def start_twin(self, connection: str, twin: str) -> twin_api.TwinView:
        self.calls.append(("start_twin", connection, twin))
        return TWIN

    async def triggers(self, connection: str, query: api.PageQuery) -> api.Page[TriggerView]:
        return self._page(query, TriggerView(connection, "shared", TriggerSpec("ABC"), 1))

    async def trigger(self, connection: str, name: str) -> TriggerView:
        return TriggerView(connection, name, TriggerSpec("ABC"), 1)

    async def put_trigger(self, connection: str, name: str, spec: TriggerSpec) -> TriggerView:
        self.calls.append(("put_trigger", connection, name, spec))
        return TriggerView(connection, name, spec, 1)

    async def remove_trigger(self, connection: str, name: str) -> None:
        self.calls.append(("remove_trigger", connection, name))

    async def preview_trigger(self, connection: str, spec: TriggerSpec) -> TriggerPreview:
        return TriggerPreview(1, True, 1, False, (PreviewIssue("A-1", "", False),))

    async def projects(self, connector: str, query: connector_api.ProjectQuery) -> api.Page[Choice]:
        return self._page(query, Choice("Alpha", "ABC"))

    async def metadata(self, connector: str, query: connector_api.MetadataQuery) -> Metadata:
        field = FieldInfo("priority", "Priority", "option", choices=(Choice("High", "1"),))
        return Metadata(query.project, (TypeInfo(Choice("Bug", "1"), (field,)),))

    async def queue(self) -> node_api.QueueView:
        return node_api.QueueView(1, 2, 3, 4, 5, 6, 7, None, (node_api.PeerQueue("globex", 6, 8),))

    async def tokens(self, query: api.PageQuery) -> api.Page[TokenView]:
        return self._page(query, TOKEN)

    async def create_token(self, body: TokenCreate, by: str) -> TokenCreated:
        self.calls.append(("create_token", body, by))
        return TokenCreated(TOKEN, f"tgt_canary-{len(self.calls)}")

    async def token(self, name: str) -> TokenView:
        return TOKEN

    async def revoke_token(self, name: str) -> None:
        self.calls.append(("revoke_token", name))

    async def audit(self, query: AuditQuery) -> api.Page[AuditEntry]:
        return self._page(query, AuditEntry(1, 2, "token ci", "sync", "/sync", 200, {"a": 1}))

    async def conflicts(
        self, query: conflict_api.ConflictQuery
    ) -> api.Page[conflict_api.ConflictShown]:
        return self._page(query, CONFLICT)

    async def conflict(self, connection: str, number: str) -> conflict_api.ConflictShown:
        return CONFLICT

    async def restore(self, connection: str, number: str) -> conflict_api.ConflictShown:
        self.calls.append(("restore", connection, number))
        return CONFLICT

    async def disclosures(
        self, name: str, query: disclosure_api.DisclosureQuery
    ) -> api.Page[disclosure_api.Disclosure]:
        return self._page(query, disclosure_api.Disclosure(1, "t", 2, "summary", "ab" * 32))

    async def ledger(
        self, query: disclosure_api.LedgerQuery
    ) -> api.Page[disclosure_api.Disclosure]:
        entry = disclosure_api.Disclosure(1, "t", 2, "summary", "ab" * 32, partner="globex")
        return self._page(query, entry)

    async def mapping(self, name: str) -> MappingView:
        tables = {"status": MappingTable((MappedValue("Doing", "In Progress"),))}
        return MappingView(tables, {}, {}, "", ())

    async def set_mapping(self, name: str, body: MappingBody) -> MappingView:
        self.calls.append(("set_mapping", name, body))
        return await self.mapping(name)

    async def solve_mapping(self, name: str, body: MappingSolution) -> MappingView:
        self.calls.append(("solve_mapping", name, body))
        return await self.mapping(name)

    async def suggest_mapping(self, name: str) -> MappingSuggestions:
        return MappingSuggestions({"type": MappingTable((MappedValue("Bug", "Defect"),))})

    async def tasks(self, query: TaskQuery, only: Any) -> api.Page[TaskView]:
        self.calls.append(("tasks", query, only))
        return self._page(query, TASK)

    async def start_task(self, body: TaskStart, by: str) -> TaskView:
        self.calls.append(("start_task", body, by))
        return TASK

    async def task(self, id: str) -> TaskDetail:
        problems = (TaskProblem("A-1", "It is gone."),)
        return TaskDetail(**msgspec.structs.asdict(TASK), problems=problems)

    async def task_rows(self, id: str, query: TaskRowsQuery) -> api.Page[TaskRowView]:
        return self._page(query, TaskRowView(1, "A-1 - 77", "failed", "There is no such issue."))

    async def cancel_task(self, id: str) -> TaskView:
        self.calls.append(("cancel_task", id))
        return TASK

    async def resume_task(self, id: str) -> TaskView:
        self.calls.append(("resume_task", id))
        return TASK

    @asynccontextmanager
    async def news(self, after: int | None) -> AsyncIterator["FakeReader"]:
        self.reader = FakeReader(after)
        yield self.reader

    async def relay_passes(self, query: api.PageQuery) -> api.Page[relay_api.RelayPassView]:
        return self._page(query, RELAY_PASS)

    async def add_relay_pass(self, body: relay_api.RelayPassAdd) -> relay_api.RelayPassAdded:
        self.calls.append(("add_relay_pass", body))
        return relay_api.RelayPassAdded(RELAY_PASS, "RP1-ABC")

    async def revoke_relay_pass(self, name: str) -> None:
        self.calls.append(("revoke_relay_pass", name))

    async def activity(self, query: twin_api.ActivityQuery) -> api.Page[Activity]:
        return self._page(query, Activity(1, "twin.written", detail={"any": ["thing"]}))


@pytest.fixture
def operations() -> FakeOperations:
    return FakeOperations()


@pytest.fixture
def records() -> FakeRecords:
    return FakeRecords()


@pytest.fixture(scope="session")
def described() -> OpenAPI:
    return OpenAPI.from_dict(openapi("1.2.3"))


@pytest.fixture
async def client(serve, operations, board, metrics, new_id, records, described):
    board.open()
    app = build_admin_app(
        operations,
        board,
        metrics,
        new_id=new_id,
        records=Records(records, records),
        entrance=by_socket(),
    )
    broken: list[str] = []
    app.middlewares.insert(0, held_against(described, PREFIX, broken))
    session = await serve(app)
    # As the document asks for it; the socket would not.
    session.headers["Authorization"] = "Token any"
    yield session
    assert broken == []
