"""A private Redmine for tests: Debian's program with a database, files and settings of its own."""

import contextlib
import os
import secrets
import shutil
import sqlite3
import subprocess
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.child import Child, ServerFailed
from tests.support.ports import free_port

ENVIRONMENT = "TIDEGATE_TEST_REDMINE"
"""`http://host:port` of a running server that was set up by `redmine.rb`, used in place of a
private one."""
PACKAGES = ("redmine", "redmine-sqlite", "puma")

ADMIN_KEY = "0123456789abcdef0123456789abcdef01234567"
MEMBER_KEY = "89abcdef0123456789abcdef0123456789abcdef"
PERSON_KEYS = {
    "alice": "a11ce00000000000000000000000000000000000",
    "bob": "b0b0000000000000000000000000000000000000",
}
"""API keys of throw-away servers: an administrator, a mere reporter, two people."""

_PROGRAM = Path("/usr/share/redmine")
_DEBIAN_DATABASE = Path(
    "/var/lib/dbconfig-common/sqlite3/redmine/instances/default/redmine_default"
)
_SETUP = Path(__file__).with_suffix(".rb")

_DATABASE = """
production:
  adapter: sqlite3
  database: {folder}/redmine.sqlite3
  encoding: utf8
  timeout: 15000
"""
_RACKUP = """
require '{program}/config/environment'
load '{setup}'
run Rails.application
"""


def available() -> bool:
    return ENVIRONMENT in os.environ or (
        (_PROGRAM / "config" / "environment.rb").exists() and shutil.which("puma") is not None
    )


class Redmine:
    """Listens on a free loopback port; several may run side by side."""

    def __init__(self, *, text_formatting: str = "textile") -> None:
        if not available():
            raise ServerFailed(
                f"Redmine is not installed: apt-get install --no-install-recommends "
                f"{' '.join(PACKAGES)}"
            )
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="tidegate-redmine-"))
        self._formatting = text_formatting
        self._child: Child | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when the first page is served; takes some six seconds."""
        self._write_settings()
        self._make_database()
        address = f"tcp://127.0.0.1:{self.port}"
        rackup = str(self.folder / "config.ru")
        self._child = Child(
            ["puma", "-e", "production", "-b", address, "-t", "2:4", "-w", "0", rackup],
            self.folder / "log.txt",
            env=self._environment(),
            cwd=_PROGRAM,
        )
        self._child.wait_until(self._ready, patience=120)

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop(patience=10)
            self._child = None

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _write_settings(self) -> None:
        for name in ("config", "files", "tmp", "log", "public"):
            (self.folder / name).mkdir(exist_ok=True)
        config = self.folder / "config"
        (config / "database.yml").write_text(_DATABASE.format(folder=self.folder))
        (config / "secret_key.txt").write_text(secrets.token_hex(64))
        text = _RACKUP.format(program=_PROGRAM, setup=_SETUP)
        (self.folder / "config.ru").write_text(text)

    def _make_database(self) -> None:
        """Debian's own fresh database where it may be read and nobody has used it; else a new one,
        which takes a minute."""
        target = self.folder / "redmine.sqlite3"
        if os.access(_DEBIAN_DATABASE, os.R_OK):
            shutil.copyfile(_DEBIAN_DATABASE, target)
            with contextlib.closing(sqlite3.connect(target)) as database:
                used = database.execute("SELECT COUNT(*) FROM projects").fetchone()[0]
                database.execute("PRAGMA journal_mode=WAL")
            if not used:
                return
            target.unlink()
        for task in ("db:migrate", "redmine:load_default_data"):
            done = subprocess.run(
                ["rake", "-f", str(_PROGRAM / "Rakefile"), task],
                env={**self._environment(), "REDMINE_LANG": "en"},
                cwd=_PROGRAM,
                capture_output=True,
                text=True,
                timeout=600,
            )
            if done.returncode:
                raise ServerFailed(f"rake {task}: {(done.stdout + done.stderr)[-3000:]}")

    def _environment(self) -> dict[str, str]:
        # Debian looks for an instance below a folder that only root may write to.
        upwards = "../" * 8
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "RAILS_ENV": "production",
            "REDMINE_INSTANCE": upwards + str(self.folder).lstrip("/"),
            "TIDEGATE_ADMIN_KEY": ADMIN_KEY,
            "TIDEGATE_MEMBER_KEY": MEMBER_KEY,
            "TIDEGATE_ALICE_KEY": PERSON_KEYS["alice"],
            "TIDEGATE_BOB_KEY": PERSON_KEYS["bob"],
            "TIDEGATE_FORMATTING": self._formatting,
        }

    def _ready(self) -> bool:
        request = urllib.request.Request(
            self.url + "/users/current.json", headers={"X-Redmine-API-Key": ADMIN_KEY}
        )
        with (
            contextlib.suppress(OSError, urllib.error.URLError),
            urllib.request.urlopen(request, timeout=20) as answer,
        ):
            return bool(answer.status == 200)
        return False
