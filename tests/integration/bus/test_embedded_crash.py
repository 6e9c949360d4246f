"""The embedded bus is killed while it works."""

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

import pytest

from schemas.events import IssueChanged
from service.bus import open_bus

pytestmark = pytest.mark.slow

PROGRAM = """
import asyncio, random, sys
from pathlib import Path
from schemas.events import IssueChanged
from service.bus import open_bus

handled = open(sys.argv[2], "a", buffering=1)

async def handle(events):
    for event in events:
        handled.write(event.issue + "\\n")

async def lane(bus, number):
    for count in range(100000):
        issue = f"L{number}-{count}"
        await bus.publish(IssueChanged(connector="jira", issue=issue))
        print(issue, flush=True)

async def main():
    folder = Path(sys.argv[1])
    async with open_bus("embedded:", now=lambda: 0, random=random.random, data_dir=folder) as bus:
        async with bus.consume(handle, concurrency=2, batch=5):
            await asyncio.gather(*[lane(bus, number) for number in range(5)])

asyncio.run(main())
"""


async def test_no_confirmed_event_is_lost_by_kill_9(tmp_path: Path, inbox):
    """What was confirmed was handled before the kill, or comes after it."""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    log = tmp_path / "handled"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        str(tmp_path),
        str(log),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert process.stdout is not None
    confirmed: set[str] = set()
    async with asyncio.timeout(30):
        while len(confirmed) < 500:
            confirmed.add((await process.stdout.readline()).decode().strip())
    process.send_signal(signal.SIGKILL)
    rest = await process.stdout.read()
    await process.wait()
    # A last line that the kill cut short tells nothing.
    confirmed |= set(rest.decode().split("\n")[:-1])
    handled = set(log.read_text().split())
    missing = confirmed - handled
    async with (
        open_bus("embedded:", now=lambda: 0, random=random.random, data_dir=tmp_path) as bus,
        bus.consume(inbox, concurrency=1),
    ):
        marker = IssueChanged(connector="jira", issue="after")
        await bus.publish(marker)
        await inbox.until(missing | {"after"})
