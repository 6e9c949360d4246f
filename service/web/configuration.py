"""What the management API asks of the daemon about its configuration as a whole."""

from typing import Protocol

from schemas.access import Caller
from schemas.configuration import (
    ApplyBody,
    ConfigurationApplied,
    ConfigurationPlan,
    ConfigurationView,
    PlanBody,
)


class ConfigurationPort(Protocol):
    """Raises `InputError` as `Operations` does."""

    async def view(self) -> ConfigurationView: ...

    async def plan(self, body: PlanBody, caller: Caller) -> ConfigurationPlan: ...

    async def apply(self, body: ApplyBody, caller: Caller) -> ConfigurationApplied:
        """Changes nothing, and answers with the reasons, while there are problems or findings."""
        ...
