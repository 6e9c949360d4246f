"""Queries in ALM's own grammar."""

from collections.abc import Mapping


def literal(text: str) -> str:
    """A quoted literal. ALM knows no escapes, so a sign that would end the literal becomes a
    wildcard; whoever asks compares what comes back."""
    if '"' not in text:
        return f'"{text}"'
    if "'" not in text:
        return f"'{text}'"
    return '"' + text.replace('"', "*") + '"'


def equals(text: str) -> str:
    return literal(text)


def at_least(text: str) -> str:
    return f">={literal(text)}"


def above(number: str) -> str:
    return f">{number}"


def statement(conditions: Mapping[str, str]) -> str:
    """Fields are joined by AND: ALM knows nothing else between them."""
    return "{" + ";".join(f"{name}[{condition}]" for name, condition in conditions.items()) + "}"


def order(*fields: str) -> str:
    return "{" + ";".join(f"{name}[ASC]" for name in fields) + "}"


def latest(field: str) -> str:
    return "{" + field + "[DESC]}"
