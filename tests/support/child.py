"""A server that runs as a child of the tests, in its own process group."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class ServerFailed(RuntimeError):
    """The server could not be started or stopped; the text ends with the tail of its log."""


class Child:
    """Ends exactly what it started: the process group whose leader it is."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        user: str | None = None,
        cwd: Path | None = None,
    ) -> None:
        self._log = log
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=dict(env) if env is not None else None,
                user=user,
                group=user,
                extra_groups=[] if user else None,
                cwd=cwd,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def send(self, number: int) -> None:
        """To the leader alone."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL to the whole group, as a power cut would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait(10)

    def stop(self, number: int = signal.SIGTERM, patience: float = 15) -> None:
        self.send(number)
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()

    def wait_until(self, ready: Callable[[], bool], patience: float) -> None:
        """Raises `ServerFailed` when the server ends, or is not ready in `patience` seconds."""
        deadline = time.monotonic() + patience
        while not ready():
            if not self.running or time.monotonic() > deadline:
                state = "not ready" if self.running else f"ended with {self._process.returncode}"
                self.kill()
                raise ServerFailed(f"{self._process.args!r}: {state}\n{self.tail()}")
            time.sleep(0.05)

    def tail(self, size: int = 3000) -> str:
        return self._log.read_bytes()[-size:].decode(errors="replace")
