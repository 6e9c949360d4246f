"""A private RabbitMQ node for tests."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from tests.support.child import Child, ServerFailed
from tests.support.ports import free_port
from tests.support.server import Server

ENVIRONMENT = "TIDEGATE_TEST_AMQP"
"""An `amqp://` URL of a running broker, used in place of a private one."""

_HEADER = b"AMQP\x00\x00\x09\x01"

_CONFIGURATION = """
listeners.tcp.1 = 127.0.0.1:{port}
loopback_users.guest = true
vm_memory_high_watermark.absolute = 1GiB
disk_free_limit.absolute = 1MB
log.console = true
log.console.level = info
log.file = false
raft.wal_max_size_bytes = 33554432
"""

_TLS = """
listeners.ssl.1 = 127.0.0.1:{port}
ssl_options.cacertfile = {folder}/ca.pem
ssl_options.certfile = {folder}/cert.pem
ssl_options.keyfile = {folder}/key.pem
ssl_options.verify = verify_none
"""


def scripts() -> Path | None:
    """The folder of the newest installed server's scripts, or None."""
    found = sorted(Path("/usr/lib/rabbitmq/lib").glob("*/sbin/rabbitmq-server"))
    if found:
        return found[-1].parent
    on_path = shutil.which("rabbitmq-server")
    return Path(on_path).resolve().parent if on_path else None


def available() -> bool:
    return ENVIRONMENT in os.environ or scripts() is not None


class Broker(Server):
    """Own node name, cookie, epmd and loopback ports; data and log in a temporary folder.

    `tls` names a folder with ca.pem, cert.pem and key.pem; `tls_url` then works as well.
    """

    patience = 40

    def __init__(self, *, tls: Path | None = None) -> None:
        super().__init__()
        found = scripts()
        if found is None:
            raise ServerFailed("RabbitMQ is not installed: apt-get install rabbitmq-server")
        self._scripts = found
        self.port = free_port()
        self.tls_port = free_port()
        self._home = Path(tempfile.mkdtemp(prefix="tidegate-rabbitmq-"))
        self._environment = self._settings(tls)
        self._epmd: Child | None = None

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    @property
    def tls_url(self) -> str:
        return f"amqps://guest:guest@localhost:{self.tls_port}/"

    def start(self) -> None:
        """Returns when the node greets AMQP clients; takes some seconds."""
        log = self._home / "log.txt"
        if self._epmd is None or not self._epmd.running:
            port = self._environment["ERL_EPMD_PORT"]
            self._epmd = Child(["epmd", "-address", "127.0.0.1", "-port", port], log)
        command = [str(self._scripts / "rabbitmq-server")]
        self._child = Child(command, log, env=self._environment, cwd=self._home)
        self._child.wait_until(self._ready, patience=90)

    def ctl(self, *arguments: str) -> str:
        """Runs rabbitmqctl; takes a second or two."""
        done = subprocess.run(
            [str(self._scripts / "rabbitmqctl"), "--quiet", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            env=self._environment,
            cwd=self._home,
        )
        if done.returncode:
            raise ServerFailed(f"rabbitmqctl {arguments}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    def close(self) -> None:
        self.stop()
        if self._epmd is not None:
            self._epmd.kill()
        shutil.rmtree(self._home, ignore_errors=True)

    def _ready(self) -> bool:
        # The port opens before the node takes clients: only its greeting counts.
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), 1) as client,
        ):
            client.settimeout(1)
            client.sendall(_HEADER)
            return client.recv(1) == b"\x01"
        return False

    def _settings(self, tls: Path | None) -> dict[str, str]:
        home = self._home
        text = _CONFIGURATION.format(port=self.port)
        if tls is not None:
            text += _TLS.format(port=self.tls_port, folder=tls)
        (home / "rabbitmq.conf").write_text(text)
        (home / "enabled_plugins").write_text("[].\n")
        (home / "environment.conf").write_text("")
        cookie = home / ".erlang.cookie"
        cookie.write_text(secrets.token_hex(16))
        cookie.chmod(0o400)
        distribution = str(free_port())
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "ERL_EPMD_PORT": str(free_port()),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"tidegate-{self.port}@localhost",
            "RABBITMQ_DIST_PORT": distribution,
            "RABBITMQ_CONF_ENV_FILE": str(home / "environment.conf"),
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "advanced"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(home / "data"),
            "RABBITMQ_LOG_BASE": str(home / "logs"),
            "RABBITMQ_PID_FILE": str(home / "pid"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(home / "generated"),
            # Idle schedulers must not eat the cores that the tests share.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none +A 8",
        }
