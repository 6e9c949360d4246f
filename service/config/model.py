"""The settings as Structs. Field names and nesting are the keys of the file."""

from typing import Annotated, Any, Literal

import msgspec

from schemas.redaction import MASK, without_user_info

Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Address = Annotated[str, msgspec.Meta(max_length=260)]


class Node(msgspec.Struct, frozen=True, kw_only=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    public_url: str = ""
    """Where peers reach this node; '' makes it a private one."""

    @property
    def public(self) -> bool:
        return bool(self.public_url)


class Listen(msgspec.Struct, frozen=True, kw_only=True):
    address: Address = "127.0.0.1:8080"
    """host:port for webhooks and peer endpoints that have no address of their own."""
    hooks: Address = ""
    peers: Address = ""
    proxies: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """Networks of proxies that are believed when they name the caller (X-Forwarded-For) and the
    address that the caller used (X-Forwarded-Proto, -Host and -Prefix)."""
    admin: Address = ""
    """host:port of the admin API over TCP; '' leaves it on the Unix socket alone."""
    admin_token: str = ""
    """A token of the role admin that never expires, for automation. Others are made on the machine:
    tidegate token create."""
    cors_origins: tuple[str, ...] = ()
    """Sites whose pages may use the admin API from a browser, such as https://console.example."""

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        token = MASK if self.admin_token else ""
        return [
            ("address", self.address),
            ("hooks", self.hooks),
            ("peers", self.peers),
            ("proxies", self.proxies),
            ("admin", self.admin),
            ("admin_token", token),
            ("cors_origins", self.cors_origins),
        ]

    def __repr__(self) -> str:
        return _text(self)


class Bus(msgspec.Struct, frozen=True, kw_only=True):
    url: str = "embedded:"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("url", without_user_info(self.url))]

    def __repr__(self) -> str:
        return _text(self)


class Store(msgspec.Struct, frozen=True, kw_only=True):
    url: str = ""
    """Resolved: '' becomes a SQLite file in the data folder."""

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("url", without_user_info(self.url))]

    def __repr__(self) -> str:
        return _text(self)


class Log(msgspec.Struct, frozen=True, kw_only=True):
    format: Literal["json", "console"] = "json"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    body_bytes: Annotated[int, msgspec.Meta(ge=1_024, le=1 << 30)] = 25 * 1024 * 1024
    """Of a webhook; Jira sends whole issues, so it is generous."""
    drain_seconds: Seconds = 20.0
    """How long in-flight work may take to finish on SIGTERM."""
    settle_ms: Annotated[int, msgspec.Meta(ge=0, le=60_000)] = 1_000
    """How long a twin rests after a reconcile, so that quick edits become one."""
    workers: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 48
    """Twins reconciled at a time."""
    connections: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 2_000
    """At each door; a private peer holds up to three."""
    connections_per_address: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 500
    """Not counted for the proxies of `listen.proxies`."""
    idle_seconds: Seconds = 20.0
    """After which a connection is closed on which no whole header has come."""
    peer_requests: Annotated[float, msgspec.Meta(gt=0, le=1_000_000)] = 1_000.0
    """Per second and peer; twice as many at once."""
    api_requests: Annotated[float, msgspec.Meta(gt=0, le=1_000_000)] = 50.0
    """Of the admin API over TCP, per second and token; four times as many at once."""
    refusals_per_address: Annotated[float, msgspec.Meta(gt=0, le=1_000_000)] = 10.0
    """Per second, ten times as many at once; then the address waits."""
    partial_hours: Annotated[float, msgspec.Meta(gt=0, le=8_760)] = 72.0
    """How long what came of an attachment is kept after its transfer broke off."""


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    interval_seconds: Seconds = 60.0
    full_hours: Annotated[float, msgspec.Meta(gt=0, le=8_760)] = 24.0


class Peers(msgspec.Struct, frozen=True, kw_only=True):
    poll_seconds: Seconds = 20.0
    """The interval where a proxy cuts long polls."""
    probation_seconds: Seconds = 120.0
    """How long a peer that lost a part of its past is doubted: a copy of it would speak within."""
    allow_http_hosts: tuple[str, ...] = ()
    """Hosts that may be asked without TLS."""
    allow_networks: tuple[str, ...] = ()
    """Private networks (CIDR) that peers may live in."""


class Trackers(msgspec.Struct, frozen=True, kw_only=True):
    allow_networks: tuple[str, ...] = ()
    """Networks (CIDR) for connectors beside public and private ones, such as loopback."""


class Relay(msgspec.Struct, frozen=True, kw_only=True):
    enabled: bool = False
    """Private nodes with a pass may meet here; needs a public URL."""


class Alm(msgspec.Struct, frozen=True, kw_only=True):
    connector: str = ""
    """Name of the SD Elements connector whose projects ALM connections are about; '' takes the only
    one that there is."""
    time_zone: str = "UTC"
    """By whose calendar jobs run daily, weekly and monthly, such as Europe/Berlin."""
    show_secrets: bool = False
    """Shows params as SD Elements does, passwords and tokens too, to those who may edit ALM
    connections."""
    agent: bool = False
    """Fetches the jobs that SD Elements keeps for a remote agent, and posts their results."""


class Keep(msgspec.Struct, frozen=True, kw_only=True):
    """How long what nobody needs for the sync is kept."""

    audit_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] = 365
    """Who changed what over the API."""
    activity_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] = 365
    """What was decided for which change."""
    task_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] = 30
    """Bulk work that is over."""
    answer_hours: Annotated[int, msgspec.Meta(ge=1, le=720)] = 24
    """Answers for whoever asks again with the same Idempotency-Key."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    workers: Annotated[int, msgspec.Meta(ge=1, le=64)] = 2
    """Processes that run scripts."""


class Disclosure(msgspec.Struct, frozen=True, kw_only=True):
    masks: tuple[str, ...] = ()
    """Patterns (RE2) whose finds leave by no connection; `credentials` stands for well-known keys
    and tokens. A connection's settings may add to them."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    node: Node
    listen: Listen = Listen()
    bus: Bus = Bus()
    store: Store = Store()
    data: str = "data"
    key_file: str = ""
    """Resolved: '' becomes `tidegate.key` in the data folder."""
    log: Log = Log()
    limits: Limits = Limits()
    scan: Scan = Scan()
    peers: Peers = Peers()
    trackers: Trackers = Trackers()
    relay: Relay = Relay()
    rules: Rules = Rules()
    alm: Alm = Alm()
    keep: Keep = Keep()
    disclosure: Disclosure = Disclosure()

    @property
    def socket(self) -> str:
        """The Unix socket of the admin API."""
        return f"{self.data}/tidegate.sock"

    def secrets(self) -> tuple[str, ...]:
        """Values that no log line may carry."""
        urls = (self.bus.url, self.store.url)
        return tuple(s for s in (self.listen.admin_token, *map(_password, urls)) if s)


def _password(url: str) -> str:
    user_info = url.partition("://")[2].partition("/")[0].rpartition("@")[0]
    return user_info.partition(":")[2]


def _text(section: Listen | Bus | Store) -> str:
    shown = ", ".join(f"{name}={value!r}" for name, value in section.__rich_repr__())
    return f"{type(section).__name__}({shown})"
