"""Finds the node that a command is about."""

import argparse
from collections.abc import Mapping
from pathlib import Path

import msgspec

from service.cli.ending import Ending, failed
from service.config import Config, load_config

CONFIG_VARIABLE = "TIDEGATE_CONFIG"
TOKEN_VARIABLE = "TIDEGATE_TOKEN"  # noqa: S105 - the name of a variable
USUAL_FILES = (Path("tidegate.toml"), Path("/etc/tidegate/tidegate.toml"))


class Whereabouts(msgspec.Struct, frozen=True):
    """A Unix socket, or a URL with the admin token that it needs."""

    socket: str = ""
    url: str = ""
    token: str = ""
    config: str = ""
    """The file that named the socket; tells a person how to start the node."""

    def __repr__(self) -> str:
        return f"Whereabouts({self.socket or self.url})"

    @property
    def start(self) -> str:
        return f"tidegate run --config {self.config or 'FILE'}"


def whereabouts(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Whereabouts:
    if arguments.url:
        token = arguments.token or environ.get(TOKEN_VARIABLE, "")
        return Whereabouts(url=arguments.url.rstrip("/"), token=token)
    if arguments.socket:
        return Whereabouts(socket=arguments.socket)
    path = config_file(arguments, environ)
    return Whereabouts(socket=load_config(path, environ).socket, config=str(path))


def config_file(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Path:
    named = arguments.config or environ.get(CONFIG_VARIABLE)
    if named:
        return Path(named)
    for path in USUAL_FILES:
        if path.is_file():
            return path
    raise failed(
        "No configuration was named, and there is no tidegate.toml here or in /etc/tidegate.",
        f"Give --config FILE, set {CONFIG_VARIABLE}, or name a running node by --socket or --url.",
        Ending.USAGE,
    )


def configuration(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Config:
    return load_config(config_file(arguments, environ), environ)
