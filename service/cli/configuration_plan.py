"""A plan for a person to read: what is created, changed and removed, and what speaks against it."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
from rich.console import RenderableType
from rich.text import Text

from schemas.configuration import (
    Alteration,
    ConfigurationChange,
    ConfigurationProblem,
    ConfigurationStep,
)
from schemas.redaction import MASK, names_secret
from schemas.rules import Diagnostic
from service.cli.findings import findings_text, remarks
from service.cli.folder.places import Place, Places
from service.cli.output import clean

_SIGNS = {"create": ("+", "green"), "change": ("~", "yellow"), "remove": ("-", "red")}
_KINDS = {"alm_connector": "ALM connector", "alm_connection": "ALM connection"}
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


class Shown(msgspec.Struct, frozen=True):
    places: Places
    changes: tuple[ConfigurationChange, ...]
    problems: tuple[ConfigurationProblem, ...]
    findings: tuple[Diagnostic, ...]
    steps: tuple[ConfigurationStep, ...] = ()
    kept: tuple[str, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    unchecked: dict[str, str] = {}
    untried: tuple[str, ...] = ()
    awaited: dict[Place, str] = {}
    """Secrets that come with the apply, and where from."""

    def lines(self) -> Iterator[RenderableType]:
        for change in self.changes:
            yield from _change(change)
        for step in self.steps:
            yield Text(f"Next step: {clean(step.message)}\n    {clean(step.remedy)}", "yellow")
        for each in self.kept:
            yield Text(f"Not in the files, and kept: {clean(each)}", style="dim")
        yield from remarks(self.warnings, "")
        for name, why in self.unchecked.items():
            yield from (Text(f"{clean(name)}: ").append_text(each) for each in remarks((), why))
        for each in self.untried:
            yield Text(f"Not tried, which takes more than this token may: {clean(each)}", "yellow")
        for place, where in self.awaited.items():
            yield Text(_awaited(self.places.of(place), place, where), "yellow")
        if self.findings:
            yield findings_text(self.findings)
        for wrong in self.places.wrong(self.problems):
            text = Text(f"{clean(wrong.at)}: ", style="bold")
            text.append(clean(wrong.message), style="red")
            text.append(f" {clean(wrong.remedy)}" if wrong.remedy else "")
            yield text


def _awaited(at: str, place: Place, where: str) -> str:
    secret, source = clean(".".join(place[3:])), f", from {clean(where)}" if where else ""
    return (
        f"{clean(at)}: secret {secret} comes with the apply{source}; until then"
        f" {clean(place[1])} is not tried."
    )


def summary(changes: tuple[ConfigurationChange, ...], edition: str) -> str:
    if not changes:
        return "Nothing would change."
    count = {act: sum(1 for each in changes if each.act == act) for act in _SIGNS}
    return (
        f"{count['create']} to create, {count['change']} to change, {count['remove']} to remove"
        f" (edition {edition})."
    )


def _change(change: ConfigurationChange) -> Iterator[RenderableType]:
    sign, style = _SIGNS[change.act]
    forgotten = (
        f" ({change.twins} issues are under sync; their pairs would be forgotten)"
        if change.act == "remove" and change.twins
        else ""
    )
    kind = _KINDS.get(change.kind, change.kind)
    yield Text(f"{sign} {kind} {clean(change.name)}{forgotten}", style=f"bold {style}")
    for field in change.fields:
        yield Text(f"    {_field(field)}")
    if change.used_by:
        yield Text(f"    a new version of the rules of {clean(', '.join(change.used_by))}")
    for diff in filter(None, (change.outgoing, change.incoming, change.source)):
        for line in clean(diff).splitlines():
            yield Text(f"    {line}", style=_COLOURS.get(line[:1], ""))


def _field(field: Alteration) -> str:
    at = clean(".".join(field.at))
    if field.before == field.after and MASK in str(field.after):
        secret = names_secret(field.at[-1]) or field.after != MASK
        return f"{at}: another {'secret' if secret else 'value, which this token may not see'}"
    return f"{at}: {_value(field.before)} -> {_value(field.after)}"


def _value(value: Any) -> str:
    return "nothing" if value is None else clean(json.dumps(value, ensure_ascii=False))
