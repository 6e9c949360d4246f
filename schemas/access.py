"""Who may do what over the management API: callers, their tokens, what they changed."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from schemas.api import ConnectionName, Filter, LongQuery, Name
from schemas.values import Millis

Role = Literal["viewer", "operator", "admin"]
"""`viewer` looks, `operator` also keeps things running, `admin` also sets them up."""
RANKS: Mapping[Role, int] = {"viewer": 0, "operator": 1, "admin": 2}

Permission = Literal["", "edit_alm"]
"""`edit_alm`: may edit ALM connections, and see their settings. Every admin may."""


class Caller(msgspec.Struct, frozen=True):
    """Who makes a request."""

    name: str
    """As the audit log tells it: `token ci`, or the user at the socket."""
    role: Role
    edit_alm: bool = False
    connections: frozenset[str] | None = None
    """By name; None for all of the node."""
    limited: bool = True
    """By how often it may ask."""

    def has_role(self, role: Role) -> bool:
        return RANKS[self.role] >= RANKS[role]

    def has_permission(self, permission: Permission) -> bool:
        return not permission or self.edit_alm or self.role == "admin"

    def sees(self, connection: str) -> bool:
        return self.connections is None or connection in self.connections


# Tokens

Days = Annotated[int, msgspec.Meta(ge=1, le=3_650)]


class TokenCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    role: Role = "viewer"
    edit_alm: bool = False
    """May edit ALM connections, which an admin may anyway."""
    connections: Annotated[tuple[ConnectionName, ...], msgspec.Meta(max_length=1_000)] = ()
    """Of these alone, by name; empty: of the whole node."""
    days: Days | None = 365
    """For how long it is good; null: until it is revoked."""


class TokenView(msgspec.Struct, frozen=True):
    name: str
    role: Role
    edit_alm: bool
    connections: tuple[str, ...]
    status: Literal["active", "expired", "revoked"]
    created: Millis
    created_by: str
    expires: Millis | None
    last_used: Millis | None
    """To within a minute."""
    revoked: Millis | None = None


class TokenCreated(msgspec.Struct, frozen=True):
    view: TokenView
    token: str
    """It cannot be shown again."""


# What was changed


class Answered(msgspec.Struct, frozen=True):
    """An answer of before, kept for the same request under the same Idempotency-Key."""

    status: int
    body: bytes


class AuditQuery(LongQuery, frozen=True, forbid_unknown_fields=True):
    caller: Filter = ""
    action: Filter = ""
    target: Filter = ""


class AuditEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A change that somebody asked for. Secrets are masked."""

    id: int
    at: Millis
    caller: str
    action: str
    """The operation, such as `connector_change`."""
    target: str
    """The path without its beginning, such as `/connectors/jira`."""
    status: int = 0
    """What was answered; 0: the daemon ended before it was known."""
    given: Any = None
    """The request."""
    before: Any = None
    after: Any = None
