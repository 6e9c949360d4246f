"""The processes of the tour: started, watched, and ended by their own ids."""

import asyncio
import socket
from pathlib import Path

STOP_SECONDS = 25.0


class ProcessEnded(Exception):
    """A process of the tour has ended by itself; the message holds the end of its log."""


def free_port(host: str) -> int:
    """On addresses of another network namespace any port is as good as the next."""
    with socket.socket() as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Processes:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[tuple[str, asyncio.subprocess.Process]] = []

    async def start(self, name: str, *command: str) -> asyncio.subprocess.Process:
        log = await asyncio.to_thread(self.log(name).open, "ab")
        with log:
            process = await asyncio.create_subprocess_exec(
                *command, stdout=log, stderr=log, start_new_session=True
            )
        self._running.append((name, process))
        return process

    def log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def running(self, name: str) -> asyncio.subprocess.Process:
        return next(process for known, process in self._running if known == name)

    def pid(self, name: str) -> int:
        return self.running(name).pid

    def forget(self, process: asyncio.subprocess.Process) -> None:
        """One that was ended on purpose."""
        self._running = [(name, known) for name, known in self._running if known is not process]

    def check(self) -> None:
        """Raises `ProcessEnded` when one of them has died."""
        for name, process in self._running:
            if process.returncode is not None:
                tail = self.log(name).read_text(errors="replace")[-2000:]
                raise ProcessEnded(f"{name} ended with status {process.returncode}:\n{tail}")

    async def stop(self) -> None:
        """The newest first; SIGTERM, and after a while SIGKILL."""
        for _, process in reversed(self._running):
            if process.returncode is None:
                process.terminate()
        for _, process in reversed(self._running):
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        self._running.clear()
