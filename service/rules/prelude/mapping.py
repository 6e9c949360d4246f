"""From the other side's words to ours."""

from typing import Any

from service.rules.prelude.parts import User


def _find(table: dict[str, Any], value: str) -> Any:
    if value in table:
        return table[value]
    low = value.lower()
    for name, counterpart in table.items():
        if name.lower() == low:
            return counterpart
    return ...


_tables: dict[str, Any] = {}
# By field. That of people has no field's name: "".


def _declared(field: str, value: str) -> tuple[bool, Any]:
    """Whether the connection's own table answers, and with what; `...` leaves the field alone."""
    if field not in _tables:
        return False, None
    values, unmapped, default, skipped = _tables[field]
    if value in skipped:
        return True, ...
    found = _find(values, value)
    if found is not ...:
        return True, found
    if unmapped == "keep":
        return True, value
    if unmapped == "skip":
        return True, ...
    return unmapped == "default", default


def mapped(field: str, value: Any) -> Any:
    if field == "users" and (value is None or type(value) is User):
        return map_user(_tables.get("", {}), value)
    if field not in _tables:
        raise ValueError(f"The connection has no mapping table for {field}.")
    if value is None:
        return None
    if type(value) is not str:
        each = [mapped(field, element) for element in value]
        return [element for element in each if element is not ...]
    known, found = _declared(field, value)
    if not known:
        raise ValueError(f"\x1emap\x1e{field}\x1e{value}")
    return found


def map_value(table: dict[str, Any], value: Any, default: Any = ...) -> Any:
    found = ... if value is None else _find(table, value)
    if found is not ...:
        return found
    return value if default is ... else default


def must_map(field: str, table: dict[str, Any], value: Any) -> Any:
    if value is None:
        return None
    known, found = _declared(field, value)
    if known:
        return found
    found = _find(table, value)
    if found is ...:
        raise ValueError(f"\x1emap\x1e{field}\x1e{value}")
    return found


def map_user(table: dict[str, str], user: Any, default: Any = ...) -> Any:
    if user is None:
        return None
    found = _find(table, user.email) if user.email else ...
    if found is ... and user.name:
        found = _find(table, user.name)
    if found is ...:
        found = default
    if found is ...:
        return user
    if type(found) is not str:
        return found
    here = User(found, found if "@" in found else "", found)
    here._here = True
    return here


def only_mapped(table: dict[str, Any], value: Any) -> Any:
    return ... if value is None else _find(table, value)


def prefixed(table: dict[str, Any], value: Any, default: Any = ...) -> Any:
    if value is None:
        return None
    best, length = default, -1
    low = value.lower()
    for start, counterpart in table.items():
        if low.startswith(start.lower()) and len(start) > length:
            best, length = counterpart, len(start)
    return best
