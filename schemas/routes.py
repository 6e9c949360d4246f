"""The management API's route table: one source for the server and for the OpenAPI document."""

from types import NoneType
from typing import Any, Generic, Literal, TypeVar

import msgspec

from schemas.api import (
    ActivityQuery,
    ConnectionAccept,
    ConnectionConfirm,
    ConnectionInitiate,
    ConnectionInitiated,
    ConnectionRemove,
    ConnectionView,
    ConnectorAdd,
    ConnectorChange,
    ConnectorCheck,
    ConnectorCheckBody,
    ConnectorView,
    ErrorQuery,
    ErrorView,
    InvitationReissue,
    InvitationView,
    NodeView,
    Page,
    PageQuery,
    PairAgainBody,
    PairAgainReport,
    Pairs,
    PairsQuery,
    ProbeBody,
    Probed,
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
    SyncAnswer,
    SyncBody,
    TwinDetail,
    TwinQuery,
    TwinView,
)
from schemas.health import HealthReport
from schemas.node import Activity
from schemas.trust import KeysView, PeerRenew, PeerRenewal, PeerUrl, PeerView

Q = TypeVar("Q")
B = TypeVar("B")
A = TypeVar("A")

PREFIX = "/api/v1"


class Route(msgspec.Struct, Generic[Q, B, A], frozen=True):
    """`query`, `body` and `answer` are Structs, or NoneType where there is none."""

    name: str
    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    summary: str
    query: type[Q]
    body: type[B]
    answer: type[A]
    status: int = 200


def _read(name: str, path: str, summary: str, answer: type[A]) -> Route[None, None, A]:
    return Route(name, "GET", path, summary, NoneType, NoneType, answer)


def _list(name: str, path: str, summary: str, query: type[Q], answer: type[A]) -> Route[Q, None, A]:
    return Route(name, "GET", path, summary, query, NoneType, answer)


def _act(name: str, path: str, summary: str, answer: type[A]) -> Route[None, None, A]:
    return Route(name, "POST", path, summary, NoneType, NoneType, answer)


def _post(
    name: str, path: str, summary: str, body: type[B], answer: type[A], status: int = 200
) -> Route[None, B, A]:
    return Route(name, "POST", path, summary, NoneType, body, answer, status)


def _put(name: str, path: str, summary: str, body: type[B], answer: type[A]) -> Route[None, B, A]:
    return Route(name, "PUT", path, summary, NoneType, body, answer)


def _delete(name: str, path: str, summary: str) -> Route[None, None, None]:
    return Route(name, "DELETE", path, summary, NoneType, NoneType, NoneType, 204)


NODE = _read("node", "/node", "This node", NodeView)
HEALTH = _read("health", "/health", "Health in detail", HealthReport)

NODE_KEYS = _read("node_keys", "/node/keys", "This node's keys and who knows them", KeysView)
NODE_ROTATE_KEYS = _act("node_rotate_keys", "/node/rotate-keys", "Take a new message key", KeysView)
NODE_ROTATE_IDENTITY = _act(
    "node_rotate_identity", "/node/rotate-identity", "Take a new identity; peers follow", KeysView
)
NODE_CLAIM = _act(
    "node_claim", "/node/claim", "Say that this node is the real one of two copies", KeysView
)

PEERS = _list("peers", "/peers", "List the peers", PageQuery, Page[PeerView])
PEER = _read("peer", "/peers/{peer}", "Show a peer, by its name or id", PeerView)
PEER_REVOKE = _act("peer_revoke", "/peers/{peer}/revoke", "Trust a peer's keys no more", PeerView)
PEER_RENEW = _post(
    "peer_renew",
    "/peers/{peer}/renew",
    "Make a code by which both nodes pin each other's keys again, or use one",
    PeerRenew,
    PeerRenewal,
)
PEER_URL = _put("peer_url", "/peers/{peer}/url", "Say where a peer is now", PeerUrl, PeerView)

CONNECTORS = _list(
    "connectors", "/connectors", "List the connectors", PageQuery, Page[ConnectorView]
)
CONNECTOR_ADD = _post(
    "connector_add", "/connectors", "Add a connector", ConnectorAdd, ConnectorView, 201
)
CONNECTOR = _read("connector", "/connectors/{connector}", "Show a connector", ConnectorView)
CONNECTOR_CHANGE = _put(
    "connector_change",
    "/connectors/{connector}",
    "Change a connector's settings, such as an expired token",
    ConnectorChange,
    ConnectorView,
)
CONNECTOR_REMOVE = _delete(
    "connector_remove", "/connectors/{connector}", "Remove a connector that nothing uses"
)
CONNECTOR_CHECK = _post(
    "connector_check",
    "/connectors/{connector}/check",
    "Check server, credentials, project and permissions",
    ConnectorCheckBody,
    ConnectorCheck,
)

CONNECTIONS = _list(
    "connections", "/connections", "List the connections", PageQuery, Page[ConnectionView]
)
CONNECTION_INITIATE = _post(
    "connection_initiate",
    "/connections",
    "Begin a connection and get its invitation",
    ConnectionInitiate,
    ConnectionInitiated,
    201,
)
CONNECTION_ACCEPT = _post(
    "connection_accept",
    "/connections/accept",
    "Accept an invitation",
    ConnectionAccept,
    ConnectionView,
    201,
)
CONNECTION = _read("connection", "/connections/{connection}", "Show a connection", ConnectionView)
CONNECTION_SETTINGS = _put(
    "connection_settings",
    "/connections/{connection}/settings",
    "Replace this side's settings",
    SettingsBody,
    ConnectionView,
)
CONNECTION_PAUSE = _act(
    "connection_pause", "/connections/{connection}/pause", "Pause a connection", ConnectionView
)
CONNECTION_RESUME = _act(
    "connection_resume", "/connections/{connection}/resume", "Resume it", ConnectionView
)
CONNECTION_CONFIRM = _post(
    "connection_confirm",
    "/connections/{connection}/confirm",
    "Say that both sides see the same check string",
    ConnectionConfirm,
    ConnectionView,
)
CONNECTION_REMOVE: Route[ConnectionRemove, None, None] = Route(
    "connection_remove",
    "DELETE",
    "/connections/{connection}",
    "Remove a connection on both sides; issues stay",
    ConnectionRemove,
    NoneType,
    NoneType,
    204,
)
CONNECTION_PAIRS = _list(
    "connection_pairs",
    "/connections/{connection}/pairs",
    "The pairs of issues, to be kept and fed back",
    PairsQuery,
    Pairs,
)
CONNECTION_PAIR_AGAIN = _post(
    "connection_pair_again",
    "/connections/{connection}/pairs",
    "Pair issues that exist on both sides, without creating any",
    PairAgainBody,
    PairAgainReport,
)
CONNECTION_PROBE = _post(
    "connection_probe",
    "/connections/probe",
    "Look whether a node answers at a URL, and in which modes it can be paired with",
    ProbeBody,
    Probed,
)
INVITATIONS = _list(
    "invitations", "/invitations", "List the invitations", PageQuery, Page[InvitationView]
)
INVITATION = _read(
    "invitation",
    "/invitations/{connection}",
    "Show the newest invitation of a connection",
    InvitationView,
)
INVITATION_REVOKE = _act(
    "invitation_revoke",
    "/invitations/{connection}/revoke",
    "Make a connection's invitation worthless",
    InvitationView,
)
INVITATION_REISSUE = _post(
    "invitation_reissue",
    "/invitations/{connection}/reissue",
    "Get a new invitation for a pending connection; the old one is worthless then",
    InvitationReissue,
    ConnectionInitiated,
)
RULES = _read("rules", "/connections/{connection}/rules", "The newest rules", RulesView)
RULES_PUT = _put(
    "rules_put",
    "/connections/{connection}/rules",
    "Check and save rules as a new version; 422 with the findings when they do not pass",
    RulesPut,
    RulesSaved,
)

SYNC = _post("sync", "/sync", "Put an issue under sync, or ring for it", SyncBody, SyncAnswer)
TWINS = _list("twins", "/twins", "List twins", TwinQuery, Page[TwinView])
TWIN = _read("twin", "/twins/{connection}/{twin}", "Show a twin", TwinDetail)

ERRORS = _list("errors", "/errors", "Parked twins", ErrorQuery, Page[ErrorView])
ERROR = _read("error", "/errors/{connection}/{twin}", "Show why a twin is parked", ErrorView)
ERRORS_RETRY = _post("errors_retry", "/errors/retry", "Retry parked twins", RetryBody, Retried)
ERROR_RETRY = _post(
    "error_retry",
    "/errors/{connection}/{twin}/retry",
    "Retry one parked twin, and decide its conflict if it has one",
    RetryOne,
    Retried,
)

ACTIVITY = _list(
    "activity", "/activity", "What was decided, newest first", ActivityQuery, Page[Activity]
)

RELAY_PASSES = _list(
    "relay_passes",
    "/relay/passes",
    "Passes of this relay, with what lies here for them",
    PageQuery,
    Page[RelayPassView],
)
RELAY_PASS_ADD = _post(
    "relay_pass_add",
    "/relay/passes",
    "Make a pass with which another node may use this relay",
    RelayPassAdd,
    RelayPassAdded,
    201,
)
RELAY_PASS_REVOKE = _delete(
    "relay_pass_revoke", "/relay/passes/{relay_pass}", "Revoke a pass; its channels close at once"
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
    CONNECTOR,
    CONNECTOR_REMOVE,
    CONNECTOR_CHECK,
    CONNECTIONS,
    CONNECTION_INITIATE,
    CONNECTION_ACCEPT,
    CONNECTION_PROBE,
    CONNECTION,
    CONNECTION_SETTINGS,
    CONNECTION_CONFIRM,
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
    ERRORS,
    ERROR,
    ERRORS_RETRY,
    ERROR_RETRY,
    ACTIVITY,
    RELAY_PASSES,
    RELAY_PASS_ADD,
    RELAY_PASS_REVOKE,
)
