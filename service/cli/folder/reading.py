"""Reads a folder into the configuration that it wants, or tells all that is wrong in it."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from schemas.configuration import (
    Configuration,
    ConfiguredAlmConnection,
    ConfiguredConnection,
    ConfiguredConnector,
)
from schemas.mapping import MappingBody
from schemas.snippets import is_snippet_name
from schemas.triggers import TriggerSpec
from service.cli.folder.alm_files import AlmConnectorFile, said_name
from service.cli.folder.fitting import misfits
from service.cli.folder.names import (
    ALM_CONNECTIONS,
    ALM_CONNECTORS,
    CONNECTION,
    CONNECTIONS,
    CONNECTORS,
    FOLDERS,
    IN_MAPPINGS,
    INCOMING,
    MAPPINGS,
    OF_CONNECTION,
    OUTGOING,
    SNIPPETS,
    TRIGGERS,
)
from service.cli.folder.places import Place, Places, Source, Wrong
from service.cli.folder.secrets import Secrets
from service.config.keys import nearest

_ELSEWHERE = {"triggers": TRIGGERS, "rules": OUTGOING}


class FolderRead(msgspec.Struct, frozen=True):
    configuration: Configuration
    places: Places
    wrong: tuple[Wrong, ...]
    unread: dict[Place, str] = {}
    """Where the secrets are that were not looked up, by their place in the configuration."""


def read_folder(folder: Path, environ: Mapping[str, str], *, keep_secrets: bool) -> FolderRead:
    reading = _Reading(folder, Secrets(environ, folder, keep=keep_secrets))
    configuration = reading.all()
    return FolderRead(configuration, reading.places, tuple(reading.wrong), reading.unread)


class _Reading:
    def __init__(self, folder: Path, secrets: Secrets) -> None:
        self._folder, self._secrets = folder, secrets
        self.places = Places()
        self.wrong: list[Wrong] = []
        self.unread: dict[Place, str] = {}

    def all(self) -> Configuration:
        self._look_for_lost_folders()
        connectors = {
            file.stem: found
            for file in sorted((self._folder / CONNECTORS).glob("*.toml"))
            if (found := self._connector(file)) is not None
        }
        folders = sorted((self._folder / CONNECTIONS).glob("*/"))
        connections = {
            folder.name: found
            for folder in folders
            if folder.is_dir() and (found := self._connection(folder)) is not None
        }
        snippets = dict(self._snippets(self._folder, ()))
        alm_connectors = self._alm(ALM_CONNECTORS, AlmConnectorFile)
        whole = {
            "connectors": connectors,
            "connections": connections,
            "snippets": snippets,
            "alm_connectors": {each.pop("name"): each for each in alm_connectors},
            "alm_connections": self._alm(ALM_CONNECTIONS, ConfiguredAlmConnection),
        }
        if self.wrong or not self._fits(Configuration, whole, ()):
            return Configuration()
        return msgspec.convert(whole, Configuration)

    def _connector(self, file: Path) -> dict[str, Any] | None:
        place = (CONNECTORS, file.stem)
        given = self._document(file, place)
        if given is None:
            return None
        self._resolve(given, place)
        return given if self._fits(ConfiguredConnector, given, place) else None

    def _resolve(self, given: dict[str, Any], place: Place) -> None:
        params = given.get("params")
        if not isinstance(params, dict):
            return
        secrets = self._secrets
        before = len(secrets.refused), len(secrets.unread)
        given["params"] = secrets.resolved(params)
        for refused in secrets.refused[before[0] :]:
            self._refuse((*place, "params", *refused.place), refused.message, refused.remedy)
        for each in secrets.unread[before[1] :]:
            self.unread[(*place, "params", *each.place)] = each.where

    def _alm(self, kind: str, shape: type[msgspec.Struct]) -> list[dict[str, Any]]:
        """All that fit. Their places go by what stands in them, which the node tells of too."""
        found: dict[str, dict[str, Any]] = {}
        for file in sorted((self._folder / kind).glob("*.toml")):
            given = self._document(file, (kind, file.stem))
            if given is None:
                continue
            name = said_name(kind, given)
            place = (kind.replace("-", "_"), name or file.stem)
            if name in found:
                at = self.places.at((kind, file.stem, "alias" if "alias" in given else "name"))
                said = f"{name!r} stands in {Path(self.places.at(place)).name} already."
                self.wrong.append(Wrong(at, said, "Give it another name, or remove one."))
                continue
            self.places.move((kind, file.stem), place)
            self._resolve(given, place)
            if self._fits(shape, given, place):
                found[name] = given
        return list(found.values())

    def _connection(self, folder: Path) -> dict[str, Any] | None:
        place = (CONNECTIONS, folder.name)
        self._look_for_strangers(folder)
        if not (folder / CONNECTION).exists():
            at = str(folder / CONNECTION)
            self.wrong.append(Wrong(at, "The file is missing.", "Put it there: see `export`."))
            return None
        given = self._document(folder / CONNECTION, place)
        if given is None:
            return None
        self._refuse_what_stands_elsewhere(given, place)
        fits = self._fits(ConfiguredConnection, given, place)
        tables = self._part(folder / MAPPINGS, MappingBody, (*place, MAPPINGS))
        triggers = self._part(folder / TRIGGERS, dict[str, TriggerSpec], (*place, TRIGGERS))
        rules = self._rules(folder)
        if not fits:
            return None
        settings = given.get("settings", {}) | {
            IN_MAPPINGS[name]: value for name, value in tables.items()
        }
        return given | {"settings": settings, "triggers": triggers, "rules": rules}

    def _part(self, file: Path, kind: Any, place: Place) -> dict[str, Any]:
        given = self._document(file, place) if file.exists() else None
        return given if given is not None and self._fits(kind, given, place) else {}

    def _rules(self, folder: Path) -> dict[str, Any] | None:
        sources: dict[str, Any] = {}
        snippets = dict(self._snippets(folder, (CONNECTIONS, folder.name, "rules")))
        for key, name in (("outgoing", OUTGOING), ("incoming", INCOMING)):
            file = folder / name
            self.places.add_file((CONNECTIONS, folder.name, name), file)
            if file.exists():
                sources[key] = self._text(file)
        if not sources and not snippets:
            return None
        for key, name in (("outgoing", OUTGOING), ("incoming", INCOMING)):
            if key not in sources:
                at = str(folder / name)
                remedy = "A connection has both rules, or, with neither, those of the node."
                self.wrong.append(Wrong(at, "The file is missing.", remedy))
                return None
        return sources | ({"snippets": snippets} if snippets else {})

    def _snippets(self, folder: Path, place: Place) -> Iterator[tuple[str, str]]:
        for file in sorted((folder / SNIPPETS).glob("*.py")):
            self.places.add_file((*place, SNIPPETS, file.stem), file)
            if file.name == "__init__.py":
                continue  # for an editor's sake
            if is_snippet_name(file.stem):
                yield file.stem, self._text(file)
                continue
            said = f"{file.stem!r} cannot be the name of a snippet."
            remedy = "Rules import it: take small letters, digits and _, such as people_map."
            self.wrong.append(Wrong(str(file), said, remedy))

    def _document(self, file: Path, place: Place) -> dict[str, Any] | None:
        text = self._text(file)
        self.places.add(Source(str(file), place, text))
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            self.wrong.append(Wrong(str(file), f"It is no TOML: {error}"))
            return None

    def _text(self, file: Path) -> str:
        """As Git keeps it, with LF."""
        try:
            return file.read_bytes().decode("utf-8").replace("\r\n", "\n")
        except OSError as error:
            self.wrong.append(Wrong(str(file), f"It cannot be read: {error.strerror}."))
        except UnicodeDecodeError:
            self.wrong.append(Wrong(str(file), "It is not UTF-8 text."))
        return ""

    def _fits(self, kind: Any, given: dict[str, Any], place: Place) -> bool:
        found = list(misfits(kind, given))
        for at, message, remedy in found:
            self._refuse((*place, *at), message, remedy)
        return not found

    def _refuse_what_stands_elsewhere(self, given: dict[str, Any], place: Place) -> None:
        settings = given.get("settings")
        inner = settings if isinstance(settings, dict) else {}
        for name, file in _ELSEWHERE.items():
            if given.pop(name, None) is not None:
                at = self.places.at((*place, name))
                self.wrong.append(Wrong(at, f"{name!r} stands in {file}.", "Move it there."))
        for key, name in IN_MAPPINGS.items():
            if inner.pop(name, None) is not None:
                at = self.places.at((*place, "settings", name))
                said = f"{name!r} stands in {MAPPINGS}, as {key!r}."
                self.wrong.append(Wrong(at, said, "Move it there."))

    def _look_for_lost_folders(self) -> None:
        """With `--prune`, a name that is a little wrong would take everything below it away."""
        for each in sorted(self._folder.glob("*/")):
            near = nearest(each.name, FOLDERS)
            if near and near != each.name:
                said = "There is no folder of this name here."
                self.wrong.append(Wrong(str(each), said, f"Did you mean {near}?"))
        for each in sorted((self._folder / CONNECTIONS).glob("*.toml")):
            said = f"A connection is a folder, {each.stem}/{CONNECTION}."
            self.wrong.append(Wrong(str(each), said, "Move it there."))
        for kind in (ALM_CONNECTORS, ALM_CONNECTIONS):
            for each in sorted((self._folder / kind).glob("*/")):
                said = "Here each is one file, and no folder."
                self.wrong.append(Wrong(str(each), said, f"Make it {kind}/{each.name}.toml."))

    def _look_for_strangers(self, folder: Path) -> None:
        """A name that was meant for one of ours; all other files are somebody else's."""
        for file in sorted(folder.glob("*.toml")):
            if file.name not in OF_CONNECTION:
                near = nearest(file.name, list(OF_CONNECTION))
                remedy = f"Did you mean {near}?" if near else "Put it elsewhere."
                self.wrong.append(Wrong(str(file), "There is no file of this name here.", remedy))

    def _refuse(self, place: Place, message: str, remedy: str = "") -> None:
        self.wrong.append(Wrong(self.places.of(place), message, remedy))
