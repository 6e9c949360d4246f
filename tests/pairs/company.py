"""One end of a pair: a running tracker, what its project knows, and somebody who works there."""

from collections.abc import Mapping
from typing import Any

import msgspec

from adapters.port import Tracker
from schemas.metadata import FieldInfo, Metadata, TypeInfo
from schemas.values import User
from tests.contract.trackers.harness import Site
from tests.pairs.systems import SPARE_TEXT

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
    tracker: Tracker
    metadata: Metadata

    @classmethod
    async def open(cls, name: str, site: Site) -> "Company":
        tracker: Any = site.open()
        return cls(name, site, tracker, await tracker.metadata(site.values.project))

    @property
    def type(self) -> str:
        return self.site.values.type

    @property
    def parent_type(self) -> str:
        return self.site.values.parent_type or self.type

    @property
    def person(self) -> User:
        return self.site.values.person

    @property
    def reporter(self) -> User | None:
        found = self.site.values.fields.get("reporter")
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
            and (field.name in self.site.values.fields or field.name == spare)
        ]
        return sorted(usable, key=lambda field: field.name == spare)
