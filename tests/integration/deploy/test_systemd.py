"""The unit, judged by systemd itself."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None,
    reason="systemd-analyze is not installed: apt-get install systemd",
)


@pytest.fixture
def unit(deploy: Path, tmp_path: Path) -> Path:
    """The unit with programs that exist here: `verify` looks for them."""
    text = (deploy / "tidegate.service").read_text()
    made = tmp_path / "tidegate.service"
    made.write_text(re.sub(r"^(Exec\w+)=\S+", r"\1=/bin/true", text, flags=re.MULTILINE))
    return made


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *arguments], capture_output=True, text=True, timeout=60
    )


def test_the_unit_has_no_mistake(unit):
    done = analyze("verify", str(unit))
    assert done.returncode == 0, done.stderr
    # Wrong keys and values are told without a failure. Other units' mistakes are not ours.
    assert [line for line in done.stderr.splitlines() if unit.name in line] == []


def test_the_exposure_is_at_most_2(unit):
    done = analyze("security", "--offline=true", "--threshold=20", str(unit))
    assert done.returncode == 0, done.stdout
    score = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert score is not None, done.stdout
    assert float(score[1]) <= 2.0


def test_it_leaves_the_node_time_to_drain_and_to_ping(deploy):
    from service.config import Limits

    text = (deploy / "tidegate.service").read_text()
    stop = re.search(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
    assert stop is not None
    assert int(stop[1]) > Limits().drain_seconds
    assert "Type=notify\n" in text
    assert "WatchdogSec=" in text


def test_its_credentials_are_keys_of_the_configuration(deploy):
    from service.config.keys import KEYS, SECRETS

    names = re.findall(r"^#?LoadCredential=([\w.]+):", (deploy / "tidegate.service").read_text(),
                       re.MULTILINE)  # fmt: skip
    assert set(names) == {*SECRETS, "key_file"}
    assert set(names) <= set(KEYS)
