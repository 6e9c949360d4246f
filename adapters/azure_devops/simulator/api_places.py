"""Endpoints around work items: who am I, projects, people."""

from uuid import NAMESPACE_URL, uuid5

from aiohttp import web

from adapters.azure_devops.simulator.process import SYNC, Person
from adapters.azure_devops.simulator.refusal import answer
from adapters.azure_devops.simulator.state import State

_WINDOW = (("$skip", "0"), ("$top", "100"))


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
        ]

    async def connection(self, request: web.Request) -> web.Response:
        user = {"id": SYNC.id, "providerDisplayName": SYNC.name, "isActive": True}
        return answer({"authenticatedUser": user, "authorizedUser": user, "instanceId": SYNC.id})

    async def project(self, request: web.Request) -> web.Response:
        name = self._state.project(request.match_info["project"])
        return answer(_project(name))

    async def projects(self, request: web.Request) -> web.Response:
        skip, top = (int(request.query.get(name, often)) for name, often in _WINDOW)
        names = self._state.projects[skip : skip + top]
        found = [_project(name) for name in names]
        return answer({"count": len(found), "value": found})

    async def people(self, request: web.Request) -> web.Response:
        wanted = request.query.get("filterValue", "").casefold()
        found = [
            _identity(one)
            for one in self._state.people
            if wanted in one.name.casefold() or wanted in one.unique_name.casefold()
        ]
        return answer({"count": len(found), "value": found})


def project_id(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


def _project(name: str) -> dict[str, str]:
    return {"id": project_id(name), "name": name, "state": "wellFormed"}


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
