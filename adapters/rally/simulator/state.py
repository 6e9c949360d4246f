"""The simulated Rally itself: its things, who sees what, and what is found by a query."""

import hmac
import uuid
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from adapters.rally.moments import text
from adapters.rally.simulator import catalogue, query
from adapters.rally.simulator.config import SimulatorConfig
from adapters.rally.simulator.model import Attribute, Happening, Thing, Told, TypeDef

_FIRST = 40_000_000_001

moment = lru_cache(maxsize=100_000)(text)
"""A query looks at those of every thing."""
_SCALARS = frozenset({"ObjectID", "LastUpdateDate", "CreationDate", "Name"})
"""What nearly all queries ask about, and no thing refers to others by."""
_UNSEEN = "Cannot find object to read"


class State:
    """`now` gives milliseconds."""

    def __init__(self, config: SimulatorConfig, now: Callable[[], int]) -> None:
        self.config = config
        self.now = now
        self.types = catalogue.types(
            external_id=config.external_id, tasks_need_parent=config.tasks_need_parent
        )
        self.by_path = {element.lower(): one for element, one in self.types.items()}
        self.things: dict[int, Thing] = {}
        self.of_type: dict[str, dict[int, Thing]] = {element: {} for element in self.types}
        self.listeners: list[Callable[[Happening], None]] = []
        self.slowed = 0
        """Calls beyond what one account may have under way."""
        self._pointing: dict[tuple[str, str, int], dict[int, Thing]] = {}
        """Type, attribute and ObjectID -> the things that refer to it."""
        self._last = _FIRST
        self._formatted: dict[str, int] = {}

    # Making and finding

    def add(self, element: str, **fields: Any) -> Thing:
        self._last += 4
        at = self.now()
        made = Thing(self._last, str(uuid.UUID(int=self._last << 64)), element, at, at)
        self.things[made.oid] = self.of_type[element][made.oid] = made
        for name, value in fields.items():
            self.put(made, name, value)
        return made

    def drop(self, thing: Thing) -> None:
        for name in list(thing.fields):
            self.put(thing, name, None)
        del self.things[thing.oid], self.of_type[thing.type][thing.oid]

    def put(self, thing: Thing, name: str, value: Any) -> None:
        attribute = self.types[thing.type].attributes.get(name)
        if attribute is not None and attribute.shape == "OBJECT":
            before = thing.fields.get(name)
            if before is not None:
                self._pointing.get((thing.type, name, before), {}).pop(thing.oid, None)
            if value is not None:
                self._pointing.setdefault((thing.type, name, value), {})[thing.oid] = thing
        thing.fields[name] = value

    def numbered(self, definition: TypeDef) -> str:
        number = self._formatted.get(definition.prefix, 0) + 1
        self._formatted[definition.prefix] = number
        return f"{definition.prefix}{number}"

    def definition(self, path: str) -> TypeDef:
        found = self.by_path.get("user" if path == "users" else path.lower())
        if found is None:
            raise Told(f"Not a valid object type: {path}")
        return found

    def thing(self, path: str, oid: str, actor: Thing) -> Thing:
        """By what stands in an address. `artifact` does for every kind of them."""
        found = self.things.get(int(oid)) if oid.lstrip("-").isdigit() else None
        if found is None:
            found = next((one for one in self.things.values() if one.uuid == oid), None)
        if found is None or not self._is(found, path) or not self.sees(actor, found):
            raise Told(_UNSEEN)
        return found

    def referred(self, ref: object, target: str) -> Thing:
        """What a reference in a body means."""
        text = str(ref.get("_ref", "")) if isinstance(ref, dict) else str(ref)
        parts = text.rstrip("/").split("/")
        found = self.things.get(int(parts[-1])) if parts[-1].isdigit() else None
        if found is None or not self._is(found, target):
            raise Told(f"Could not read: Could not read referenced object {parts[-1]}")
        return found

    def _is(self, thing: Thing, path: str) -> bool:
        if path.lower() == "artifact":
            return self.types[thing.type].artifact
        return thing.type.lower() == path.lower()

    def of(self, thing: Thing, collection: Attribute) -> list[Thing]:
        """What is in a collection."""
        if collection.derived:
            key = (collection.target, collection.derived, thing.oid)
            return sorted(self._pointing.get(key, {}).values(), key=lambda one: one.oid)
        return [
            self.things[oid]
            for oid in thing.fields.get(collection.name) or ()
            if oid in self.things
        ]

    # People

    @property
    def me(self) -> Thing:
        return self.person("tidegate@example.com")

    def person(self, user_name: str) -> Thing:
        return next(
            one for one in self.of_type["User"].values() if one.fields["UserName"] == user_name
        )

    def by_token(self, token: str) -> Thing | None:
        known = {
            self.config.token: "tidegate@example.com",
            self.config.limited_token: "limited@example.com",
            "alice-token": "alice@example.com",
            "bob-token": "bob@example.com",
        }
        for held, user_name in known.items():
            if hmac.compare_digest(held.encode(), token.encode("utf-8", "replace")):
                return self.person(user_name)
        return None

    def by_password(self, user_name: str, password: str) -> Thing | None:
        good = hmac.compare_digest(self.config.password.encode(), password.encode())
        return self.me if good and user_name == "tidegate@example.com" else None

    def writes(self, actor: Thing) -> bool:
        if actor.fields.get("SubscriptionAdmin"):
            return True
        held = self._pointing.get(("ProjectPermission", "User", actor.oid), {}).values()
        return any(one.fields["Role"] in ("Editor", "Project Admin") for one in held)

    def sees(self, actor: Thing, thing: Thing) -> bool:
        """The last project is closed to whoever has no role in it."""
        if actor.fields.get("SubscriptionAdmin"):
            return True
        project = thing.fields.get("Project") if thing.type != "Project" else thing.oid
        if project is None:
            return True
        held = self._pointing.get(("ProjectPermission", "User", actor.oid), {}).values()
        return any(one.fields["Project"] == project for one in held)

    # Queries

    def find(
        self, definitions: Iterable[TypeDef], text: str, actor: Thing, common: bool
    ) -> list[Thing]:
        """`common`: of several types at once, by attributes that all artifacts have."""
        definitions = tuple(definitions)
        expression = query.parse(text) if text.strip() else None
        things: Iterable[Thing] = (
            thing for one in definitions for thing in self.of_type[one.element].values()
        )
        if expression is not None:
            self._check(expression, definitions, common)
            only = query.object_id(expression)
            if only is not None:
                held = self.things.get(only)
                elements = {one.element for one in definitions}
                things = [held] if held is not None and held.type in elements else []
        return [
            thing
            for thing in things
            if (expression is None or query.holds(expression, self._reader(thing, common)))
            and self.sees(actor, thing)
        ]

    def _check(
        self, expression: query.Expression, definitions: tuple[TypeDef, ...], common: bool
    ) -> None:
        for field in query.fields(expression):
            first = field.partition(".")[0]
            if common and first not in catalogue.ARTIFACT_FIELDS:
                raise Told(
                    "Could not read: could not read all instances of class"
                    " com.f4tech.slm.domain.Artifact"
                )
            if not common and any(first not in one.attributes for one in definitions):
                raise Told(
                    f'Could not parse: Could not find the attribute "{first}" on type'
                    f" {definitions[0].element}."
                )

    def _reader(self, thing: Thing, common: bool) -> query.Read:
        def read(field: str) -> list[Any]:
            if common and field == "FormattedID":
                # Over several types only the number is compared: a query for DE1 finds US1 too.
                digits = thing.fields[field].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
                return [one.prefix + digits for one in self.types.values() if one.artifact]
            if field in _SCALARS:
                return [self.plain(thing, field)]
            return self.values(thing, field.split("."))

        return read

    def values(self, thing: Thing, path: list[str]) -> list[Any]:
        name, rest = path[0], path[1:]
        attribute = self.types[thing.type].attributes.get(name)
        if attribute is not None and attribute.shape == "COLLECTION":
            inside = self.of(thing, attribute)
            return [value for one in inside for value in self.values(one, rest or ["Name"])]
        held = self.plain(thing, name)
        if attribute is None or attribute.shape != "OBJECT" or held is None:
            return [held]
        other = self.things.get(held)
        if other is None:
            return [None]
        return self.values(other, rest) if rest else [f"/{other.type.lower()}/{other.oid}"]

    def plain(self, thing: Thing, name: str) -> Any:
        match name:
            case "ObjectID":
                return thing.oid
            case "ObjectUUID":
                return thing.uuid
            case "VersionId":
                return str(thing.version)
            case "CreationDate":
                return moment(thing.created)
            case "LastUpdateDate":
                return moment(thing.updated)
            case "Workspace":
                return next(iter(self.of_type["Workspace"]), None)
            case "Subscription":
                return next(iter(self.of_type["Subscription"]), None)
        return thing.fields.get(name)
