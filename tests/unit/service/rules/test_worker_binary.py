"""The start script: an empty environment, and a way out where the system has no prlimit."""

import subprocess

import pytest

from schemas.errors import ConfigurationError
from service.rules import monty_engine, worker_binary
from service.rules.monty_engine import open_engine


def test_the_script_is_for_the_owner_alone_and_starts_the_worker(tmp_path):
    script = worker_binary.confined_binary(tmp_path)
    if script is None:
        pytest.skip("this system has no prlimit")
    assert script.stat().st_mode & 0o777 == 0o700
    done = subprocess.run([script, "--version"], capture_output=True, timeout=10, check=False)
    assert done.returncode == 0


def test_without_prlimit_there_is_no_script(tmp_path, monkeypatch):
    monkeypatch.setattr(worker_binary.shutil, "which", lambda name: None)
    assert worker_binary.confined_binary(tmp_path) is None


async def test_the_engine_works_without_the_script(
    monkeypatch, codec, outgoing_rule, issue, context
):
    monkeypatch.setattr(monty_engine, "confined_binary", lambda folder: None)
    async with open_engine(codec) as engine:
        assert await engine.outgoing(outgoing_rule("return Replica()"), issue, context)


async def test_a_script_that_cannot_start_is_passed_over(
    monkeypatch, codec, outgoing_rule, issue, context, tmp_path
):
    broken = tmp_path / "broken"
    broken.write_text("no program")
    monkeypatch.setattr(monty_engine, "confined_binary", lambda folder: broken)
    async with open_engine(codec) as engine:
        assert await engine.outgoing(outgoing_rule("return Replica()"), issue, context)


async def test_no_worker_at_all_is_a_configuration_error(monkeypatch, codec):
    monkeypatch.setattr(monty_engine, "confined_binary", lambda folder: None)
    monkeypatch.setenv("MONTY_BIN", "/nowhere/monty")
    with pytest.raises(ConfigurationError) as caught:
        async with open_engine(codec):
            pass
    assert caught.value.remedy
