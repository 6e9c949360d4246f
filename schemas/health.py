"""What `/health` answers, after the expired draft "Health Check Response Format for HTTP APIs"."""

from typing import Literal

import msgspec

HealthStatus = Literal["pass", "warn", "fail"]

MEDIA_TYPE = "application/health+json"


class HealthCheck(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    status: HealthStatus
    output: str = ""
    """What is wrong, for a person; '' when nothing is."""
    observed_value: int | float | str | None = None
    observed_unit: str = ""
    time: str = ""
    """When this was observed, RFC 3339."""


class HealthReport(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A broken tracker or peer is `warn`: the node stores and forwards. `fail`: it cannot work."""

    status: HealthStatus
    version: str = ""
    service_id: str = ""
    """The node's name."""
    output: str = ""
    checks: dict[str, list[HealthCheck]] = {}
    """By component: `bus`, `store`, `connector:<name>`, `peer:<name>`, `work`, `task:<name>`."""
