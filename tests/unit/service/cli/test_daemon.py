"""`tidegate run` and `migrate`, as processes of their own."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

CONFIG = '[node]\nname = "here"\n[listen]\naddress = "127.0.0.1:0"\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "tidegate.toml"
    path.write_text(CONFIG)
    return path


async def start(*arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "service.cli", *arguments, stdout=PIPE, stderr=PIPE
    )


async def test_migrate_makes_the_tables_and_answers_pure_json(config):
    process = await start("migrate", "--json", "--config", str(config))
    out, _ = await process.communicate()
    assert process.returncode == 0
    assert json.loads(out) == {"migrated": True}
    assert (config.parent / "data" / "tidegate.db").is_file()


async def test_a_node_runs_answers_and_stops_on_sigterm(config, tidegate):
    process = await start("run", "--config", str(config))
    assert process.stderr is not None
    try:
        async with asyncio.timeout(60):
            async for line in process.stderr:
                if json.loads(line)["event"] == "node.ready":
                    break
            assert (await tidegate("health", "--config", str(config))).code == 0
            listed = await tidegate("connector", "list", "--json", "--config", str(config))
            assert listed.json["results"] == []
            process.send_signal(signal.SIGTERM)
            await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0
    assert (await tidegate("twins", "--config", str(config))).code == 3


async def test_run_with_a_wrong_configuration_tells_its_lines(config):
    config.write_text(CONFIG + "adress = 1\n")
    process = await start("run", "--json", "--config", str(config))
    out, err = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert f"{config}:5" in json.loads(err)["error"]["detail"]
