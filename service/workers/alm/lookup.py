"""How each tracker is asked for issues whose titles begin as those of some tasks would."""

from collections.abc import Mapping, Sequence

import msgspec

from service.workers.alm.catalogue import System
from service.workers.alm.params import Given

Conditions = Mapping[str, Given]
"""What else holds of such an issue, by the tracker's own name of a field."""

_MANY = 40
_AT_ONCE = {"jira": _MANY, "rally": _MANY, "tfs": _MANY, "hp_alm": _MANY}
"""Titles in one search. GitHub knows no OR."""


class Lookup(msgspec.Struct, frozen=True):
    system: System
    type: str
    """Of the issues that are looked for, where the tracker's query names it."""
    conditions: Conditions = {}

    def at_once(self, tasks: int, side_by_side: int) -> int:
        """How many titles go into one search, so that no search waits for another's tasks."""
        even = -(-tasks // side_by_side)
        return max(1, min(_AT_ONCE.get(self.system.id, 1), even))

    def query(self, beginnings: Sequence[str], *, tests: bool = False) -> str:
        """It may find more: the index of a tracker knows words, not letters."""
        match self.system.id:
            case "jira":
                titles = [f"summary ~ {_quoted(_phrase(one))}" for one in beginnings]
                return " AND ".join((f"({' OR '.join(titles)})", *self._of_jira()))
            case "rally":
                titles = [f"(Name contains {_quoted(one)})" for one in beginnings]
                conditions = _paired("AND", [_paired("OR", titles), *self._of_rally()])
                return f"{self.type.lower()}: {conditions}"
            case "tfs":
                return " OR ".join(f"[System.Title] CONTAINS {_doubled(one)}" for one in beginnings)
            case "hp_alm":
                # A literal that holds a quote cannot be written, so any sign may stand there.
                words = [one.replace('"', "*") for one in beginnings]
                names = " or ".join(f'"*{word}*"' for word in words)
                return f"{'test' if tests else 'requirement'}: {{name[{names}]}}"
        return f"in:title {_phrase(beginnings[0])}"

    def _of_jira(self) -> list[str]:
        return [
            f"{_quoted(name)} in ({', '.join(map(_quoted, values))})"
            for name, values in _each(self.conditions)
        ]

    def _of_rally(self) -> list[str]:
        return [
            _paired("OR", [f"({name} = {_quoted(value)})" for value in values])
            for name, values in _each(self.conditions)
        ]


def _each(conditions: Conditions) -> list[tuple[str, Sequence[str]]]:
    return [
        (name, value if isinstance(value, list) else [str(value)])
        for name, value in conditions.items()
    ]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _doubled(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _phrase(text: str) -> str:
    """Words in this order; quotes within would end it."""
    return '"' + text.replace('"', " ").replace("\\", " ") + '"'


def _paired(word: str, conditions: Sequence[str]) -> str:
    """Pairs of pairs: Rally joins no three."""
    if len(conditions) == 1:
        return conditions[0]
    middle = len(conditions) // 2
    left, right = _paired(word, conditions[:middle]), _paired(word, conditions[middle:])
    return f"({left} {word} {right})"
