"""What a process holds in memory at most, from /proc."""

from pathlib import Path


class PeakMemory:
    """The kernel keeps the highest resident set itself, so no moment is missed."""

    def __init__(self, name: str, pid: int) -> None:
        self._name = name
        self._proc = Path(f"/proc/{pid}")
        self._before = 0

    def begin(self) -> None:
        (self._proc / "clear_refs").write_text("5")
        self._before = self._bytes("VmRSS")

    def grown(self) -> int:
        """Bytes by which the peak since `begin` lies above what was held then."""
        return self._bytes("VmHWM") - self._before

    def __str__(self) -> str:
        return f"{self._name} {self._before / 1e6:.0f} MB, peak +{self.grown() / 1e6:.0f} MB"

    def _bytes(self, name: str) -> int:
        lines = (self._proc / "status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) * 1024
