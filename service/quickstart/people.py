"""The people of the two companies: they work in their own tracker, over its own API."""

import base64
from typing import Any, Protocol
from urllib.parse import quote

import aiohttp
import msgspec

PATCH = "application/json-patch+json"


class Seen(msgspec.Struct, frozen=True):
    """An issue as a person sees it."""

    key: str
    summary: str
    description: str
    status: str
    labels: tuple[str, ...]
    comments: tuple[str, ...]
    attachments: tuple[tuple[str, int], ...]
    """Names and sizes."""


class Person(Protocol):
    """Somebody at work in a tracker."""

    async def create(self, summary: str, description: str) -> str: ...
    async def rename(self, key: str, summary: str) -> None: ...
    async def move(self, key: str, status: str) -> None: ...
    async def label(self, key: str, label: str) -> None: ...
    async def comment(self, key: str, text: str) -> None: ...
    async def attach(self, key: str, name: str, content: bytes) -> None: ...
    async def look(self, key: str) -> Seen: ...
    async def keys(self) -> list[str]: ...
    async def fetch(self, key: str, name: str) -> bytes: ...


class _Visitor:
    def __init__(self, url: str, project: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._project = project
        self._session = session

    async def _ask(self, method: str, path: str, **given: Any) -> Any:
        url = path if path.startswith("http") else self._url + path
        async with self._session.request(method, url, **given) as answer:
            body = await answer.read()
            if answer.status >= 400:
                raise RuntimeError(f"{method} {url}: {answer.status} {body[:500]!r}")
            if not body or "json" not in answer.content_type:
                return body
            return msgspec.json.decode(body)


class JiraPerson(_Visitor):
    @classmethod
    def at(cls, url: str, project: str, token: str) -> "JiraPerson":
        headers = {"Authorization": f"Bearer {token}"}
        return cls(url, project, aiohttp.ClientSession(headers=headers))

    async def close(self) -> None:
        await self._session.close()

    async def create(self, summary: str, description: str) -> str:
        fields = {
            "project": {"key": self._project},
            "issuetype": {"name": "Bug"},
            "summary": summary,
            "description": description,
        }
        made = await self._ask("POST", "/rest/api/2/issue", json={"fields": fields})
        return str(made["key"])

    async def rename(self, key: str, summary: str) -> None:
        await self._ask("PUT", f"/rest/api/2/issue/{key}", json={"fields": {"summary": summary}})

    async def move(self, key: str, status: str) -> None:
        path = f"/rest/api/2/issue/{key}/transitions"
        offered = (await self._ask("GET", path))["transitions"]
        chosen = next(t for t in offered if t["to"]["name"] == status)
        await self._ask("POST", path, json={"transition": {"id": chosen["id"]}})

    async def label(self, key: str, label: str) -> None:
        update = {"update": {"labels": [{"add": label}]}}
        await self._ask("PUT", f"/rest/api/2/issue/{key}", json=update)

    async def comment(self, key: str, text: str) -> None:
        await self._ask("POST", f"/rest/api/2/issue/{key}/comment", json={"body": text})

    async def attach(self, key: str, name: str, content: bytes) -> None:
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("file", content, filename=name)
        await self._ask(
            "POST",
            f"/rest/api/2/issue/{key}/attachments",
            data=form,
            headers={"X-Atlassian-Token": "no-check"},
        )

    async def look(self, key: str) -> Seen:
        issue = await self._ask("GET", f"/rest/api/2/issue/{key}")
        fields = issue["fields"]
        return Seen(
            key=issue["key"],
            summary=fields["summary"],
            description=fields["description"] or "",
            status=fields["status"]["name"],
            labels=tuple(fields["labels"]),
            comments=tuple(c["body"] for c in fields["comment"]["comments"]),
            attachments=tuple((a["filename"], a["size"]) for a in fields["attachment"]),
        )

    async def keys(self) -> list[str]:
        jql = quote(f"project = {self._project} ORDER BY key")
        found = await self._ask("GET", f"/rest/api/2/search?jql={jql}&fields=summary")
        return [issue["key"] for issue in found["issues"]]

    async def fetch(self, key: str, name: str) -> bytes:
        issue = await self._ask("GET", f"/rest/api/2/issue/{key}")
        file = next(a for a in issue["fields"]["attachment"] if a["filename"] == name)
        async with self._session.get(file["content"]) as answer:
            return await answer.read()


class AzureDevOpsPerson(_Visitor):
    @classmethod
    def at(cls, url: str, project: str, token: str) -> "AzureDevOpsPerson":
        basic = base64.b64encode(f":{token}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}"}
        return cls(url, project, aiohttp.ClientSession(headers=headers))

    async def close(self) -> None:
        await self._session.close()

    def _item(self, key: str, query: str = "") -> str:
        return f"/_apis/wit/workitems/{key}?api-version=7.1{query}"

    async def _patch(self, path: str, method: str, operations: list[dict[str, Any]]) -> Any:
        body = msgspec.json.encode(operations)
        return await self._ask(method, path, data=body, headers={"Content-Type": PATCH})

    async def _set(self, key: str, field: str, value: str) -> None:
        operation = {"op": "add", "path": f"/fields/{field}", "value": value}
        await self._patch(self._item(key), "PATCH", [operation])

    async def create(self, summary: str, description: str) -> str:
        made = await self._patch(
            f"/{self._project}/_apis/wit/workitems/$Task?api-version=7.1",
            "POST",
            [
                {"op": "add", "path": "/fields/System.Title", "value": summary},
                {"op": "add", "path": "/fields/System.Description", "value": description},
            ],
        )
        return str(made["id"])

    async def rename(self, key: str, summary: str) -> None:
        await self._set(key, "System.Title", summary)

    async def move(self, key: str, status: str) -> None:
        await self._set(key, "System.State", status)

    async def label(self, key: str, label: str) -> None:
        seen = await self.look(key)
        await self._set(key, "System.Tags", "; ".join((*seen.labels, label)))

    async def comment(self, key: str, text: str) -> None:
        path = f"/{self._project}/_apis/wit/workItems/{key}/comments?api-version=7.1-preview.4"
        await self._ask("POST", path, json={"text": text})

    async def attach(self, key: str, name: str, content: bytes) -> None:
        path = f"/_apis/wit/attachments?fileName={quote(name)}&api-version=7.1"
        headers = {"Content-Type": "application/octet-stream"}
        stored = await self._ask("POST", path, data=content, headers=headers)
        relation = {
            "rel": "AttachedFile",
            "url": stored["url"],
            "attributes": {"name": name, "resourceSize": len(content)},
        }
        operation = {"op": "add", "path": "/relations/-", "value": relation}
        await self._patch(self._item(key), "PATCH", [operation])

    async def look(self, key: str) -> Seen:
        item = await self._ask("GET", self._item(key, "&$expand=all"))
        fields = item["fields"]
        path = f"/{self._project}/_apis/wit/workItems/{key}/comments?api-version=7.1-preview.4"
        comments = (await self._ask("GET", path))["comments"]
        tags = fields.get("System.Tags", "")
        description = fields.get("System.Description") or fields.get(
            "Microsoft.VSTS.TCM.ReproSteps", ""
        )
        return Seen(
            key=str(item["id"]),
            summary=fields["System.Title"],
            description=description,
            status=fields["System.State"],
            labels=tuple(t.strip() for t in tags.split(";") if t.strip()),
            comments=tuple(c["text"] for c in comments),
            attachments=tuple(
                (r["attributes"]["name"], r["attributes"].get("resourceSize", 0))
                for r in item.get("relations") or ()
                if r["rel"] == "AttachedFile"
            ),
        )

    async def keys(self) -> list[str]:
        query = {"query": "SELECT [System.Id] FROM WorkItems ORDER BY [System.Id]"}
        path = f"/{self._project}/_apis/wit/wiql?api-version=7.1"
        found = await self._ask("POST", path, json=query)
        return [str(item["id"]) for item in found["workItems"]]

    async def fetch(self, key: str, name: str) -> bytes:
        item = await self._ask("GET", self._item(key, "&$expand=all"))
        file = next(
            r
            for r in item["relations"]
            if r["rel"] == "AttachedFile" and r["attributes"]["name"] == name
        )
        async with self._session.get(file["url"], params={"api-version": "7.1"}) as answer:
            return await answer.read()
