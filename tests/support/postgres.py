"""A private PostgreSQL server for tests."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.support.child import Child, ServerFailed
from tests.support.ports import free_port
from tests.support.server import Server

ENVIRONMENT = "TIDEGATE_TEST_POSTGRES"
"""A `postgresql://` URL of a running server, used in place of a private one."""

_CONFIGURATION = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = on
synchronous_commit = on
max_connections = 200
shared_buffers = '64MB'
log_min_messages = warning
timezone = 'UTC'
"""


def binaries() -> Path | None:
    """The newest installed server's folder, or None."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: float(path.parent.parent.name),
    )
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def available() -> bool:
    return ENVIRONMENT in os.environ or binaries() is not None


class Postgres(Server):
    """Started on a free loopback port with trust authentication and data in a temporary folder."""

    stop_signal = signal.SIGINT
    """A fast shutdown."""

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()
        self._home = Path(tempfile.mkdtemp(prefix="tidegate-postgres-"))
        self._data = self._home / "data"
        self._log = self._home / "log"
        self._user = _server_user()
        found = binaries()
        if found is None:
            raise ServerFailed("PostgreSQL is not installed: apt-get install postgresql")
        self._bin = found

    @property
    def url(self) -> str:
        return f"postgresql://tidegate@127.0.0.1:{self.port}/tidegate"

    def start(self) -> None:
        """Makes the cluster and the database `tidegate` at the first call."""
        fresh = not self._data.exists()
        if fresh:
            self._initialise()
        command = [str(self._bin / "postgres"), "-D", str(self._data), "-p", str(self.port)]
        self._child = Child(command, self._log, user=self._user, cwd=self._home)
        self._child.wait_until(self._ready, patience=30)
        if fresh:
            self.sql("CREATE DATABASE tidegate", database="postgres")

    def sql(self, statement: str, *, database: str = "tidegate") -> str:
        """Runs one statement with psql and answers its rows, unaligned."""
        command = [str(self._bin / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1"]
        command += ["-p", str(self.port), "-U", "tidegate", "-d", database, "-c", statement]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, cwd="/")
        if done.returncode:
            raise ServerFailed(f"{statement}: {done.stderr}")
        return done.stdout.strip()

    @contextlib.contextmanager
    def database(self, name: str) -> Iterator[str]:
        """A fresh, empty database for as long as entered; answers its URL."""
        self.sql(f'CREATE DATABASE "{name}" TEMPLATE template0', database="postgres")
        try:
            yield f"postgresql://tidegate@127.0.0.1:{self.port}/{name}"
        finally:
            self.sql(f'DROP DATABASE "{name}" WITH (FORCE)', database="postgres")

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self._home, ignore_errors=True)

    def _initialise(self) -> None:
        if self._user is not None:
            shutil.chown(self._home, self._user, self._user)
        command = [str(self._bin / "initdb"), "-D", str(self._data), "-U", "tidegate"]
        command += ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=60,
            cwd=self._home,
            user=self._user,
            group=self._user,
            extra_groups=[] if self._user else None,
        )
        if done.returncode:
            raise ServerFailed(f"initdb: {done.stdout}{done.stderr}")
        with (self._data / "postgresql.conf").open("a") as settings:
            settings.write(_CONFIGURATION)

    def _ready(self) -> bool:
        # The port opens before recovery ends; only an answered query means ready.
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            try:
                return self.sql("SELECT 1", database="postgres") == "1"
            except ServerFailed:
                return False
        return False


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            pwd.getpwnam(name)
            return name
    raise ServerFailed("PostgreSQL does not run as root, and no other user was found")
