"""The steps of a JSON Patch document, of which every write to a work item is made."""

from typing import Any, Literal

import msgspec


class Operation(msgspec.Struct, frozen=True, omit_defaults=True):
    op: Literal["add", "replace", "remove", "test"]
    path: str
    value: Any = msgspec.UNSET


class RelationChange(msgspec.Struct, frozen=True):
    """Relations go by what `links.key` calls them."""

    add: dict[str, Operation] = {}
    remove: frozenset[str] = frozenset()
    moves: bool = False
    """Whatever other parent there is gives way."""

    def __bool__(self) -> bool:
        return bool(self.add or self.remove)


encode = msgspec.json.Encoder().encode


def test_rev(rev: int) -> Operation:
    return Operation("test", "/rev", rev)


def add_relation(rel: str, url: str, comment: str = "") -> Operation:
    value: dict[str, Any] = {"rel": rel, "url": url}
    if comment:
        value["attributes"] = {"comment": comment}
    return Operation("add", "/relations/-", value)
