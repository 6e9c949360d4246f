"""Where in the files a place of the configuration stands: `FILE:LINE`."""

import json
from collections.abc import Iterable
from pathlib import Path

import msgspec

from schemas.configuration import ConfigurationProblem
from service.cli.folder.names import IN_MAPPINGS, MAPPINGS, OUTGOING, TRIGGERS
from service.config.lines import key_lines

Place = tuple[str, ...]


class Source(msgspec.Struct, frozen=True):
    """A file that was read; what it holds stands below `place`."""

    path: str
    place: Place
    text: str


class Wrong(msgspec.Struct, frozen=True):
    """Something in a file that cannot be."""

    at: str
    message: str
    remedy: str = ""


class Places:
    """Of all files that were read."""

    def __init__(self) -> None:
        self._sources: dict[Place, Source] = {}
        self._paths: dict[Place, str] = {}

    def add(self, source: Source) -> None:
        self._sources[source.place] = source

    def add_file(self, place: Place, path: Path) -> None:
        self._paths[place] = str(path)

    def move(self, old: Place, new: Place) -> None:
        """When it is known what a file is about."""
        self._sources[new] = msgspec.structs.replace(self._sources.pop(old), place=new)

    def of(self, place: Place) -> str:
        """Of a place in the node's document."""
        return self.at(_in_files(place))

    def at(self, place: Place) -> str:
        """As near as it is known; lines inside a list are found by their text."""
        for length in range(len(place), 0, -1):
            head, keys = place[:length], place[length:]
            if head in self._sources:
                source = self._sources[head]
                return f"{source.path}:{line_of(source.text, keys)}"
            if head in self._paths:
                return self._paths[head]
        return "/".join(place)

    def wrong(self, problems: Iterable[ConfigurationProblem]) -> tuple[Wrong, ...]:
        return tuple(Wrong(self.of(each.place), each.message, each.remedy) for each in problems)


def line_of(text: str, keys: Place) -> int:
    lines = key_lines(text)
    for length in range(len(keys), 0, -1):
        line = lines.get(".".join(keys[:length]))
        if line is not None:
            inner = [word for word in keys[length:] if not word.isdigit()]
            return _below(text, line, inner[-1]) if inner else line
    return 1


def _below(text: str, line: int, word: str) -> int:
    """The first line from there on that has the word, in quotes or as a key."""
    forms = (json.dumps(word, ensure_ascii=False), f"{word} =", f"{word}=")
    for number, each in enumerate(text.splitlines(), 1):
        if number >= line and any(form in each for form in forms):
            return number
    return line


def _in_files(place: Place) -> Place:
    """Places of the node's document, as the files have them."""
    match place:
        case ("connections", name, "settings", setting, *rest) if setting in IN_MAPPINGS.values():
            file = {setting: key for key, setting in IN_MAPPINGS.items()}[setting]
            return ("connections", name, MAPPINGS, file, *rest)
        case ("connections", name, "triggers", *rest):
            return ("connections", name, TRIGGERS, *rest)
        case ("connections", _, "rules", "snippets", *_):
            return place
        case ("connections", name, "rules", *_):
            return ("connections", name, OUTGOING)
    return place
