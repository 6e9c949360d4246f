"""What a running node takes over on SIGHUP, and what waits for a restart."""

import msgspec

from service.config.model import Bus, Config, Limits, Log, Node, Scan
from service.config.reload import reloaded

RUNNING = Config(node=Node(name="harbor"))


def test_log_scan_and_settling_change_while_running() -> None:
    fresh = msgspec.structs.replace(
        RUNNING,
        log=Log(level="debug"),
        scan=Scan(interval_seconds=5),
        limits=Limits(settle_ms=250),
    )

    changes, merged = reloaded(RUNNING, fresh)

    assert set(changes.taken) == {"log.level", "scan.interval_seconds", "limits.settle_ms"}
    assert changes.left == ()
    assert (merged.log.level, merged.limits.settle_ms) == ("debug", 250)


def test_what_needs_a_restart_is_named_and_stays() -> None:
    fresh = msgspec.structs.replace(
        RUNNING,
        bus=Bus(url="amqp://somebody:canary@broker/"),
        limits=Limits(workers=99),
        data="elsewhere",
    )

    changes, merged = reloaded(RUNNING, fresh)

    assert set(changes.left) == {"bus.url", "limits.workers", "data"}
    assert merged.bus.url == RUNNING.bus.url
    assert merged.limits.workers == RUNNING.limits.workers
    assert "canary" not in repr(changes)


def test_an_unchanged_file_changes_nothing() -> None:
    changes, merged = reloaded(RUNNING, RUNNING)

    assert (changes.taken, changes.left, merged) == ((), (), RUNNING)


def test_what_callers_may_do_changes_while_running() -> None:
    limits = Limits(peer_requests=5, refusals_per_address=2, partial_hours=1)

    changes, merged = reloaded(RUNNING, msgspec.structs.replace(RUNNING, limits=limits))

    assert merged.limits == limits
    assert changes.left == ()
