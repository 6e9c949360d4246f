"""People whose issues are larger than those of the tour."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote

import aiohttp

from service.quickstart.people import AzureDevOpsPerson, JiraPerson

BLOCK = 1 << 20


class Alice(JiraPerson):
    """Works in the private company's Jira."""

    async def describe(self, key: str, text: str) -> None:
        fields = {"fields": {"description": text}}
        await self._ask("PUT", f"/rest/api/2/issue/{key}", json=fields)

    async def comments(self, key: str) -> list[str]:
        found: list[str] = []
        while True:
            path = f"/rest/api/2/issue/{key}/comment?startAt={len(found)}&maxResults=1000"
            page = await self._ask("GET", path)
            found += [comment["body"] for comment in page["comments"]]
            if not page["comments"] or len(found) >= page["total"]:
                return found

    async def summaries(self) -> dict[str, str]:
        """Of all issues, by key."""
        jql = quote(f"project = {self._project} ORDER BY key")
        found: dict[str, str] = {}
        while True:
            path = f"/rest/api/2/search?jql={jql}&fields=summary&startAt={len(found)}"
            page = await self._ask("GET", f"{path}&maxResults=100")
            found |= {issue["key"]: issue["fields"]["summary"] for issue in page["issues"]}
            if not page["issues"] or len(found) >= page["total"]:
                return found

    async def attach_large(self, key: str, name: str, size: int) -> None:
        form = aiohttp.MultipartWriter("form-data")
        part = form.append(blocks(size), {"Content-Type": "application/octet-stream"})
        part.set_content_disposition("form-data", name="file", filename=name)
        headers = {"X-Atlassian-Token": "no-check"}
        path = f"/rest/api/2/issue/{key}/attachments"
        await self._ask("POST", path, data=form, headers=headers)

    async def fingerprint(self, key: str, name: str) -> tuple[int, str]:
        issue = await self._ask("GET", f"/rest/api/2/issue/{key}")
        file = next(a for a in issue["fields"]["attachment"] if a["filename"] == name)
        return await _fingerprint(self._session, file["content"])


class Bob(AzureDevOpsPerson):
    """Works in the public company's Azure DevOps."""

    async def describe(self, key: str, text: str) -> None:
        """A bug has no description: what people call so is its steps to reproduce."""
        fields = (await self._ask("GET", self._item(key)))["fields"]
        bug = fields["System.WorkItemType"] == "Bug"
        await self._set(key, "Microsoft.VSTS.TCM.ReproSteps" if bug else "System.Description", text)

    async def comments(self, key: str) -> list[str]:
        path = f"/{self._project}/_apis/wit/workItems/{key}/comments"
        query: dict[str, Any] = {"api-version": "7.1-preview.4", "$top": "200", "order": "asc"}
        found: list[str] = []
        while True:
            page = await self._ask("GET", path, params=query)
            found += [comment["text"] for comment in page["comments"]]
            if not page.get("continuationToken"):
                return found
            query["continuationToken"] = page["continuationToken"]

    async def attach_large(self, key: str, name: str, size: int) -> None:
        """In one piece: the simulator has no limit for it."""
        path = f"/_apis/wit/attachments?fileName={quote(name)}&api-version=7.1"
        headers = {"Content-Type": "application/octet-stream"}
        stored = await self._ask("POST", path, data=blocks(size), headers=headers)
        attributes = {"name": name, "resourceSize": size}
        relation = {"rel": "AttachedFile", "url": stored["url"], "attributes": attributes}
        operation = {"op": "add", "path": "/relations/-", "value": relation}
        await self._patch(self._item(key), "PATCH", [operation])

    async def fingerprint(self, key: str, name: str) -> tuple[int, str]:
        item = await self._ask("GET", self._item(key, "&$expand=all"))
        url = next(r["url"] for r in item["relations"] if r["attributes"].get("name") == name)
        return await _fingerprint(self._session, url, {"api-version": "7.1"})


def plain_blocks(size: int) -> Iterator[bytes]:
    """Each block differs from the others, so that one lost, doubled or swapped is seen."""
    for start in range(0, size, BLOCK):
        stamp = start.to_bytes(8)
        yield (stamp * (BLOCK // len(stamp)))[: min(BLOCK, size - start)]


async def blocks(size: int) -> AsyncIterator[bytes]:
    for block in plain_blocks(size):
        yield block


def expected_fingerprint(size: int) -> tuple[int, str]:
    digest = hashlib.sha256()
    for block in plain_blocks(size):
        digest.update(block)
    return size, digest.hexdigest()


async def _fingerprint(
    session: aiohttp.ClientSession, url: str, query: dict[str, str] | None = None
) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    async with session.get(url, params=query) as answer:
        answer.raise_for_status()
        async for block in answer.content.iter_chunked(BLOCK):
            size += len(block)
            digest.update(block)
    return size, digest.hexdigest()
