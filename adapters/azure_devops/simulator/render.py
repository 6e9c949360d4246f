"""The state as Azure DevOps' JSON."""

from typing import Any
from urllib.parse import quote

from adapters.azure_devops.simulator.blobs import Blob
from adapters.azure_devops.simulator.process import Person
from adapters.azure_devops.simulator.state import (
    CommentRecord,
    Item,
    LinkEntry,
    Update,
    target_of,
)


def identity(person: Person, base: str) -> dict[str, Any]:
    return {
        "displayName": person.name,
        "url": f"{base}/_apis/Identities/{person.id}",
        "_links": {"avatar": {"href": f"{base}/_apis/GraphProfile/MemberAvatars/{person.id}"}},
        "id": person.id,
        "uniqueName": person.unique_name,
        "imageUrl": f"{base}/_api/_common/identityImage?id={person.id}",
        "descriptor": f"aad.{person.id}",
    }


def value(raw: Any, base: str) -> Any:
    return identity(raw, base) if isinstance(raw, Person) else raw


def fields(item: Item, base: str) -> dict[str, Any]:
    shown = {name: value(raw, base) for name, raw in item.fields.items()}
    parent = next((r for r in item.relations if r["rel"].endswith("Hierarchy-Reverse")), None)
    if parent is not None:
        shown["System.Parent"] = target_of(parent["url"])
    return shown


def item_url(item: Item, base: str) -> str:
    return f"{base}/_apis/wit/workItems/{item.id}"


def page_url(item: Item, base: str) -> str:
    return f"{base}/{quote(item.project, safe='')}/_workitems/edit/{item.id}"


def links(item: Item, base: str) -> dict[str, Any]:
    url = item_url(item, base)
    return {
        "self": {"href": url},
        "workItemUpdates": {"href": f"{url}/updates"},
        "workItemRevisions": {"href": f"{url}/revisions"},
        "html": {"href": page_url(item, base)},
        "fields": {"href": f"{base}/_apis/wit/fields"},
    }


def work_item(
    item: Item, base: str, expand: str = "none", only: list[str] | None = None
) -> dict[str, Any]:
    shown = fields(item, base)
    if only is not None:
        shown = {name: shown[name] for name in only if name in shown}
    body: dict[str, Any] = {"id": item.id, "rev": item.rev, "fields": shown}
    formats = {name: format_ for name, format_ in item.formats.items() if name in shown}
    if formats:
        body["multilineFieldsFormat"] = formats
    if expand in ("relations", "all") and item.relations:
        body["relations"] = item.relations
    if expand in ("links", "all", "none"):
        body["_links"] = links(item, base)
    body["url"] = item_url(item, base)
    return body


def comment(item: Item, record: CommentRecord, base: str) -> dict[str, Any]:
    body = {
        "workItemId": item.id,
        "id": record.id,
        "version": record.version,
        "text": record.text,
        "createdBy": identity(record.author, base),
        "createdDate": record.created,
        "modifiedBy": identity(record.author, base),
        "modifiedDate": record.modified,
        "format": record.format,
        "url": f"{item_url(item, base)}/comments/{record.id}",
    }
    if record.deleted:
        body["isDeleted"] = True
    return body


def update(item: Item, one: Update, base: str) -> dict[str, Any]:
    """As the history lists it; service hooks use the same shape as their resource."""
    body: dict[str, Any] = {
        "id": one.id,
        "workItemId": item.id,
        "rev": one.rev,
        "revisedBy": identity(one.by, base),
        "revisedDate": one.at,
        "url": f"{item_url(item, base)}/updates/{one.id}",
    }
    if one.fields:
        body["fields"] = {
            name: {key: value(raw, base) for key, raw in change.items()}
            for name, change in one.fields.items()
        }
    if one.relations:
        body["relations"] = one.relations
    return body


def attachment(blob: Blob, base: str) -> dict[str, Any]:
    name = quote(blob.filename, safe="")
    return {"id": blob.id, "url": f"{base}/_apis/wit/attachments/{blob.id}?fileName={name}"}


def link(entry: LinkEntry) -> dict[str, Any]:
    return {
        "rel": entry.rel,
        "attributes": {
            "sourceId": entry.source,
            "targetId": entry.target,
            "isActive": entry.active,
            "changedDate": entry.at,
        },
    }
