import os
import socket
from pathlib import Path

import pytest

from service.notify import Notifier


@pytest.fixture(params=["path", "abstract"])
def listener(request: pytest.FixtureRequest, tmp_path: Path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as received:
        if request.param == "path":
            address = str(tmp_path / "notify")
            received.bind(address)
        else:
            received.bind("")  # the kernel picks a free abstract name
            address = "@" + received.getsockname()[1:].decode()
        received.settimeout(2)
        yield address, lambda: received.recv(4096).decode()


def test_says_what_systemd_wants_to_hear(listener) -> None:
    address, read = listener
    notifier = Notifier({"NOTIFY_SOCKET": address})
    notifier.ready("two\nlines")
    assert read() == "READY=1\nSTATUS=two lines"
    notifier.alive()
    assert read() == "WATCHDOG=1"
    notifier.reloading()
    assert read().startswith("RELOADING=1\nMONOTONIC_USEC=")
    notifier.stopping()
    assert read() == "STOPPING=1"


def test_without_systemd_nothing_happens(tmp_path: Path) -> None:
    silent = Notifier({})
    assert not silent.enabled
    assert silent.watchdog_seconds is None
    silent.ready()
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()


def test_the_watchdog_is_fed_twice_as_often_as_asked_and_only_by_the_process_meant() -> None:
    assert Notifier({"WATCHDOG_USEC": "30000000"}).watchdog_seconds == 15
    mine = {"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}
    assert Notifier(mine).watchdog_seconds == 15
    assert Notifier(mine | {"WATCHDOG_PID": "1"}).watchdog_seconds is None
