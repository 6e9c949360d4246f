"""Where two results of a rule differ, field by field."""

from typing import Any, TypeGuard

import msgspec

from schemas.rules import Difference


def differences(before: Any, after: Any) -> tuple[Difference, ...]:
    return tuple(_between("", before, after))


_ABSENT = object()


def _between(at: str, before: Any, after: Any) -> list[Difference]:
    if before == after and type(before) is type(after):
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        return _of_tables(at, before, after)
    if _are_parts(before) and _are_parts(after):
        return _of_tables(at, _by_id(before), _by_id(after))
    return [Difference(at or "all", _json(before), _json(after))]


def _of_tables(at: str, before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    found: list[Difference] = []
    for name in sorted(before.keys() | after.keys()):
        place = f"{at}.{name}" if at else name
        found += _between(place, before.get(name, _ABSENT), after.get(name, _ABSENT))
    return found


def _are_parts(value: Any) -> TypeGuard[list[dict[str, Any]]]:
    return isinstance(value, list) and all(isinstance(i, dict) and "id" in i for i in value)


def _by_id(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {str(part["id"]): part for part in parts}


def _json(value: Any) -> str:
    return "" if value is _ABSENT else msgspec.json.encode(value).decode()
