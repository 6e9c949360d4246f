"""A stateful Azure DevOps for tests, demonstrations and the command line."""

import asyncio
from collections.abc import Callable

from adapters.azure_devops.simulator.server import (
    AzureDevOpsSimulator,
    SimulatorConfig,
    create_app,
)

__all__ = ["AzureDevOpsSimulator", "SimulatorConfig", "create_app", "run"]


async def run(
    port: int,
    *,
    webhook: str | None,
    webhook_user: str,
    webhook_password: str,
    token: str,
    project: str,
    host: str = "127.0.0.1",
    announce: Callable[[str], None],
) -> None:
    """Serves until it is cancelled. `announce` gets one line per thing worth knowing."""
    webhooks = ((webhook, webhook_user, webhook_password),) if webhook else ()
    config = SimulatorConfig(token=token, projects=(project,), webhooks=webhooks)
    simulator = AzureDevOpsSimulator(config)
    await simulator.start(port, host)
    try:
        announce(f"Azure DevOps simulator: {simulator.origin}/ (page)")
        announce(f"Connector url: {simulator.url}, project: {project}")
        await asyncio.Event().wait()
    finally:
        await simulator.stop()
