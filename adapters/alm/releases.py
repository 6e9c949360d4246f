"""Releases, which ALM keeps by number and people know by name."""

from adapters.alm import errors, query
from adapters.alm.client import AlmClient
from schemas.errors import Fault

_MOST = "2000"


async def releases(client: AlmClient) -> dict[str, str]:
    """Name -> id."""
    asked = {"fields": "id,name", "page-size": _MOST, "order-by": query.order("id")}
    found = await client.many("/releases", asked, what="list the releases")
    return {item.text("name"): item.id for item in reversed(found.items)}


async def release_id(client: AlmClient, field: str, name: str) -> str:
    asked = {"query": query.statement({"name": query.equals(name)}), "fields": "id,name"}
    found = await client.many("/releases", asked, what="look for a release")
    for item in found.items:
        if item.text("name") == name:
            return item.id
    raise errors.refused(
        Fault.VALIDATION,
        f"The ALM project has no release {name!r}.",
        remedy="Make it in ALM's module Releases, or map the value to one that is there.",
        field=field,
    )
