"""ALM connectors and connections as files, known by what stands in them.

Their names are people's words, which not every file system takes.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from schemas.alm import Title
from schemas.configuration import (
    Configuration,
    ConfiguredAlmConnector,
    alm_name,
)
from service.cli.folder.names import ALM_CONNECTIONS, ALM_CONNECTORS
from service.cli.folder.secrets import referred
from service.cli.folder.standing import standing, standing_params

_UNFIT = re.compile(r"[^\w.-]+")
_LONGEST = 80


class AlmConnectorFile(ConfiguredAlmConnector, frozen=True, kw_only=True, omit_defaults=True):
    name: Title


def said_name(kind: str, given: dict[str, Any]) -> str:
    """'' where the file does not tell it."""
    if kind == ALM_CONNECTORS:
        name = given.get("name")
        return name if isinstance(name, str) else ""
    project, alias = given.get("project"), given.get("alias")
    if isinstance(project, int | str) and isinstance(alias, str):
        return alm_name(project, alias)
    return ""


def alm_documents(folder: Path, configuration: Configuration) -> Iterator[tuple[Path, Any]]:
    """Each as a file that has it already, else as one that is called like it."""
    connectors = {
        name: {"name": name} | msgspec.to_builtins(each)
        for name, each in configuration.alm_connectors.items()
    }
    connections = {each.name: msgspec.to_builtins(each) for each in configuration.alm_connections}
    for kind, documents in ((ALM_CONNECTORS, connectors), (ALM_CONNECTIONS, connections)):
        known = _known(folder / kind, kind)
        taken = {file.stem.casefold() for file, _ in known.values()}
        for name, document in sorted(documents.items()):
            file, stands = known.get(name) or (folder / kind / _called(name, taken), {})
            if params := referred(document.get("params", {}), standing_params(stands)):
                document["params"] = params
            yield file, document


def _known(folder: Path, kind: str) -> dict[str, tuple[Path, dict[str, Any]]]:
    """What files have, by name."""
    found: dict[str, tuple[Path, dict[str, Any]]] = {}
    for file in sorted(folder.glob("*.toml")):
        given = standing(file)
        found.setdefault(said_name(kind, given), (file, given))
    return found


def _called(name: str, taken: set[str]) -> str:
    """On a file system that does not tell capitals apart, too."""
    plain = _UNFIT.sub("-", name).strip("-.")[:_LONGEST] or "unnamed"
    stem, number = plain, 2
    while stem.casefold() in taken:
        stem, number = f"{plain}-{number}", number + 1
    taken.add(stem.casefold())
    return f"{stem}.toml"
