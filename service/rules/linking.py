"""Which snippets a rule reaches, in the order in which they are loaded, and what does not fit."""

from collections.abc import Iterable
from functools import lru_cache

import msgspec

from schemas.rules import Diagnostic, RuleSet, Snippet
from service.rules.nearest import meant
from service.rules.snippets import PACKAGE, Import, defined, file_of, imports, place, used

MOST = 64
"""Snippets that one file may reach."""


class Linked(msgspec.Struct, frozen=True):
    """A file's snippets in the order in which they are loaded, and what is wrong with them."""

    snippets: tuple[Snippet, ...]
    findings: tuple[Diagnostic, ...] = ()


@lru_cache(maxsize=256)
def linked(source: str, file: str, library: tuple[Snippet, ...]) -> Linked:
    """Those of the library that the file reaches, each after the ones that it imports itself."""
    return _Linking({snippet.name: snippet for snippet in library}).link(source, file)


def used_by(rules: RuleSet, library: tuple[Snippet, ...]) -> dict[str, int]:
    """Which of the library's snippets, and which version of them, the two files reach."""
    files = (rules.outgoing, "outgoing.py"), (rules.incoming, "incoming.py")
    reached = [linked(source, file, library).snippets for source, file in files]
    return {snippet.name: snippet.version for each in reached for snippet in each}


class _Linking:
    def __init__(self, library: dict[str, Snippet]) -> None:
        self._library = library
        self._order: dict[str, Snippet] = {}
        self._under_way: list[str] = []
        self._findings: list[Diagnostic] = []

    def link(self, source: str, file: str) -> Linked:
        self._under_way = [name for name in self._library if file_of(name) == file]
        self._follow(source, file)
        self._apart(source, file)
        return Linked(tuple(self._order.values()), tuple(self._findings))

    def _follow(self, source: str, file: str) -> None:
        for each in imports(source):
            found = self._library.get(each.snippet)
            if each.wrong:
                self._tell(source, file, each, each.wrong)
            elif found is None:
                self._tell(source, file, each, _unknown(each.snippet, self._library))
            elif each.snippet in self._under_way:
                circle = " -> ".join((*self._under_way, each.snippet))
                self._tell(source, file, each, f"These snippets import each other: {circle}.")
            else:
                self._names(source, file, each, found)
                self._load(found)

    def _load(self, found: Snippet) -> None:
        if found.name in self._order or len(self._order) >= MOST:
            return
        self._under_way.append(found.name)
        self._follow(found.source, file_of(found.name))
        self._under_way.pop()
        self._order[found.name] = found

    def _names(self, source: str, file: str, each: Import, found: Snippet) -> None:
        names = defined(found.source)
        for name in each.names:
            if names and name not in names:
                said = f"{file_of(found.name)} does not define {name}.{meant(name, names)}"
                self._tell(source, file, each, said)

    def _apart(self, source: str, file: str) -> None:
        """They share one set of names, so each may be made in one file only, and what is used has
        to be imported, as it would have to be in Python."""
        owner: dict[str, str] = {}
        for snippet in self._order.values():
            for name in sorted(defined(snippet.source)):
                if name in owner:
                    other = file_of(owner[name])
                    said = f"{name} is defined in {other} too: give one of them another name."
                    self._at(snippet.source, file_of(snippet.name), name, said)
                owner.setdefault(name, snippet.name)
        if not owner:
            return
        for name in sorted(defined(source) & owner.keys()):
            said = f"{name} is defined in {file_of(owner[name])} too: give it another name."
            self._at(source, file, name, said)
        imported = {name for each in imports(source) for name in each.names}
        for name in sorted(used(source) & owner.keys() - imported - defined(source)):
            said = f"Import it: from {PACKAGE}.{owner[name]} import {name}"
            self._at(source, file, name, said)

    def _tell(self, source: str, file: str, each: Import, message: str) -> None:
        end = each.end_column if each.end_line == each.line else 0
        line = source.splitlines()[each.line - 1]
        self._findings.append(Diagnostic(file, each.line, each.column, message, line, end))

    def _at(self, source: str, file: str, name: str, message: str) -> None:
        number, column = place(source, name)
        line = source.splitlines()[number - 1]
        self._findings.append(Diagnostic(file, number, column, message, line, column + len(name)))


def _unknown(name: str, library: Iterable[str]) -> str:
    return f"There is no snippet {name}.{meant(name, library)}"
