"""Endpoints of what a project knows: types, states, fields, links, areas and iterations."""

from collections.abc import Iterable
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from aiohttp import web

from adapters.azure_devops.simulator.process import (
    FIELDS,
    HIDDEN,
    OPPOSITE,
    RELATION_NAMES,
    STATES,
    Field,
    fields_of,
)
from adapters.azure_devops.simulator.refusal import Refusal, answer
from adapters.azure_devops.simulator.state import State

_COLOURS = {"Proposed": "b2b2b2", "InProgress": "007acc", "Resolved": "ff9d00"}
_PEOPLE = "identity"


class ProcessApi:
    def __init__(self, state: State, base: str) -> None:
        self._state = state
        self._base = base

    def routes(self) -> list[web.AbstractRouteDef]:
        routes: list[web.AbstractRouteDef] = []
        for root in ("/{collection}", "/{collection}/{project}"):
            routes.append(web.get(root + "/_apis/wit/fields", self.fields))
            routes.append(web.get(root + "/_apis/wit/fields/{field}", self.field))
        types = "/{collection}/{project}/_apis/wit/workitemtypes"
        return [
            *routes,
            web.get("/{collection}/_apis/wit/workitemrelationtypes", self.relation_types),
            web.get("/{collection}/{project}/_apis/wit/classificationnodes", self.nodes),
            web.get(types.replace("types", "typecategories") + "/{category}", self.category),
            web.get(types, self.types),
            web.get(types + "/{type}", self.type),
            web.get(types + "/{type}/states", self.states),
            web.get(types + "/{type}/fields", self.type_fields),
        ]

    async def fields(self, request: web.Request) -> web.Response:
        return _listed(self._definition(name, one) for name, one in FIELDS.items())

    async def field(self, request: web.Request) -> web.Response:
        wanted = request.match_info["field"].casefold()
        for name, one in FIELDS.items():
            if wanted in (name.casefold(), one.label.casefold()):
                return answer(self._definition(name, one))
        raise Refusal(
            404, "WorkItemFieldNotFoundException", f"TF51535: Cannot find field {wanted}."
        )

    async def relation_types(self, request: web.Request) -> web.Response:
        return _listed(self._relation_type(rel, name) for rel, name in RELATION_NAMES.items())

    async def nodes(self, request: web.Request) -> web.Response:
        project = self._state.project(request.match_info["project"])
        depth = int(request.query.get("$depth", "0"))
        return _listed(
            self._tree(kind, paths, project, depth)
            for kind, paths in (("area", self._state.areas), ("iteration", self._state.iterations))
        )

    async def types(self, request: web.Request) -> web.Response:
        self._state.project(request.match_info["project"])
        return _listed(self._type(kind) for kind in (*STATES, *HIDDEN))

    async def category(self, request: web.Request) -> web.Response:
        self._state.project(request.match_info["project"])
        name = request.match_info["category"]
        if name != "Microsoft.HiddenCategory":
            raise Refusal(
                404, "WorkItemTypeCategoryNotFoundException", f"VS402324: No category {name}."
            )
        url = f"{self._base}/_apis/wit/workItemTypes"
        types = [{"name": kind, "url": f"{url}/{kind.replace(' ', '%20')}"} for kind in HIDDEN]
        body = {"name": "Hidden Types Category", "referenceName": name, "workItemTypes": types}
        return answer(body | {"url": f"{self._base}/_apis/wit/workItemTypeCategories/{name}"})

    async def type(self, request: web.Request) -> web.Response:
        return answer(self._type(self._kind(request)))

    async def states(self, request: web.Request) -> web.Response:
        return _listed(_states(self._kind(request)))

    async def type_fields(self, request: web.Request) -> web.Response:
        kind = self._kind(request)
        expand = request.query.get("$expand", "none").lower()
        return _listed(
            self._instance(kind, name, one, expand in ("allowedvalues", "all"))
            for name, one in fields_of(kind).items()
        )

    def _kind(self, request: web.Request) -> str:
        self._state.project(request.match_info["project"])
        wanted = request.match_info["type"]
        for kind in STATES:
            if kind.casefold() == wanted.casefold():
                return kind
        raise Refusal(
            404, "WorkItemTypeNotFoundException", f"VS402323: Type {wanted} does not exist."
        )

    def _type(self, kind: str) -> dict[str, Any]:
        fields = [self._instance(kind, name, one, False) for name, one in fields_of(kind).items()]
        return {
            "name": kind,
            "referenceName": f"Microsoft.VSTS.WorkItemTypes.{kind.replace(' ', '')}",
            "description": kind,
            "color": "CC293D",
            "isDisabled": False,
            "fields": fields,
            "fieldInstances": fields,
            "states": _states(kind),
            "url": f"{self._base}/_apis/wit/workItemTypes/{kind.replace(' ', '%20')}",
        }

    def _definition(self, name: str, field: Field) -> dict[str, Any]:
        picklist = field.type == "picklistString"
        kind = {"tags": "plainText", "picklistString": "string", _PEOPLE: "string"}
        body: dict[str, Any] = {
            "name": field.label,
            "referenceName": name,
            "type": kind.get(field.type, field.type),
            "usage": "workItem",
            "readOnly": field.read_only,
            "canSortBy": True,
            "isQueryable": True,
            "isIdentity": field.type == _PEOPLE,
            "isPicklist": picklist,
            "isPicklistSuggested": False,
            "supportedOperations": [],
            "url": f"{self._base}/_apis/wit/fields/{name}",
        }
        if picklist:
            body["picklistId"] = str(uuid5(NAMESPACE_URL, name))
        return body

    def _instance(self, kind: str, name: str, field: Field, values: bool) -> dict[str, Any]:
        body: dict[str, Any] = {
            "name": field.label,
            "referenceName": name,
            "alwaysRequired": name == "System.Title",
            "helpText": "",
            "dependentFields": [],
            "url": f"{self._base}/_apis/wit/fields/{name}",
        }
        if values:
            stated = [state["name"] for state in _states(kind)]
            body["allowedValues"] = stated if name == "System.State" else list(field.values)
            body["defaultValue"] = None
        return body

    def _relation_type(self, rel: str, name: str) -> dict[str, Any]:
        link = rel in OPPOSITE
        attributes: dict[str, Any] = {"usage": "workItemLink" if link else "resourceLink"}
        attributes |= {"editable": False, "enabled": True, "acyclic": False, "directional": link}
        if link:
            attributes |= {"oppositeEndReferenceName": OPPOSITE[rel], "singleTarget": False}
        return {
            "referenceName": rel,
            "name": name,
            "attributes": attributes,
            "url": f"{self._base}/_apis/wit/workItemRelationTypes/{rel}",
        }

    def _tree(self, kind: str, paths: list[str], project: str, depth: int) -> dict[str, Any]:
        own = [path for path in paths if path == project or path.startswith(project + "\\")]
        return self._node(kind, project, own, depth)

    def _node(self, kind: str, path: str, paths: list[str], depth: int) -> dict[str, Any]:
        below = [one for one in paths if one.rpartition("\\")[0] == path]
        project, _, rest = path.partition("\\")
        body: dict[str, Any] = {
            "id": sum(path.encode()),
            "identifier": str(uuid5(NAMESPACE_URL, f"{kind} {path}")),
            "name": path.rpartition("\\")[2],
            "structureType": kind,
            "hasChildren": bool(below),
            "path": "\\".join(("", project, kind.capitalize(), *([rest] if rest else []))),
            "url": f"{self._base}/_apis/wit/classificationNodes/{kind}s",
        }
        if below and depth > 0:
            body["children"] = [self._node(kind, one, paths, depth - 1) for one in below]
        return body


def _states(kind: str) -> list[dict[str, str]]:
    return [
        {"name": name, "color": _COLOURS.get(category, "339933"), "category": category}
        for name, category in STATES.get(kind, ())
    ]


def _listed(found: Iterable[Any]) -> web.Response:
    value = list(found)
    return answer({"count": len(value), "value": value})
