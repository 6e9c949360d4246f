"""The people whose edits are measured, and what the simulators tell about themselves."""

from collections import Counter
from datetime import datetime
from typing import Any

import aiohttp

from service.quickstart.people import AzureDevOpsPerson, JiraPerson
from service.quickstart.stage import Stage


class _Counted:
    """Counts its own calls, so that they can be told from the nodes' calls."""

    _session: aiohttp.ClientSession

    asked = 0
    origin = ""

    async def calls(self) -> Counter[str]:
        """What the nodes have asked of the tracker, and what people have."""
        async with self._session.get(self.origin + "/simulator/calls") as answer:
            return Counter(await answer.json())

    async def set_latency(self, seconds: float) -> None:
        url, body = self.origin + "/simulator/latency", {"seconds": seconds}
        async with self._session.put(url, json=body) as answer:
            answer.raise_for_status()


class Alice(_Counted, JiraPerson):
    """Works in the private company's Jira."""

    async def _ask(self, method: str, path: str, **given: Any) -> Any:
        self.asked += 1
        return await super()._ask(method, path, **given)

    async def raw(self, key: str) -> Any:
        return await self._ask("GET", f"/rest/api/2/issue/{key}")

    async def glance(self, key: str) -> tuple[str, int]:
        """Summary and the moment of the last change."""
        found = await self._ask("GET", f"/rest/api/2/issue/{key}?fields=summary,updated")
        fields = found["fields"]
        return fields["summary"], _millis(fields["updated"])


class Bob(_Counted, AzureDevOpsPerson):
    """Works in the public company's Azure DevOps."""

    async def _ask(self, method: str, path: str, **given: Any) -> Any:
        self.asked += 1
        return await super()._ask(method, path, **given)

    async def raw(self, key: str) -> Any:
        return await self._ask("GET", self._item(key))

    async def glance(self, key: str) -> tuple[str, int]:
        fields = (await self.raw(key))["fields"]
        return fields["System.Title"], _millis(fields["System.ChangedDate"])

    async def label(self, key: str, label: str) -> None:
        """The issues of the benchmark have no other labels."""
        await self._set(key, "System.Tags", label)


Worker = Alice | Bob


def alice(stage: Stage) -> Alice:
    company = stage.harbor
    made = Alice.at(company.tracker_url, company.project, company.tracker_token)
    assert isinstance(made, Alice)
    made.origin = company.tracker_url
    return made


def bob(stage: Stage) -> Bob:
    company = stage.lagoon
    url = company.tracker_url + "/simulation"
    made = Bob.at(url, company.project, company.tracker_token)
    assert isinstance(made, Bob)
    made.origin = company.tracker_url
    return made


def _millis(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
