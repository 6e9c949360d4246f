"""What may be asked of the tour on its command line."""

import argparse
from pathlib import Path

import msgspec


class Options(msgspec.Struct, frozen=True):
    once: bool
    """End after the tour."""
    bus: tuple[str, str]
    """Of the private and the public node."""
    store: tuple[str, str]
    folder: Path | None
    """For data and logs; None makes one that is removed at the end."""
    private_prefix: tuple[str, ...]
    """Put before the commands of the private company, such as `ip netns exec harbor`."""
    public_prefix: tuple[str, ...]
    private_host: str
    public_host: str
    attachment_bytes: int


def parse(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(
        prog="quickstart",
        description="Runs two nodes, one of them private, with a simulated Jira and a simulated "
        "Azure DevOps, pairs them, and shows how an issue travels both ways.",
        epilog="Stop it with Ctrl-C. Everything runs on this machine and is removed at the end.",
    )
    parser.add_argument("--once", action="store_true", help="end after the tour")
    parser.add_argument("--folder", type=Path, help="keep data and logs in this folder")
    both = "of both nodes; give it twice for the private and the public one"
    parser.add_argument("--bus", action="append", metavar="URL", help=f"bus {both}")
    parser.add_argument("--store", action="append", metavar="URL", help=f"store {both}")
    parser.add_argument("--private-prefix", default="", help=argparse.SUPPRESS)
    parser.add_argument("--public-prefix", default="", help=argparse.SUPPRESS)
    parser.add_argument("--private-host", default="127.0.0.1", help=argparse.SUPPRESS)
    parser.add_argument("--public-host", default="127.0.0.1", help=argparse.SUPPRESS)
    parser.add_argument(
        "--attachment-bytes", type=int, default=2_000_000, help="size of the file that travels"
    )
    given = parser.parse_args(arguments)
    return Options(
        once=given.once,
        bus=_pair(given.bus, "embedded:"),
        store=_pair(given.store, ""),
        folder=given.folder,
        private_prefix=tuple(given.private_prefix.split()),
        public_prefix=tuple(given.public_prefix.split()),
        private_host=given.private_host,
        public_host=given.public_host,
        attachment_bytes=given.attachment_bytes,
    )


def _pair(given: list[str] | None, default: str) -> tuple[str, str]:
    first, *rest = given or [default]
    return first, (rest or [first])[0]
