"""Where each resource is, as client libraries ask before anything else."""

from typing import Any

from aiohttp import web

from adapters.azure_devops.simulator.refusal import answer

_WIT = "_apis/{area}/{resource}"
_ITEM = "{project}/_apis/{area}/workItems"
_TYPE = "{project}/_apis/{area}/workitemtypes/{type}/{resource}"
_PLACES = (
    ("e81700f7-3be2-46de-8624-2eb35882fcaa", "Location", "resourceAreas", "_apis/{resource}", 1),
    (
        "603fe2ac-9723-48b9-88ad-09305aa6c6e1",
        "core",
        "projects",
        "_apis/{resource}/{*projectId}",
        4,
    ),
    ("fc50d02a-849f-41fb-8af1-0a5216103269", "hooks", "subscriptions", _WIT + "/{id}", 1),
    (
        "62d3d110-0047-428c-ad3c-4fe872c91c74",
        "wit",
        "workitems",
        "{project}/" + _WIT + "/${type}",
        3,
    ),
    ("72c7ddf8-2cdc-4f60-90cd-ab71c14a399b", "wit", "workitems", "{project}/" + _WIT + "/{id}", 3),
    ("908509b6-4248-4475-a1cd-829139ba419f", "wit", "workitemsbatch", "{project}/" + _WIT, 1),
    ("1a9c53f7-f243-4447-b110-35ef023636e4", "wit", "wiql", "{project}/" + _WIT, 2),
    (
        "608aac0a-32e1-4493-a863-b9cf4566d257",
        "wit",
        "comments",
        _ITEM + "/{workItemId}/{resource}/{commentId}",
        4,
    ),
    (
        "6570bf97-d02c-4a91-8d93-3abe9895b1a9",
        "wit",
        "updates",
        "_apis/{area}/workItems/{id}/{resource}",
        3,
    ),
    (
        "e07b5fa4-1499-494d-a496-64b860fd64ff",
        "wit",
        "attachments",
        "{project}/" + _WIT + "/{id}",
        3,
    ),
    (
        "7c8d7a76-4a09-43e8-b5df-bd792f4ac6aa",
        "wit",
        "workitemtypes",
        "{project}/" + _WIT + "/{type}",
        2,
    ),
    ("7c9d7a76-4a09-43e8-b5df-bd792f4ac6aa", "wit", "states", _TYPE, 1),
    ("bd293ce5-3d25-4192-8e67-e8092e879efb", "wit", "fields", _TYPE, 3),
    (
        "b51fd764-e5c2-4b9b-aaf7-3395cf4bdd94",
        "wit",
        "fields",
        "{project}/" + _WIT + "/{fieldNameOrRefName}",
        3,
    ),
    ("f5d33bc9-5b49-4a3c-a9bd-f3cd46dd2165", "wit", "workitemrelationtypes", _WIT, 2),
    ("a70579d1-f53a-48ee-a5be-7be8659023b9", "wit", "classificationnodes", "{project}/" + _WIT, 2),
    (
        "f828fe59-dd87-495d-a17c-7a8d6211ca6c",
        "wit",
        "workitemrevisions",
        "{project}/_apis/{area}/reporting/{resource}",
        2,
    ),
    (
        "b5b5b6d0-0308-40a1-b3f4-b9bb3c66878f",
        "wit",
        "workitemlinks",
        "{project}/_apis/{area}/reporting/{resource}",
        3,
    ),
)
"""Id, area, resource, route and version of each."""


class LocationApi:
    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.options("/{collection}/_apis", self.locations),
            web.get("/{collection}/_apis/resourceAreas", self.areas),
        ]

    async def locations(self, request: web.Request) -> web.Response:
        found = [_location(*place) for place in _PLACES]
        return answer({"count": len(found), "value": found})

    async def areas(self, request: web.Request) -> web.Response:
        """None, as on a server of one's own: everything is below the collection."""
        return answer({"count": 0, "value": []})


def _location(id_: str, area: str, resource: str, route: str, version: int) -> dict[str, Any]:
    return {
        "id": id_,
        "area": area,
        "resourceName": resource,
        "routeTemplate": route,
        "resourceVersion": version,
        "minVersion": 1.0,
        "maxVersion": 7.1,
        "releasedVersion": "7.1",
    }
