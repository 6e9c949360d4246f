"""Prints or writes the published schemas: `python -m schemas.publish [NAME] [--into FOLDER]`."""

import argparse
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from schemas import dry_runs, events, peer, relay
from schemas.health import HealthReport
from schemas.openapi import openapi
from schemas.replica import TwinMessage


def _schema(kind: Any, title: str) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **msgspec.json.schema(kind),
    }


def _messages(title: str, *modules: ModuleType) -> dict[str, Any]:
    found = [
        item
        for module in modules
        for item in vars(module).values()
        if isinstance(item, type)
        and issubclass(item, msgspec.Struct)
        and item.__module__ == module.__name__
    ]
    _, components = msgspec.json.schema_components(found, ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{title} (sent as MessagePack)",
        "$defs": components,
    }


DOCUMENTS: dict[str, Callable[[], dict[str, Any]]] = {
    "events": lambda: _schema(events.Event, "A change event on the bus"),
    "replica": lambda: _schema(TwinMessage, "A replica with its place in the twin's history"),
    "peer": lambda: _messages("Messages between nodes", peer, dry_runs),
    "relay": lambda: _messages("Messages to a relay, and through one", relay),
    "health": lambda: _schema(HealthReport, "What /health answers"),
    "openapi": lambda: openapi(version("tidegate")),
}


def render(name: str) -> bytes:
    encoded = msgspec.json.encode(DOCUMENTS[name](), order="sorted")
    return msgspec.json.format(encoded, indent=2) + b"\n"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m schemas.publish", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(DOCUMENTS), default="openapi")
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="write all as files")
    given = parser.parse_args(arguments)
    if given.into is None:
        sys.stdout.buffer.write(render(given.name))
        return 0
    given.into.mkdir(parents=True, exist_ok=True)
    for name in DOCUMENTS:
        (given.into / f"{name}.json").write_bytes(render(name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
