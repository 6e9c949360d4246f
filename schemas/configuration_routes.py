"""The part of the route table that is about a node's configuration as a whole."""

from typing import Any

from schemas.configuration import (
    ApplyBody,
    ConfigurationApplied,
    ConfigurationPlan,
    ConfigurationView,
    PlanBody,
)
from schemas.routing import Route, post, read

CONFIGURATION = read(
    "configuration",
    "/configuration",
    "Connectors, connections, settings, rules, tables, triggers and ALM, without secrets",
    ConfigurationView,
    role="admin",
    edition="told",
)
CONFIGURATION_PLAN = post(
    "configuration_plan",
    "/configuration/plan",
    "What would change, and what speaks against it; nothing is changed",
    PlanBody,
    ConfigurationPlan,
    role="viewer",
    changes=False,
)
CONFIGURATION_APPLY = post(
    "configuration_apply",
    "/configuration/apply",
    "Change all of it in one transaction; 422 with the reasons when anything speaks against it",
    ApplyBody,
    ConfigurationApplied,
    role="admin",
)

CONFIGURATION_ROUTES: tuple[Route[Any, Any, Any], ...] = (
    CONFIGURATION,
    CONFIGURATION_PLAN,
    CONFIGURATION_APPLY,
)
