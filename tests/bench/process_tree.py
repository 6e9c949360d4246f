"""What a process and all it started cost, from /proc."""

import os
from pathlib import Path

import msgspec

_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


class Memory(msgspec.Struct, frozen=True):
    pss_mb: float
    """Shared pages counted in parts, so that sums are true."""
    rss_mb: float
    processes: int


def _stat(pid: int) -> list[str]:
    """The fields after the command's name; [] when the process has ended."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.rpartition(")")[2].split()


def descendants(root: int) -> list[int]:
    """`root` first."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields:
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def cpu_ms(root: int) -> float:
    """User and system time, that of ended and reaped children included."""
    return sum(sum(map(int, _stat(pid)[11:15])) for pid in descendants(root)) * _TICK_MS


def memory(root: int) -> Memory:
    pids = descendants(root)
    pss = rss = 0
    for pid in pids:
        try:
            lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        figures = {name: line for name, _, line in (line.partition(":") for line in lines)}
        pss += int(figures["Pss"].split()[0])
        rss += int(figures["Rss"].split()[0])
    return Memory(round(pss / 1024, 1), round(rss / 1024, 1), len(pids))
