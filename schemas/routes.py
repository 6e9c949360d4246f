"""The management API's route table: one source for the server and for the OpenAPI document."""

from types import NoneType
from typing import Any

from schemas.agreement import AgreementBody
from schemas.alm_routes import ALM_ROUTES
from schemas.api import Page, PageQuery
from schemas.configuration_routes import CONFIGURATION_ROUTES
from schemas.connection_api import (
    ConnectionAccept,
    ConnectionConfirm,
    ConnectionInitiate,
    ConnectionInitiated,
    ConnectionQuery,
    ConnectionRemove,
    ConnectionView,
    ProbeBody,
    Probed,
    SettingsBody,
    SettingsPatch,
)
from schemas.connector_api import (
    ConnectorAdd,
    ConnectorChange,
    ConnectorCheck,
    ConnectorCheckBody,
    ConnectorView,
)
from schemas.error_api import ErrorQuery, ErrorView, Retried, RetryBody, RetryOne
from schemas.health import HealthReport
from schemas.invitation_api import InvitationReissue, InvitationView
from schemas.mapping_routes import MAPPING_ROUTES
from schemas.node import Activity
from schemas.node_api import NodeView
from schemas.node_routes import NODE_ROUTES
from schemas.pairs_api import PairAgainBody, PairAgainReport, Pairs, PairsQuery
from schemas.record_routes import RECORD_ROUTES
from schemas.relay_api import RelayPassAdd, RelayPassAdded, RelayPassView
from schemas.routing import Route, act, delete, listed, patch, post, put, read
from schemas.rule_life import RulesPut, RulesSaved, RulesView
from schemas.rule_routes import RULE_ROUTES
from schemas.snippets import SNIPPET_ROUTES
from schemas.trigger_routes import TRIGGER_ROUTES
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

NODE = read("node", "/node", "This node", NodeView, narrow=True)
HEALTH = read("health", "/health", "Health in detail", HealthReport, narrow=True)

NODE_KEYS = read("node_keys", "/node/keys", "This node's keys and who knows them", KeysView)
NODE_ROTATE_KEYS = act(
    "node_rotate_keys", "/node/rotate-keys", "Take a new message key", KeysView, role="admin"
)
NODE_ROTATE_IDENTITY = act(
    "node_rotate_identity",
    "/node/rotate-identity",
    "Take a new identity; peers follow",
    KeysView,
    role="admin",
)
NODE_CLAIM = act(
    "node_claim",
    "/node/claim",
    "Say that this node is the real one of two copies",
    KeysView,
    role="admin",
)

PEERS = listed("peers", "/peers", "List the peers", PageQuery, Page[PeerView])
PEER = read("peer", "/peers/{peer}", "Show a peer, by its name or id", PeerView)
PEER_REVOKE = act(
    "peer_revoke", "/peers/{peer}/revoke", "Trust a peer's keys no more", PeerView, role="admin"
)
PEER_RENEW = post(
    "peer_renew",
    "/peers/{peer}/renew",
    "Make a code by which both nodes pin each other's keys again, or use one",
    PeerRenew,
    PeerRenewal,
    role="admin",
)
PEER_URL = put(
    "peer_url", "/peers/{peer}/url", "Say where a peer is now", PeerUrl, PeerView, role="admin"
)

CONNECTORS = listed(
    "connectors", "/connectors", "List the connectors", PageQuery, Page[ConnectorView]
)
CONNECTOR_ADD = post(
    "connector_add",
    "/connectors",
    "Add a connector",
    ConnectorAdd,
    ConnectorView,
    status=201,
    role="admin",
)
CONNECTOR = read(
    "connector", "/connectors/{connector}", "Show a connector", ConnectorView, edition="told"
)
CONNECTOR_CHANGE = put(
    "connector_change",
    "/connectors/{connector}",
    "Change a connector's settings, such as an expired token",
    ConnectorChange,
    ConnectorView,
    role="admin",
    edition="needed",
)
CONNECTOR_PATCH = patch(
    "connector_patch",
    "/connectors/{connector}",
    "Change some of a connector's settings; what is not given stays",
    ConnectorChange,
    ConnectorView,
    role="admin",
    edition="needed",
)
CONNECTOR_REMOVE = delete(
    "connector_remove",
    "/connectors/{connector}",
    "Remove a connector that nothing uses",
    role="admin",
)
CONNECTOR_CHECK = post(
    "connector_check",
    "/connectors/{connector}/check",
    "Check server, credentials, project and permissions",
    ConnectorCheckBody,
    ConnectorCheck,
    role="operator",
    changes=False,
)

CONNECTIONS = listed(
    "connections",
    "/connections",
    "List the connections",
    ConnectionQuery,
    Page[ConnectionView],
    narrow=True,
)
CONNECTION_INITIATE = post(
    "connection_initiate",
    "/connections",
    "Begin a connection and get its invitation",
    ConnectionInitiate,
    ConnectionInitiated,
    status=201,
    role="admin",
)
CONNECTION_ACCEPT = post(
    "connection_accept",
    "/connections/accept",
    "Accept an invitation",
    ConnectionAccept,
    ConnectionView,
    status=201,
    role="admin",
)
CONNECTION = read(
    "connection", "/connections/{connection}", "Show a connection", ConnectionView, edition="told"
)
CONNECTION_SETTINGS = put(
    "connection_settings",
    "/connections/{connection}/settings",
    "Replace this side's settings",
    SettingsBody,
    ConnectionView,
    role="admin",
    edition="needed",
)
CONNECTION_SETTINGS_PATCH = patch(
    "connection_settings_patch",
    "/connections/{connection}/settings",
    "Change some of this side's settings; what is not given stays",
    SettingsPatch,
    ConnectionView,
    role="admin",
    edition="needed",
)
CONNECTION_PAUSE = act(
    "connection_pause",
    "/connections/{connection}/pause",
    "Pause a connection",
    ConnectionView,
    role="operator",
)
CONNECTION_RESUME = act(
    "connection_resume",
    "/connections/{connection}/resume",
    "Resume it",
    ConnectionView,
    role="operator",
)
CONNECTION_CONFIRM = post(
    "connection_confirm",
    "/connections/{connection}/confirm",
    "Say that both sides see the same check string",
    ConnectionConfirm,
    ConnectionView,
    role="admin",
)
CONNECTION_AGREE = post(
    "connection_agree",
    "/connections/{connection}/agreement",
    "Wish how conflicts are decided; it holds once both sides wish the same",
    AgreementBody,
    ConnectionView,
    role="admin",
)
CONNECTION_REMOVE: Route[ConnectionRemove, None, None] = Route(
    name="connection_remove",
    method="DELETE",
    path="/connections/{connection}",
    summary="Remove a connection on both sides; issues stay",
    role="admin",
    query=ConnectionRemove,
    body=NoneType,
    answer=NoneType,
    status=204,
)
CONNECTION_PAIRS = listed(
    "connection_pairs",
    "/connections/{connection}/pairs",
    "The pairs of issues, to be kept and fed back",
    PairsQuery,
    Pairs,
)
CONNECTION_PAIR_AGAIN = post(
    "connection_pair_again",
    "/connections/{connection}/pairs",
    "Pair issues that exist on both sides, without creating any",
    PairAgainBody,
    PairAgainReport,
    role="operator",
)
CONNECTION_PROBE = post(
    "connection_probe",
    "/connections/probe",
    "Look whether a node answers at a URL, and in which modes it can be paired with",
    ProbeBody,
    Probed,
    role="admin",
    changes=False,
)
INVITATIONS = listed(
    "invitations", "/invitations", "List the invitations", PageQuery, Page[InvitationView]
)
INVITATION = read(
    "invitation",
    "/invitations/{connection}",
    "Show the newest invitation of a connection",
    InvitationView,
)
INVITATION_REVOKE = act(
    "invitation_revoke",
    "/invitations/{connection}/revoke",
    "Make a connection's invitation worthless",
    InvitationView,
    role="admin",
)
INVITATION_REISSUE = post(
    "invitation_reissue",
    "/invitations/{connection}/reissue",
    "Get a new invitation for a pending connection; the old one is worthless then",
    InvitationReissue,
    ConnectionInitiated,
    role="admin",
)
RULES = read(
    "rules", "/connections/{connection}/rules", "The newest rules", RulesView, edition="told"
)
RULES_PUT = put(
    "rules_put",
    "/connections/{connection}/rules",
    "Check and save rules as a new version; 422 with the findings when they do not pass",
    RulesPut,
    RulesSaved,
    role="admin",
    edition="needed",
)

SYNC = post(
    "sync",
    "/sync",
    "Put an issue under sync, or ring for it",
    SyncBody,
    SyncAnswer,
    role="operator",
)
TWINS = listed("twins", "/twins", "List twins", TwinQuery, Page[TwinView])
TWIN = read("twin", "/twins/{connection}/{twin}", "Show a twin", TwinDetail)

TWIN_STOP = post(
    "twin_stop",
    "/twins/{connection}/{twin}/stop",
    "End the sync of an issue on both sides; both issues stay",
    TwinStop,
    TwinView,
    role="operator",
)
TWIN_START = act(
    "twin_start",
    "/twins/{connection}/{twin}/start",
    "Let a stopped twin go on, whichever side has stopped it",
    TwinView,
    role="operator",
)

ERRORS = listed("errors", "/errors", "Parked twins", ErrorQuery, Page[ErrorView])
ERROR = read("error", "/errors/{connection}/{twin}", "Show why a twin is parked", ErrorView)
ERRORS_RETRY = post(
    "errors_retry", "/errors/retry", "Retry parked twins", RetryBody, Retried, role="operator"
)
ERROR_RETRY = post(
    "error_retry",
    "/errors/{connection}/{twin}/retry",
    "Retry one parked twin, and decide its conflict if it has one",
    RetryOne,
    Retried,
    role="operator",
)
ERRORS_IGNORE = post(
    "errors_ignore",
    "/errors/ignore",
    "Let parked twins rest until something changes",
    RetryBody,
    Retried,
    role="operator",
)
ERROR_IGNORE = act(
    "error_ignore",
    "/errors/{connection}/{twin}/ignore",
    "Let one parked twin rest until something changes",
    Retried,
    role="operator",
)

ACTIVITY = listed(
    "activity", "/activity", "What was decided, newest first", ActivityQuery, Page[Activity]
)

RELAY_PASSES = listed(
    "relay_passes",
    "/relay/passes",
    "Passes of this relay, with what lies here for them",
    PageQuery,
    Page[RelayPassView],
)
RELAY_PASS_ADD = post(
    "relay_pass_add",
    "/relay/passes",
    "Make a pass with which another node may use this relay",
    RelayPassAdd,
    RelayPassAdded,
    status=201,
    role="admin",
)
RELAY_PASS_REVOKE = delete(
    "relay_pass_revoke",
    "/relay/passes/{relay_pass}",
    "Revoke a pass; its channels close at once",
    role="admin",
)

ROUTES: tuple[Route[Any, Any, Any], ...] = (
    NODE,
    HEALTH,
    NODE_KEYS,
    NODE_ROTATE_KEYS,
    NODE_ROTATE_IDENTITY,
    NODE_CLAIM,
    PEERS,
    PEER,
    PEER_REVOKE,
    PEER_RENEW,
    PEER_URL,
    CONNECTORS,
    CONNECTOR_ADD,
    CONNECTOR_CHANGE,
    CONNECTOR_PATCH,
    CONNECTOR,
    CONNECTOR_REMOVE,
    CONNECTOR_CHECK,
    CONNECTIONS,
    CONNECTION_INITIATE,
    CONNECTION_ACCEPT,
    CONNECTION_PROBE,
    CONNECTION,
    CONNECTION_SETTINGS,
    CONNECTION_SETTINGS_PATCH,
    CONNECTION_CONFIRM,
    CONNECTION_AGREE,
    CONNECTION_PAUSE,
    CONNECTION_RESUME,
    CONNECTION_REMOVE,
    CONNECTION_PAIRS,
    CONNECTION_PAIR_AGAIN,
    INVITATIONS,
    INVITATION,
    INVITATION_REVOKE,
    INVITATION_REISSUE,
    RULES,
    RULES_PUT,
    SYNC,
    TWINS,
    TWIN,
    TWIN_STOP,
    TWIN_START,
    ERRORS,
    ERROR,
    ERRORS_RETRY,
    ERROR_RETRY,
    ERRORS_IGNORE,
    ERROR_IGNORE,
    ACTIVITY,
    RELAY_PASSES,
    RELAY_PASS_ADD,
    RELAY_PASS_REVOKE,
    *RECORD_ROUTES,
    *MAPPING_ROUTES,
    *TRIGGER_ROUTES,
    *NODE_ROUTES,
    *ALM_ROUTES,
    *RULE_ROUTES,
    *CONFIGURATION_ROUTES,
    *SNIPPET_ROUTES,
)
