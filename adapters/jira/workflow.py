"""Status by transitions, also over several of them.

Jira shows only the transitions that leave the present status. What was seen is remembered per
project and type, so a usual change costs one call; a refused one is looked up again.
"""

from collections import deque
from typing import Any

from adapters.jira import answers, wire
from adapters.jira.client import JiraClient, segment
from adapters.jira.errors import NEUTRAL_NAMES
from schemas.errors import Fault, TrackerError

MAX_HOPS = 3
_DONE = "done"
_RANK = {"new": 0, "indeterminate": 1, _DONE: 2}

Scope = tuple[str, str]
"""Project key and issue type."""
Choices = tuple[answers.Transition, ...]


class Workflow:
    def __init__(self, client: JiraClient, resolution: str) -> None:
        self._client = client
        self._resolution = resolution
        self._seen: dict[tuple[Scope, str], Choices] = {}

    async def move(
        self,
        issue_id: str,
        scope: Scope,
        start: str,
        target: str,
        fields: dict[str, Any],
        held: frozenset[str] = frozenset(),
    ) -> frozenset[str]:
        """Brings the issue into `target`. `fields` go with a transition whose screen has them, and
        those of `held` have a value already. Answers which of them a transition took. VALIDATION
        if there is no way."""
        known = _to(self._seen.get((scope, _fold(start)), ()), target)
        if known is not None:
            try:
                return await self._take(issue_id, known, fields, held)
            except TrackerError as error:
                if error.fault not in (Fault.VALIDATION, Fault.NOT_FOUND, Fault.CONFLICT):
                    raise
                # Learned on another issue, or before the workflow changed.
                del self._seen[scope, _fold(start)]
        return await self._search(issue_id, scope, start, target, fields, held)

    async def _search(
        self,
        issue_id: str,
        scope: Scope,
        start: str,
        target: str,
        fields: dict[str, Any],
        held: frozenset[str],
    ) -> frozenset[str]:
        here, passed = start, {_fold(start)}
        category: str | None = None
        for hop in range(MAX_HOPS):
            choices = await self._look(issue_id, scope, here)
            direct = _to(choices, target)
            if direct is not None:
                return await self._take(issue_id, direct, fields, held)
            if category is None:
                here = await self._status(issue_id)
                if _fold(here) == _fold(target):
                    return frozenset()
                category = await self._category(scope, target, choices)
            step = None
            if hop < MAX_HOPS - 1:
                step = self._towards(scope, choices, target, category, passed, MAX_HOPS - hop)
            if step is None:
                await self._go_back(issue_id, choices, start, here, held)
                raise _no_way(here, target, choices)
            await self._take(issue_id, step, {}, held)
            here = step.to.name
            passed.add(_fold(here))
        raise _no_way(here, target, ())

    async def _look(self, issue_id: str, scope: Scope, here: str) -> Choices:
        what = "list transitions"
        path = f"/issue/{segment(issue_id)}/transitions"
        body = await self._client.get(path, {"expand": "transitions.fields"}, what=what)
        choices = wire.read(wire.transitions, body, what).transitions
        self._seen[scope, _fold(here)] = choices
        return choices

    async def _take(
        self,
        issue_id: str,
        transition: answers.Transition,
        fields: dict[str, Any],
        held: frozenset[str],
    ) -> frozenset[str]:
        screen = self._screen(transition, fields, held)
        body: dict[str, Any] = {"transition": {"id": transition.id}}
        if screen:
            body["fields"] = screen
        path = f"/issue/{segment(issue_id)}/transitions"
        await self._client.write("POST", path, body, what=f"set the status {transition.to.name!r}")
        return frozenset(screen)

    def _screen(
        self, transition: answers.Transition, wanted: dict[str, Any], held: frozenset[str]
    ) -> dict[str, Any]:
        filled: dict[str, Any] = {}
        for key, field in (transition.fields or {}).items():
            if key in wanted:
                filled[key] = wanted[key]
            elif field.required and not field.has_default_value and key not in held:
                filled[key] = self._default(key, field, transition)
        return filled

    def _default(
        self, key: str, field: answers.ScreenField, transition: answers.Transition
    ) -> dict[str, str]:
        allowed = [value.name or value.value for value in field.allowed_values or ()]
        name = NEUTRAL_NAMES.get(key, key)
        if key == "resolution" and self._resolution in allowed:
            return {"name": self._resolution}
        raise TrackerError(
            Fault.VALIDATION,
            f"The status {transition.to.name!r} needs the field {name!r}, which has no value.",
            remedy=_choose(name, allowed),
            field=name,
        )

    async def _status(self, issue_id: str) -> str:
        what = "read the status"
        path = f"/issue/{segment(issue_id)}"
        body = await self._client.get(path, {"fields": "status"}, what=what)
        status = wire.read(wire.issue, body, what).fields.status
        return status.name if status else ""

    async def _category(self, scope: Scope, target: str, choices: Choices) -> str:
        """Of the wanted status; VALIDATION when the project has no such status for the type."""
        project, issue_type = scope
        what = "list the statuses"
        path = f"/project/{segment(project)}/statuses"
        body = await self._client.get(path, what=what)
        found: dict[str, answers.Status] = {}
        for kind in wire.read(wire.type_statuses, body, what):
            if _fold(kind.name) == _fold(issue_type) or not issue_type:
                found.update((_fold(status.name), status) for status in kind.statuses)
        wanted = found.get(_fold(target))
        if wanted is None:
            raise _unknown(target, [status.name for status in found.values()])
        return wanted.status_category.key

    def _towards(
        self,
        scope: Scope,
        choices: Choices,
        target: str,
        category: str,
        passed: set[str],
        hops: int,
    ) -> answers.Transition | None:
        """The next step of a way that is known, else the likeliest step into the unknown."""
        open_ = [choice for choice in choices if _fold(choice.to.name) not in passed]
        for choice in sorted(open_, key=lambda item: item.to.status_category.key == _DONE):
            if self._known_way(scope, choice.to.name, target, hops - 1):
                return choice
        # A guess never passes a closed status: closing has effects that people notice.
        guesses = [
            choice
            for choice in open_
            if choice.to.status_category.key != _DONE
            and _fold(choice.to.name) not in self._dead_ends(scope)
        ]
        rank = _RANK.get(category, 1)
        return min(
            guesses,
            key=lambda item: abs(_RANK.get(item.to.status_category.key, 1) - rank),
            default=None,
        )

    def _known_way(self, scope: Scope, start: str, target: str, hops: int) -> bool:
        todo = deque([(_fold(start), hops)])
        passed: set[str] = set()
        while todo:
            here, left = todo.popleft()
            if here in passed or left == 0:
                continue
            passed.add(here)
            for choice in self._seen.get((scope, here), ()):
                name = _fold(choice.to.name)
                if name == _fold(target):
                    return True
                todo.append((name, left - 1))
        return False

    def _dead_ends(self, scope: Scope) -> set[str]:
        return {
            here for (where, here), choices in self._seen.items() if where == scope and not choices
        }

    async def _go_back(
        self, issue_id: str, choices: Choices, start: str, here: str, held: frozenset[str]
    ) -> None:
        back = _to(choices, start)
        if back is not None and _fold(here) != _fold(start):
            await self._take(issue_id, back, {}, held)


def _to(choices: Choices, target: str) -> answers.Transition | None:
    """By the status that it leads to; else the transition of that name."""
    wanted = _fold(target)
    leading = next((choice for choice in choices if _fold(choice.to.name) == wanted), None)
    return leading or next((choice for choice in choices if _fold(choice.name) == wanted), None)


def _fold(name: str) -> str:
    return name.strip().casefold()


def _choose(key: str, allowed: list[str]) -> str:
    if not allowed:
        return f"Let the incoming rule set {key!r} together with the status."
    return f"Let the incoming rule set {key!r} to one of: {', '.join(allowed)}."


def _unknown(target: str, known: list[str]) -> TrackerError:
    return TrackerError(
        Fault.VALIDATION,
        f"Jira has no status {target!r} for this type of issue.",
        remedy=f"Map it to one of: {', '.join(known) or 'none'}.",
        field="status",
    )


def _no_way(here: str, target: str, choices: Choices) -> TrackerError:
    names = ", ".join(sorted({choice.to.name for choice in choices})) or "none"
    return TrackerError(
        Fault.VALIDATION,
        f"Jira has no way of at most {MAX_HOPS} transitions from {here!r} to {target!r}.",
        remedy=f"Map it to a status that can be reached ({names}), or add a transition in Jira.",
        field="status",
    )
