"""An adapter from a package of its own: found, opened, simulated; a broken one stops nobody."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from adapters import registry
from schemas.errors import ConfigurationError
from schemas.node import Connector
from service.workers.systems import open_tracker
from tests.support import plugin

SETTINGS = {"url": "http://127.0.0.1:9", "token": "t"}


def connector(system: str, **params: object) -> Connector:
    return Connector("id", "mine", system, params, 0)


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[Path]:
    """A package that offers what is none, in several ways."""
    source = tmp_path / "source"
    (source / "broken_adapters").mkdir(parents=True)
    (source / "broken_adapters" / "__init__.py").write_text(
        "from adapters.redmine import ADAPTER as OTHER\nNOTHING = 7\n"
    )
    (source / "broken_adapters" / "raises.py").write_text("raise ZeroDivisionError('oh')\n")
    (source / "pyproject.toml").write_text(
        '[project]\nname = "broken-adapters"\nversion = "1.2"\n'
        '[project.entry-points."tidegate.trackers"]\n'
        'gone = "broken_adapters.gone:ADAPTER"\n'
        'raises = "broken_adapters.raises:ADAPTER"\n'
        'nothing = "broken_adapters:NOTHING"\n'
        'other = "broken_adapters:OTHER"\n'
        'jira = "broken_adapters:OTHER"\n'
        '[tool.setuptools]\npackages = ["broken_adapters"]\n'
    )
    folder = plugin.install(source, tmp_path / "installed")
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.startswith("broken_adapters")]:
        del sys.modules[name]


@pytest.mark.usefixtures("notebook")
async def test_the_daemon_opens_a_connector_of_an_installed_adapter() -> None:
    assert "notebook" in registry.names()
    async with aiohttp.ClientSession() as session:
        record = connector("notebook", **SETTINGS, allow_networks=["127.0.0.0/8"])
        tracker = open_tracker(record, session, lambda: 0)
        assert tracker.capabilities.title == "Notebook"
        results = await tracker.check()
        assert [(one.stage, one.passed) for one in results] == [("server", False)]


@pytest.mark.usefixtures("notebook")
async def test_wrong_settings_are_refused_in_its_own_words() -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(ConfigurationError) as caught:
            open_tracker(connector("notebook", **SETTINGS, tokn="x"), session, lambda: 0)
    assert "tokn" in caught.value.message
    assert "page_size" in caught.value.remedy


@pytest.mark.parametrize(
    ("system", "said"),
    [
        ("gone", "ModuleNotFoundError"),
        ("raises", "ZeroDivisionError: oh"),
        ("nothing", "offers a int"),
        ("other", "offers the system 'redmine'"),
    ],
)
@pytest.mark.usefixtures("broken")
def test_what_is_broken_is_told_by_package_and_stops_nobody(system: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        registry.find(system)
    assert said in caught.value.message
    assert "broken-adapters 1.2" in caught.value.message
    assert caught.value.remedy
    assert registry.find("redmine").capabilities.system == "redmine"


@pytest.mark.usefixtures("broken")
def test_a_built_in_adapter_is_never_replaced() -> None:
    assert registry.find("jira").capabilities.system == "jira"


def test_two_packages_for_one_system_are_told(
    notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = plugin.install(notebook_source(), tmp_path / "twice")
    info = next(other.glob("*.dist-info"))
    info.rename(other / "another_notebook-2.0.dist-info")
    metadata = other / "another_notebook-2.0.dist-info" / "METADATA"
    metadata.write_text("Metadata-Version: 2.1\nName: another-notebook\nVersion: 2.0\n")
    monkeypatch.syspath_prepend(str(other))
    with pytest.raises(ConfigurationError) as caught:
        registry.find("notebook")
    assert "another-notebook 2.0" in caught.value.message
    assert "tidegate-notebook 0.1.0" in caught.value.message


def notebook_source() -> Path:
    return Path(__file__).parent / "minimal"


def test_a_system_that_nobody_brings_is_told_with_those_there_are() -> None:
    with pytest.raises(ConfigurationError) as caught:
        registry.find("bugzilla")
    assert "redmine" in caught.value.remedy


async def test_it_is_simulated_as_the_built_in_ones_are(notebook: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "service.cli", "simulate", "notebook", "--port", "0", "--json",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(notebook)},
    )  # fmt: skip
    try:
        async with asyncio.timeout(30):
            assert process.stdout is not None
            said = json.loads(await process.stdout.readline())["message"]
            url = re.search(r"http://127\.0\.0\.1:\d+", said)
            assert url is not None
            async with aiohttp.ClientSession() as session, session.get(f"{url[0]}/") as page:
                assert page.status == 200
            process.send_signal(signal.SIGTERM)
            _, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert (process.returncode, err) == (0, b"")


def test_a_broken_package_is_told_where_it_is_simulated(broken: Path) -> None:
    called = [sys.executable, "-m", "service.cli", "simulate", "raises", "--json"]
    environ = {**os.environ, "PYTHONPATH": str(broken)}
    done = subprocess.run(called, env=environ, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "broken-adapters 1.2" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
