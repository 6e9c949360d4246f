"""What a simulated Rally holds: objects with an id, a type and attributes."""

from typing import Any

import msgspec


class Told(Exception):
    """Errors that Rally tells inside a 200."""

    def __init__(self, *errors: str) -> None:
        super().__init__(*errors)
        self.errors = errors


class Thing(msgspec.Struct):
    oid: int
    uuid: str
    type: str
    created: int
    updated: int
    fields: dict[str, Any] = {}
    """By attribute: a plain value, the ObjectID of another thing, or a list of them."""
    version: int = 1

    @property
    def name(self) -> str:
        for key in ("Name", "DisplayName", "StringValue", "FormattedID"):
            if self.fields.get(key):
                return str(self.fields[key])
        return ""


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    shape: str
    """Rally's AttributeType."""
    label: str = ""
    target: str = ""
    """Of an OBJECT or COLLECTION: the type of what it refers to."""
    values: tuple[str, ...] = ()
    required: bool = False
    read_only: bool = False
    hidden: bool = False
    longest: int = 256
    inverse: str = ""
    """The collection on the other side that shows the same pairs."""
    derived: str = ""
    """Filled from the attribute of that name of `target`, which points here."""

    @property
    def custom(self) -> bool:
        return self.name.startswith("c_")


class TypeDef(msgspec.Struct, frozen=True, kw_only=True):
    element: str
    label: str
    prefix: str = ""
    artifact: bool = False
    attributes: dict[str, Attribute] = {}


class Happening(msgspec.Struct, frozen=True):
    """A change that webhooks tell of."""

    action: str
    thing: Thing
    actor: Thing
    changes: dict[str, tuple[Any, Any]]
    """Attribute -> before and after."""
    at: int
