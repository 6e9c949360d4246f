"""The table of keys, drawn from the Structs: dotted name, type, environment name."""

import difflib
from collections.abc import Iterator
from typing import Any

import msgspec

from service.config.model import Config

FILE_SUFFIX = "_file"

SECRETS = ("bus.url", "store.url", "listen.admin_token")
"""May also come from a file: `<key>_file`, or a file of that name in $CREDENTIALS_DIRECTORY."""


class Key(msgspec.Struct, frozen=True):
    name: str
    type: Any

    @property
    def environment(self) -> str:
        return "TIDEGATE_" + self.name.replace(".", "_").upper()


def _keys(struct: type[msgspec.Struct], prefix: str = "") -> Iterator[Key]:
    for field in msgspec.structs.fields(struct):
        name = prefix + field.name
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from _keys(field.type, name + ".")
        else:
            yield Key(name, field.type)


KEYS: dict[str, Key] = {key.name: key for key in _keys(Config)} | {
    name + FILE_SUFFIX: Key(name + FILE_SUFFIX, str) for name in SECRETS
}
SECTIONS = tuple(sorted({name.partition(".")[0] for name in KEYS if "." in name}))
BY_ENVIRONMENT: dict[str, Key] = {key.environment: key for key in KEYS.values()}

_OURS = (*(f"TIDEGATE_{section.upper()}_" for section in SECTIONS), "TIDEGATE_DATA", "TIDEGATE_KEY")


def meant_for_us(variable: str) -> bool:
    """True for names that can only be a (mistyped) key; others may be somebody else's."""
    return variable.startswith(_OURS)


def nearest(word: str, known: "list[str] | tuple[str, ...]") -> str:
    """The most similar known key, or ''. A key in the wrong section counts as near."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return close[0]
    last = word.rpartition(".")[2]
    same = [name for name in known if name.rpartition(".")[2] == last]
    return same[0] if same else ""
