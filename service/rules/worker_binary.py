"""A start script that gives rule workers an empty environment and hard process limits."""

import shlex
import shutil
import sys
import sysconfig
from pathlib import Path

ADDRESS_SPACE = 1 << 30
OPEN_FILES = 64


def confined_binary(folder: Path) -> Path | None:
    """Writes the script into `folder`. None where the system lacks what it needs."""
    env, prlimit, monty = shutil.which("env"), shutil.which("prlimit"), _monty()
    if env is None or prlimit is None or monty is None:
        return None
    limits = f"--as={ADDRESS_SPACE} --core=0 --nofile={OPEN_FILES}"
    script = folder / "rule-worker"
    command = f"exec {shlex.quote(env)} -i {shlex.quote(prlimit)} {limits} {shlex.quote(monty)}"
    # A dying worker's last words would land between the daemon's own log lines.
    script.write_text(f'#!/bin/sh\n{command} "$@" 2>/dev/null\n', "utf-8")
    script.chmod(0o700)
    return script


def _monty() -> str | None:
    name = "monty.exe" if sys.platform == "win32" else "monty"
    beside = Path(sysconfig.get_path("scripts")) / name
    return str(beside) if beside.is_file() else shutil.which(name)
