"""The JSON of a simulated Rally: the envelope, objects as deep as they were fetched."""

from typing import Any

from adapters.rally.simulator.model import Attribute, Thing, TypeDef
from adapters.rally.simulator.state import State

API = "/slm/webservice/v2.0"
_HEAD = {"_rallyAPIMajor": "2", "_rallyAPIMinor": "0"}
_TOLD_ALONG = frozenset({"Tag", "Milestone", "AllowedAttributeValue"})

Fetch = frozenset[str] | bool
"""Names of attributes, all of them, or the reference alone."""


def fetch_of(text: str | None) -> Fetch:
    words = (text or "").strip().strip('"')
    if words.lower() in ("", "false"):
        return False
    if words.lower() == "true":
        return True
    return frozenset(word.strip().partition("[")[0] for word in words.split(","))


class Shapes:
    def __init__(self, state: State, site: str) -> None:
        self._state = state
        self._api = site + API

    def ref(self, thing: Thing) -> str:
        return f"{self._api}/{thing.type.lower()}/{thing.oid}"

    def item(self, thing: Thing, fetch: Fetch, *, inside: bool = False) -> dict[str, Any]:
        definition = self._state.types[thing.type]
        shown = self.head(thing)
        if fetch is False:
            return shown
        if not inside and fetch is True:
            shown["CreationDate"] = self._state.plain(thing, "CreationDate")
        for attribute in definition.attributes.values():
            if fetch is True or attribute.name in fetch:
                hidden = attribute.shape == "BINARY_DATA" and fetch is True and inside
                if not hidden:
                    shown[attribute.name] = self.value(thing, attribute, fetch, inside)
        return shown

    def head(self, thing: Thing) -> dict[str, Any]:
        return {
            **_HEAD,
            "_ref": self.ref(thing),
            "_refObjectUUID": thing.uuid,
            "_objectVersion": str(thing.version),
            "_refObjectName": thing.name,
            "_type": thing.type,
        }

    def value(self, thing: Thing, attribute: Attribute, fetch: Fetch, inside: bool) -> Any:
        if attribute.shape == "COLLECTION":
            return self.collection(thing, attribute)
        held = self._state.plain(thing, attribute.name)
        if attribute.shape == "TEXT":
            return held or ""
        if attribute.shape != "OBJECT" or held is None:
            return held
        other = self._state.things.get(held)
        if other is None:
            return None
        if inside or fetch is True:
            head = self.head(other)
            del head["_objectVersion"]
            return head
        return self.item(other, fetch, inside=True)

    def collection(self, thing: Thing, attribute: Attribute) -> dict[str, Any]:
        inside = self._state.of(thing, attribute)
        shown: dict[str, Any] = {
            **_HEAD,
            "_ref": f"{self.ref(thing)}/{attribute.name}",
            "_type": attribute.target,
            "Count": len(inside),
        }
        if attribute.target in _TOLD_ALONG and attribute.name != "AllowedValues":
            shown["_tagsNameArray"] = [
                {"Name": one.name, "_ref": f"/{one.type.lower()}/{one.oid}"} for one in inside
            ]
        return shown

    def page(
        self, things: list[Thing], fetch: Fetch, start: int, size: int, errors: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        rows = things[start - 1 : start - 1 + size]
        return {
            "QueryResult": {
                **_HEAD,
                "Errors": list(errors),
                "Warnings": [],
                "TotalResultCount": len(things),
                "StartIndex": start,
                "PageSize": size,
                "Results": [self.item(thing, fetch) for thing in rows],
            }
        }

    def single(self, thing: Thing, fetch: Fetch) -> dict[str, Any]:
        shown = self.item(thing, True if fetch is False else fetch)
        return {thing.type: {**shown, "Errors": [], "Warnings": []}}

    def created(self, thing: Thing, fetch: Fetch, warnings: list[str]) -> dict[str, Any]:
        shown = {**self.item(thing, fetch), "_CreatedAt": "just now"}
        return {"CreateResult": {**_HEAD, "Errors": [], "Warnings": warnings, "Object": shown}}

    def done(self, warnings: list[str], **more: Any) -> dict[str, Any]:
        return {"OperationResult": {**_HEAD, "Errors": [], "Warnings": warnings, **more}}

    def schema(self, definition: TypeDef) -> dict[str, Any]:
        """A type as the schema's own address tells it, with everything inside."""
        thing = next(
            one
            for one in self._state.of_type["TypeDefinition"].values()
            if one.fields["ElementName"] == definition.element
        )
        attributes = self._state.types["TypeDefinition"].attributes["Attributes"]
        return {
            **self.item(thing, True),
            "Abstract": False,
            "Parent": None,
            "Creatable": True,
            "ReadOnly": False,
            "Queryable": True,
            "Deletable": True,
            "Restorable": definition.artifact,
            "Ordinal": -1,
            "RevisionHistory": None,
            "Attributes": [self._attribute(one) for one in self._state.of(thing, attributes)],
        }

    def _attribute(self, thing: Thing) -> dict[str, Any]:
        allowed = self._state.types["AttributeDefinition"].attributes["AllowedValues"]
        values = self._state.of(thing, allowed)
        return {
            **self.item(thing, True),
            "AllowedValues": [
                {"StringValue": one.name, "LocalizedStringValue": one.name} for one in values
            ],
        }


def told(errors: tuple[str, ...], envelope: str) -> dict[str, Any]:
    result: dict[str, Any] = {**_HEAD, "Errors": list(errors), "Warnings": []}
    if envelope == "QueryResult":
        result |= {"TotalResultCount": 0, "StartIndex": 0, "PageSize": 0, "Results": []}
    return {envelope: result}
