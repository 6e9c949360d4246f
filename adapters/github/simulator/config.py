"""How a simulated GitHub is set up."""

from typing import Any, Literal

import msgspec

Rights = Literal["read", "triage", "write", "admin"]

ISSUE_FIELDS: tuple[dict[str, Any], ...] = (
    {"id": 73, "name": "Customer", "data_type": "text"},
    {"id": 74, "name": "Points", "data_type": "number"},
    {"id": 75, "name": "Start", "data_type": "date"},
    {"id": 76, "name": "Severity", "data_type": "single_select", "options": ("S1", "S2", "S3")},
    {"id": 77, "name": "Teams", "data_type": "multi_select", "options": ("Red", "Blue")},
)


class Webhook(msgspec.Struct, frozen=True):
    url: str
    secret: str = ""
    content_type: Literal["json", "form"] = "json"


class AppConfig(msgspec.Struct, frozen=True):
    """A GitHub App that may log in, with one installation."""

    app_id: str
    public_key: str
    installation_id: int = 7
    issues: Literal["read", "write"] = "write"
    lasts: int = 3600
    """Seconds that a token holds."""


class SimulatorConfig(msgspec.Struct, frozen=True, kw_only=True):
    projects: tuple[str, ...] = ("sim/project",)
    organisations: tuple[str, ...] = ("sim",)
    """Owners that have issue types and issue fields; all others are people."""
    token: str = "simulator-token"  # noqa: S105 - a made-up account of a made-up server
    user: str = "tidegate"
    app: AppConfig | None = None
    rights: Rights = "write"
    issue_types: tuple[str, ...] = ("Bug", "Task", "Feature")
    issue_fields: tuple[dict[str, Any], ...] = ISSUE_FIELDS
    milestones: tuple[str, ...] = ("1.0", "2.0")
    webhooks: tuple[Webhook, ...] = ()
    page_cap: int = 100
    list_lag: int = 0
    """Milliseconds for which a change does not show in lists."""
    enterprise_version: str = "3.17.0"
