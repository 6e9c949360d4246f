"""One simulated tracker as a process of the tour."""

import asyncio
import sys

from adapters.azure_devops.simulator import run as run_azure_devops
from adapters.jira.simulator import run as run_jira


async def _run(system: str, port: int, host: str, hook: str, token: str, project: str) -> None:
    if system == "jira":
        await run_jira(port, webhook=hook, token=token, project=project, host=host, announce=print)
    else:
        await run_azure_devops(
            port,
            webhook=hook,
            webhook_user="",
            webhook_password="",
            token=token,
            project=project,
            host=host,
            announce=print,
        )


def main() -> None:
    system, port, host, hook, token, project = sys.argv[1:]
    try:
        asyncio.run(_run(system, int(port), host, hook, token, project))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return


if __name__ == "__main__":
    main()
