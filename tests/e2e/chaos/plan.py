"""What a campaign does, and how hard."""

import argparse
from pathlib import Path

import msgspec


class Plan(msgspec.Struct, frozen=True):
    seed: int = 1
    kills: int = 50
    edits: int = 500
    issues: int = 50
    seconds: float = 180.0
    """How long the stream of edits and kills takes."""
    broker_restarts: int = 2
    embedded: bool = False
    """SQLite and the embedded bus in place of PostgreSQL and RabbitMQ."""
    people: int = 4
    """At work at the same time."""
    latency: float = 0.02
    """Seconds that each call to a tracker takes."""
    patience: float = 300.0
    """Seconds in which everything must come to rest."""
    quiet: float = 16.0
    """Rest is when nothing happened for so long; longer than a full scan's interval."""
    folder: Path | None = None
    """Keeps data and logs there; None removes them unless something broke."""


def parse(arguments: list[str]) -> Plan:
    usual = Plan()
    parser = argparse.ArgumentParser(
        prog="tests/e2e/chaos/run",
        description="Kills nodes while people edit on both sides, then checks that nothing was"
        " lost or doubled. Exit status 1 when something was.",
    )
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--kills", type=int, default=usual.kills)
    parser.add_argument("--edits", type=int, default=usual.edits)
    parser.add_argument("--issues", type=int, default=usual.issues)
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="length of the stream")
    parser.add_argument("--broker-restarts", type=int, default=usual.broker_restarts)
    parser.add_argument("--latency", type=float, default=usual.latency, help="of the trackers")
    parser.add_argument("--patience", type=float, default=usual.patience, help="seconds to rest")
    parser.add_argument(
        "--embedded", action="store_true", help="SQLite and the embedded bus, no servers"
    )
    parser.add_argument("--folder", type=Path, help="keep data and logs in this folder")
    given = vars(parser.parse_args(arguments))
    return msgspec.convert(given, Plan)
