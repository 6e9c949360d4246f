"""Reads file, credentials and environment into a `Config`, or tells all errors at once."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from schemas.errors import ConfigurationError
from service.config.checks import CHECKS
from service.config.keys import (
    BY_ENVIRONMENT,
    FILE_SUFFIX,
    KEYS,
    SECRETS,
    SECTIONS,
    Key,
    meant_for_us,
    nearest,
)
from service.config.lines import key_lines
from service.config.model import Config

_CREDENTIALS = (*SECRETS, "key_file")
_REMEDY = "Correct the lines named above; deploy/tidegate.toml shows every key with its default."


class _Given(msgspec.Struct, frozen=True):
    """One value with the place that it came from."""

    value: Any
    place: str
    text: bool
    """True when the value is text that stands for another type."""


def load_config(path: Path, environ: Mapping[str, str]) -> Config:
    """Environment wins over credentials, credentials over the file. Raises `ConfigurationError`."""
    errors: list[str] = []
    given: dict[str, _Given] = {}
    for layer in (
        _from_file(path, errors),
        _from_credentials(environ),
        _from_environment(environ, errors),
    ):
        _lay_over(given, layer, errors)
    values = _values(given, errors)
    _read_secrets(values, given, path.parent, errors)
    _check_whole(values, given, path, errors)
    if errors:
        raise ConfigurationError("\n".join(errors), remedy=_REMEDY)
    return _resolved(msgspec.convert(_nested(values), Config), path.parent)


def _from_file(path: Path, errors: list[str]) -> dict[str, _Given]:
    try:
        text = path.read_text("utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        errors.append(f"{path}: cannot be read: {error.strerror}")
        return {}
    except UnicodeDecodeError:
        errors.append(f"{path}: is not UTF-8 text")
        return {}
    except tomllib.TOMLDecodeError as error:
        errors.append(f"{path}: not TOML: {error}")
        return {}
    lines = key_lines(text)
    given: dict[str, _Given] = {}
    for name, value in _leaves(document):
        line = lines.get(name) or lines.get(name.rpartition(".")[0]) or 1
        place = f"{path}:{line}"
        if name in KEYS:
            given[name] = _Given(value, place, text=False)
        else:
            errors.append(f"{place}: {_unknown(name)}")
    return given


def _leaves(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _unknown(name: str) -> str:
    if name in SECTIONS:
        return f"`{name}` is a section: write [{name}] and its keys below"
    near = nearest(name, list(KEYS))
    return f"unknown key `{name}`" + (f"; did you mean `{near}`?" if near else "")


def _lay_over(given: dict[str, _Given], layer: dict[str, _Given], errors: list[str]) -> None:
    """A secret and the file that holds it are one key: a higher layer replaces either by either."""
    for name in SECRETS:
        file = name + FILE_SUFFIX
        if name in layer and file in layer:
            errors.append(f"{layer[file].place}: give either `{name}` or `{file}`, not both")
        if name in layer or file in layer:
            given.pop(name, None)
            given.pop(file, None)
    given |= layer


def _from_credentials(environ: Mapping[str, str]) -> dict[str, _Given]:
    folder = environ.get("CREDENTIALS_DIRECTORY", "")
    if not folder:
        return {}
    found = [(name, Path(folder) / name) for name in _CREDENTIALS]
    return {
        (name if name == "key_file" else name + FILE_SUFFIX): _Given(str(file), str(file), True)
        for name, file in found
        if file.is_file()
    }


def _from_environment(environ: Mapping[str, str], errors: list[str]) -> dict[str, _Given]:
    given: dict[str, _Given] = {}
    for variable, value in environ.items():
        key = BY_ENVIRONMENT.get(variable)
        if key is not None:
            given[key.name] = _Given(value, f"environment {variable}", text=True)
        elif meant_for_us(variable):
            near = nearest(variable, list(BY_ENVIRONMENT))
            hint = f"; did you mean {near}?" if near else ""
            errors.append(f"environment: unknown variable {variable}{hint}")
    return given


def _values(given: Mapping[str, _Given], errors: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, item in given.items():
        try:
            values[name] = _convert(KEYS[name], item)
        except msgspec.ValidationError as error:
            errors.append(f"{item.place}: `{name}`: {error}")
    return values


def _convert(key: Key, item: _Given) -> Any:
    value = item.value
    if item.text and key.type == tuple[str, ...]:
        value = [part.strip() for part in value.split(",") if part.strip()]
    return msgspec.convert(value, key.type, strict=not item.text)


def _read_secrets(
    values: dict[str, Any], given: dict[str, _Given], folder: Path, errors: list[str]
) -> None:
    for name in SECRETS:
        file = values.pop(name + FILE_SUFFIX, "")
        if not file:
            continue
        source = given[name + FILE_SUFFIX]
        try:
            values[name] = (folder / file).read_text("utf-8").strip()
        except OSError as error:
            errors.append(f"{source.place}: cannot read {file}: {error.strerror}")
        except UnicodeDecodeError:
            errors.append(f"{source.place}: {file} is not UTF-8 text")
        given[name] = source


def _check_whole(
    values: Mapping[str, Any], given: Mapping[str, _Given], path: Path, errors: list[str]
) -> None:
    for name, check in CHECKS.items():
        if name in values and (wrong := check(values[name])):
            errors.append(f"{given[name].place}: `{name}` {wrong}")
    if "node.name" not in given:
        errors.append(f"{path}: `node.name` is missing: how other sides will know this node")
    if values.get("relay.enabled") and not values.get("node.public_url"):
        errors.append(
            f"{given['relay.enabled'].place}: `relay.enabled` needs `node.public_url`: a relay is"
            " where others come to"
        )


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, value in values.items():
        section, _, key = name.rpartition(".")
        (nested.setdefault(section, {}) if section else nested)[key] = value
    return nested


def _resolved(config: Config, folder: Path) -> Config:
    """Paths in the file are relative to it."""
    base = folder.absolute()
    data = base / config.data
    store_url = config.store.url or f"sqlite:///{data / 'tidegate.db'}"
    if store_url.startswith("sqlite:///"):
        store_url = f"sqlite:///{base / store_url.removeprefix('sqlite:///')}"
    return msgspec.structs.replace(
        config,
        node=msgspec.structs.replace(config.node, public_url=config.node.public_url.rstrip("/")),
        data=str(data),
        key_file=str(base / config.key_file if config.key_file else data / "tidegate.key"),
        store=msgspec.structs.replace(config.store, url=store_url),
    )
