"""Writes a node's configuration into a folder: the same node gives the same bytes each time."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from schemas.configuration import Configuration, ConfiguredConnection, ConfiguredConnector
from schemas.snippets import is_snippet_name
from service.cli.ending import failed
from service.cli.folder.alm_files import alm_documents
from service.cli.folder.names import (
    ALM_CONNECTIONS,
    ALM_CONNECTORS,
    CONNECTION,
    CONNECTIONS,
    CONNECTORS,
    IN_MAPPINGS,
    INCOMING,
    MAPPINGS,
    OF_CONNECTION,
    OUTGOING,
    SNIPPETS,
    TRIGGERS,
)
from service.cli.folder.secrets import referred
from service.cli.folder.standing import standing, standing_params

_NAMED_BY_PEOPLE = ("tables", "flow", "only", "users", "field_policies", "triggers")
_IDS = ("there_id", "here_id")
"""The node knows them behind the names; people read names."""


class Written(msgspec.Struct, frozen=True):
    files: tuple[str, ...]
    removed: tuple[str, ...]
    strangers: tuple[str, ...]
    """Of what is not on the node; `prune` removes them."""


def write_folder(folder: Path, configuration: Configuration, *, prune: bool) -> Written:
    wanted: dict[Path, bytes] = {}
    for name, connector in configuration.connectors.items():
        file = folder / CONNECTORS / f"{name}.toml"
        wanted[file] = _toml(_connector(connector, file))
    for name, connection in configuration.connections.items():
        wanted |= dict(_connection(folder / CONNECTIONS / name, connection))
    for name, source in configuration.snippets.items():
        wanted[folder / SNIPPETS / f"{name}.py"] = _source(source)
    wanted |= {file: _toml(each) for file, each in alm_documents(folder, configuration)}
    ours = set(_ours(folder))
    # What a connection of the node no longer has goes; what is of none only when asked for.
    kept = {folder / CONNECTIONS / name for name in configuration.connections}
    gone = sorted(file for file in ours - wanted.keys() if prune or kept & {*file.parents})
    try:
        for file, content in wanted.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            if not _says(file, content):
                file.write_bytes(content)
        for file in gone:
            file.unlink()
            _tidy(file.parent, folder / CONNECTIONS)
    except OSError as error:
        raise failed(
            f"{error.filename}: cannot be written: {error.strerror}.",
            "Name a folder that you may write to.",
        ) from error
    left = sorted(ours - wanted.keys() - set(gone))
    return Written(_named(sorted(wanted)), _named(gone), _named(left))


def _tidy(emptied: Path, connections: Path) -> None:
    """What was made for a connection goes with its last file."""
    while connections in emptied.parents and not any(emptied.iterdir()):
        emptied.rmdir()
        emptied = emptied.parent


def _says(file: Path, content: bytes) -> bool:
    """The file says the same already: a person's comments, order and line ends stay."""
    if not file.exists():
        return False
    try:
        text = file.read_bytes().decode("utf-8").replace("\r\n", "\n")
        same = text == content.decode()
        return same or (
            file.suffix == ".toml" and tomllib.loads(text) == tomllib.loads(content.decode())
        )
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False


def _ours(folder: Path) -> Iterator[Path]:
    for kind in (CONNECTORS, ALM_CONNECTORS, ALM_CONNECTIONS):
        yield from (folder / kind).glob("*.toml")
    for name in OF_CONNECTION:
        yield from (folder / CONNECTIONS).glob(f"*/{name}")
    for pattern in (f"{SNIPPETS}/*.py", f"{CONNECTIONS}/*/{SNIPPETS}/*.py"):
        yield from (each for each in folder.glob(pattern) if is_snippet_name(each.stem))


def _connector(connector: ConfiguredConnector, file: Path) -> dict[str, Any]:
    """References that stand in the file stay: the node does not know them."""
    params = referred(connector.params, standing_params(standing(file)))
    return {"system": connector.system} | ({"params": params} if params else {})


def _connection(folder: Path, connection: ConfiguredConnection) -> Iterator[tuple[Path, bytes]]:
    said: dict[str, Any] = msgspec.to_builtins(connection)
    settings = said.pop("settings", {})
    triggers, rules = said.pop("triggers", {}), said.pop("rules", None)
    tables = {
        key: _ordered(settings.pop(name), key)
        for key, name in IN_MAPPINGS.items()
        if name in settings
    }
    facts = {"type": connection.type, "mode": connection.mode} | said
    yield folder / CONNECTION, _toml(facts | ({"settings": _ordered(settings)} if settings else {}))
    if tables:
        yield folder / MAPPINGS, _toml(tables)
    if triggers:
        yield folder / TRIGGERS, _toml(_ordered(triggers, "triggers"))
    if rules:
        yield folder / OUTGOING, _source(rules["outgoing"])
        yield folder / INCOMING, _source(rules["incoming"])
        for name, source in sorted(rules.get("snippets", {}).items()):
            yield folder / SNIPPETS / f"{name}.py", _source(source)


def _ordered(value: Any, name: str = "") -> Any:
    """What people name in the order of the alphabet; lines of tables without the ids."""
    match value:
        case dict():
            keys = sorted(value) if name in _NAMED_BY_PEOPLE else value
            unsaid = _IDS if name == "values" else ()
            return {key: _ordered(value[key], key) for key in keys if key not in unsaid}
        case list() | tuple():
            return [_ordered(each, name) for each in value]
    return value


def _source(text: str) -> bytes:
    return text.replace("\r\n", "\n").encode()


def _toml(document: dict[str, Any]) -> bytes:
    return tomli_w.dumps(_without_none(document)).encode()


def _without_none(value: Any) -> Any:
    """TOML has no null; what is null is not said."""
    match value:
        case dict():
            return {k: _without_none(v) for k, v in value.items() if v is not None}
        case list():
            return [_without_none(each) for each in value]
    return value


def _named(files: list[Path]) -> tuple[str, ...]:
    return tuple(map(str, files))
