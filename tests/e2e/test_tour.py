"""The tour, as a newcomer runs it: every line arrives, and it ends with 0."""

import asyncio
import re
import sys
from pathlib import Path

import psycopg
import pytest

from tests.support.broker import Broker

pytestmark = pytest.mark.slow

ARRIVALS = 12
"""Lines of the tour that tell when something arrived."""


async def run_tour(*arguments: str, prefix: tuple[str, ...] = (), seconds: float = 150) -> str:
    command = (*prefix, sys.executable, "-m", "service.quickstart", "--once", *arguments)
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(seconds):
            told = (await process.communicate())[0].decode()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    assert process.returncode == 0, told
    return told


def check_told(told: str) -> None:
    print(told)
    arrivals = re.findall(r"^ +(\d+) ms   ", told, re.MULTILINE)
    assert len(arrivals) == ARRIVALS, told
    assert "Both admins see: " in told
    assert told.endswith("\nEverything arrived on both sides.\n")


async def test_on_the_embedded_default(folder: Path) -> None:
    check_told(await run_tour("--folder", str(folder)))
    assert (folder / "harbor" / "tidegate.db").exists()


@pytest.mark.rabbitmq
@pytest.mark.postgres
async def test_on_rabbitmq_and_postgresql(
    folder: Path, private_broker: Broker, buses: tuple[str, str], stores: tuple[str, str]
) -> None:
    options = [f"--bus={url}" for url in buses] + [f"--store={url}" for url in stores]
    check_told(await run_tour("--folder", str(folder), *options))
    for url in stores:
        with psycopg.connect(url) as store:
            assert store.execute("SELECT count(*) FROM twins").fetchone() == (2,)
    for url in buses:
        host = url.rpartition("/")[2]
        queues = private_broker.ctl("list_queues", "-p", host, "name", "type", "messages")
        assert re.search(r"^tidegate\S*\tquorum\t0$", queues, re.MULTILINE), queues
    assert not [*folder.rglob("*.db"), *folder.rglob("*.sqlite")]
