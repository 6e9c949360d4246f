"""People who also change their mind: they edit and delete what they wrote."""

from typing import Any, Protocol

import msgspec

from service.quickstart.people import AzureDevOpsPerson, JiraPerson


class Colleague(Protocol):
    """Somebody at work in one of the two trackers; `key` is an issue there."""

    async def create(self, summary: str, description: str) -> str: ...
    async def rename(self, key: str, summary: str) -> None: ...
    async def moves(self, key: str) -> list[str]: ...
    async def move(self, key: str, status: str) -> None: ...
    async def label(self, key: str, label: str) -> None: ...
    async def unlabel(self, key: str, label: str) -> None: ...
    async def say(self, key: str, text: str) -> str: ...
    async def correct(self, key: str, comment: str, text: str) -> None: ...
    async def withdraw(self, key: str, comment: str) -> None: ...
    async def attach(self, key: str, name: str, content: bytes) -> None: ...
    async def detach(self, key: str, name: str) -> None: ...


class JiraColleague(JiraPerson):
    async def moves(self, key: str) -> list[str]:
        path = f"/rest/api/2/issue/{key}/transitions"
        return [t["to"]["name"] for t in (await self._ask("GET", path))["transitions"]]

    async def move(self, key: str, status: str) -> None:
        path = f"/rest/api/2/issue/{key}/transitions"
        offered = (await self._ask("GET", path))["transitions"]
        chosen = next((t for t in offered if t["to"]["name"] == status), None)
        if chosen is None:
            return
        body: dict[str, Any] = {"transition": {"id": chosen["id"]}}
        if status == "Done":
            body["fields"] = {"resolution": {"name": "Done"}}
        await self._ask("POST", path, json=body)

    async def unlabel(self, key: str, label: str) -> None:
        update = {"update": {"labels": [{"remove": label}]}}
        await self._ask("PUT", f"/rest/api/2/issue/{key}", json=update)

    async def say(self, key: str, text: str) -> str:
        path = f"/rest/api/2/issue/{key}/comment"
        return str((await self._ask("POST", path, json={"body": text}))["id"])

    async def correct(self, key: str, comment: str, text: str) -> None:
        path = f"/rest/api/2/issue/{key}/comment/{comment}"
        await self._ask("PUT", path, json={"body": text})

    async def withdraw(self, key: str, comment: str) -> None:
        await self._ask("DELETE", f"/rest/api/2/issue/{key}/comment/{comment}")

    async def detach(self, key: str, name: str) -> None:
        issue = await self._ask("GET", f"/rest/api/2/issue/{key}")
        for file in issue["fields"]["attachment"]:
            if file["filename"] == name:
                await self._ask("DELETE", f"/rest/api/2/attachment/{file['id']}")


class AzureColleague(AzureDevOpsPerson):
    async def create(self, summary: str, description: str) -> str:
        """A bug: it has the same four states as the simulated Jira."""
        path = f"/{self._project}/_apis/wit/workitems/$Bug?api-version=7.1"
        fields = {"System.Title": summary, "Microsoft.VSTS.TCM.ReproSteps": description}
        made = await self._patch(
            path,
            "POST",
            [{"op": "add", "path": f"/fields/{name}", "value": v} for name, v in fields.items()],
        )
        return str(made["id"])

    async def moves(self, key: str) -> list[str]:
        return ["New", "Active", "Resolved", "Closed"]

    async def label(self, key: str, label: str) -> None:
        await self._retag(key, add=label)

    async def unlabel(self, key: str, label: str) -> None:
        await self._retag(key, remove=label)

    async def _retag(self, key: str, add: str = "", remove: str = "") -> None:
        """Over the revision that was seen, as the web page saves: nobody else's tag is lost."""
        while True:
            item = await self._ask("GET", self._item(key))
            tags = item["fields"].get("System.Tags", "")
            kept = {tag.strip() for tag in tags.split(";")} | {add}
            value = "; ".join(sorted(kept - {"", remove}))
            body = msgspec.json.encode(
                [
                    {"op": "test", "path": "/rev", "value": item["rev"]},
                    {"op": "add", "path": "/fields/System.Tags", "value": value},
                ]
            )
            headers = {"Content-Type": "application/json-patch+json"}
            url = self._url + self._item(key)
            async with self._session.patch(url, data=body, headers=headers) as answer:
                if answer.status == 412:
                    continue
                answer.raise_for_status()
                return

    def _comment(self, key: str, comment: str = "") -> str:
        place = f"/{self._project}/_apis/wit/workItems/{key}/comments"
        return place + (f"/{comment}" if comment else "") + "?api-version=7.1-preview.4"

    async def say(self, key: str, text: str) -> str:
        return str((await self._ask("POST", self._comment(key), json={"text": text}))["id"])

    async def correct(self, key: str, comment: str, text: str) -> None:
        await self._ask("PATCH", self._comment(key, comment), json={"text": text})

    async def withdraw(self, key: str, comment: str) -> None:
        await self._ask("DELETE", self._comment(key, comment))

    async def detach(self, key: str, name: str) -> None:
        while True:
            item = await self._ask("GET", self._item(key, "&$expand=all"))
            files = [
                place
                for place, relation in enumerate(item.get("relations") or ())
                if relation["rel"] == "AttachedFile" and relation["attributes"]["name"] == name
            ]
            if not files:
                return
            await self._patch(
                self._item(key), "PATCH", [{"op": "remove", "path": f"/relations/{files[0]}"}]
            )
