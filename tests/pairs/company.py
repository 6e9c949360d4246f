"""One end of a pair: a running tracker, what its project knows, and somebody who works there."""

from collections.abc import Mapping
from typing import Any

import msgspec

from adapters.port import Tracker
from schemas.metadata import FieldInfo, Metadata, TypeInfo
from schemas.values import User
from tests.contract.trackers.harness import Site, Values
from tests.pairs.systems import LINK_KINDS, PARENT_TYPES, SPARE_TEXT, values_of

NEUTRAL = frozenset(
    {
        *("summary", "description", "status", "resolution", "priority", "type", "labels"),
        *("components", "fix_versions", "affected_versions", "milestone", "area", "iteration"),
        *("assignee", "reporter", "due", "estimate", "remaining", "spent", "parent", "links"),
    }
)


class Company(msgspec.Struct, frozen=True):
    """`name` is its tracker's system, its connector's name and its side."""

    name: str
    site: Site
    values: Values
    tracker: Tracker
    metadata: Metadata

    @classmethod
    async def open(cls, name: str, site: Site) -> "Company":
        tracker: Any = site.open()
        return cls(
            name, site, values_of(site), tracker, await tracker.metadata(site.values.project)
        )

    @property
    def type(self) -> str:
        return self.values.type

    @property
    def parent_type(self) -> str:
        return PARENT_TYPES.get(self.name, self.type)

    @property
    def link_kinds(self) -> tuple[str, ...]:
        return LINK_KINDS.get(self.name, self.tracker.capabilities.link_kinds)

    @property
    def person(self) -> User:
        return self.values.person

    @property
    def reporter(self) -> User | None:
        found = self.values.fields.get("reporter")
        return found if isinstance(found, User) else None

    def known_type(self, name: str) -> TypeInfo:
        known = {each.type.name: each for each in self.metadata.types}
        return known.get(name) or known[self.type]

    def fields(self, type: str) -> Mapping[str, FieldInfo]:
        return {field.name: field for field in self.known_type(type).fields}

    def choices(self, field: str, type: str) -> tuple[str, ...]:
        info = self.fields(type).get(field)
        return tuple(choice.name for choice in info.choices) if info else ()

    def custom(self, type: str) -> list[FieldInfo]:
        """Those that a person may fill in, with the one that is spare at the end."""
        spare = SPARE_TEXT.get(self.name)
        usable = [
            field
            for field in self.fields(type).values()
            if field.writable
            and field.name not in NEUTRAL
            and (field.name in self.values.fields or field.name == spare)
        ]
        return sorted(usable, key=lambda field: field.name == spare)
