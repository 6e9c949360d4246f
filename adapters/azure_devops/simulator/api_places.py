"""Endpoints around work items: who am I, projects, types, people."""

from aiohttp import web

from adapters.azure_devops.simulator.process import STATES, SYNC, Person
from adapters.azure_devops.simulator.refusal import Refusal, answer
from adapters.azure_devops.simulator.state import State

_WINDOW = (("$skip", "0"), ("$top", "100"))
_COLOURS = {"Proposed": "b2b2b2", "InProgress": "007acc", "Resolved": "ff9d00"}


class PlaceApi:
    def __init__(self, state: State, base: str) -> None:
        self._state = state
        self._base = base

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/{collection}/_apis/connectionData", self.connection),
            web.get("/{collection}/_apis/projects", self.projects),
            web.get("/{collection}/_apis/projects/{project}", self.project),
            web.get("/{collection}/_apis/identities", self.people),
            web.get("/{collection}/{project}/_apis/wit/workitemtypes", self.types),
            web.get("/{collection}/{project}/_apis/wit/workitemtypes/{type}/states", self.states),
        ]

    async def connection(self, request: web.Request) -> web.Response:
        user = {"id": SYNC.id, "providerDisplayName": SYNC.name, "isActive": True}
        return answer({"authenticatedUser": user, "authorizedUser": user, "instanceId": SYNC.id})

    async def project(self, request: web.Request) -> web.Response:
        name = self._state.project(request.match_info["project"])
        return answer({"id": SYNC.id, "name": name, "state": "wellFormed"})

    async def projects(self, request: web.Request) -> web.Response:
        skip, top = (int(request.query.get(name, often)) for name, often in _WINDOW)
        names = self._state.projects[skip : skip + top]
        found = [{"id": SYNC.id, "name": name, "state": "wellFormed"} for name in names]
        return answer({"count": len(found), "value": found})

    async def people(self, request: web.Request) -> web.Response:
        wanted = request.query.get("filterValue", "").casefold()
        found = [
            _identity(one)
            for one in self._state.people
            if wanted in one.name.casefold() or wanted in one.unique_name.casefold()
        ]
        return answer({"count": len(found), "value": found})

    async def types(self, request: web.Request) -> web.Response:
        self._state.project(request.match_info["project"])
        found = [{"name": name, "referenceName": f"Microsoft.VSTS.{name}"} for name in STATES]
        return answer({"count": len(found), "value": found})

    async def states(self, request: web.Request) -> web.Response:
        self._state.project(request.match_info["project"])
        kind = request.match_info["type"]
        if kind not in STATES:
            raise Refusal(
                404, "WorkItemTypeNotFoundException", f"VS402323: Type {kind} does not exist."
            )
        found = [
            {"name": name, "color": _COLOURS.get(category, "339933"), "category": category}
            for name, category in STATES[kind]
        ]
        return answer({"count": len(found), "value": found})


def _identity(person: Person) -> dict[str, object]:
    text = "System.String"
    return {
        "id": person.id,
        "descriptor": f"Microsoft.IdentityModel.Claims.ClaimsIdentity;{person.unique_name}",
        "providerDisplayName": person.name,
        "isActive": True,
        "isContainer": False,
        "properties": {
            "Account": {"$type": text, "$value": person.unique_name},
            "Mail": {"$type": text, "$value": person.unique_name},
        },
    }
