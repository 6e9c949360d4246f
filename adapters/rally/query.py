"""Rally's query language: conditions in parentheses, joined in pairs."""


def number(field: str, operator: str, value: int) -> str:
    return f"({field} {operator} {value})"


def text(field: str, operator: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'({field} {operator} "{escaped}")'


def all_of(*conditions: str) -> str:
    return _joined(" AND ", [condition for condition in conditions if condition])


def any_of(*conditions: str) -> str:
    return _joined(" OR ", [condition for condition in conditions if condition])


def _joined(word: str, conditions: list[str]) -> str:
    """Pairs of pairs, so that many conditions nest no deeper than needed."""
    if not conditions:
        return ""
    if len(conditions) == 1:
        return conditions[0]
    middle = len(conditions) // 2
    left, right = _joined(word, conditions[:middle]), _joined(word, conditions[middle:])
    return f"({left}{word}{right})"
