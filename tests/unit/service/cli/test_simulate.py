"""`tidegate simulate`, as a process of its own."""

import asyncio
import json
import re
import signal
import sys

import aiohttp
import pytest

from adapters.registry import BUILT_IN


@pytest.mark.parametrize("system", BUILT_IN)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_serves_until_a_signal_and_ends_with_0(system, number):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "service.cli", "simulate", system, "--port", "0", "--json",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(30):
            assert process.stdout is not None
            said = json.loads(await process.stdout.readline())["message"]
            url = re.search(r"http://127\.0\.0\.1:\d+", said)
            async with aiohttp.ClientSession() as session, session.get(f"{url[0]}/") as page:
                assert page.status == 200
            process.send_signal(number)
            _, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert (process.returncode, err) == (0, b"")


async def test_a_taken_port_is_told(tidegate, taken_port):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "service.cli", "simulate", "jira", "--port", str(taken_port),
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, err = await process.communicate()
    assert process.returncode == 1
    assert b"Choose another --port." in err


@pytest.fixture
async def taken_port():
    """Not free at all: somebody listens there."""
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
