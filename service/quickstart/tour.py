"""The tour itself: what people do on one side, and how long until the other side sees it."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from service.quickstart.people import Person, Seen
from service.quickstart.stage import Stage, Tell

PATIENCE = 30.0
BREATH = 1.1
_LOOK = 0.01


class NotArrived(Exception):
    """Something did not come through in time."""


class Tour:
    def __init__(self, stage: Stage, tell: Tell, *, attachment_bytes: int) -> None:
        self._stage = stage
        self._tell = tell
        self._file = bytes(range(256)) * (attachment_bytes // 256 + 1)
        self._file = self._file[:attachment_bytes]

    async def run(self) -> None:
        jira, azure = self._stage.harbor_person, self._stage.lagoon_person
        self._tell("")
        self._tell("From the Jira behind the firewall to Azure DevOps")
        key = await jira.create(
            "Pump 3 leaks", "h2. Seen\n\n* oil on the *floor*\n* since _Monday_"
        )
        item = await self._appears(azure, f"{key} written in Jira", "Pump 3 leaks")
        await self._one_way(jira, azure, key, item, "In Progress", "Active")
        self._tell("")
        self._tell("And back, without any request toward the private side")
        await self._one_way(azure, jira, item, key, "Resolved", "In Review", tag="b")
        self._tell("")
        self._tell("From Azure DevOps to the Jira behind the firewall")
        item = await azure.create("Valve 7 sticks", "<p>It <b>sticks</b> at 40°C</p>")
        await self._appears(jira, f"work item {item} written in Azure DevOps", "Valve 7 sticks")

    async def _one_way(
        self,
        here: Person,
        there: Person,
        key: str,
        other: str,
        status: str,
        expected: str,
        *,
        tag: str = "a",
    ) -> None:
        summary = f"Pump 3 leaks, worse ({tag}) – Öl läuft aus 🛢️"
        await self._travels(
            f"an edit of {key}",
            here.rename(key, summary),
            lambda: self._sees(there, other, lambda seen: seen.summary == summary),
        )
        await self._travels(
            f"the status {status} (as {expected})",
            here.move(key, status),
            lambda: self._sees(there, other, lambda seen: seen.status == expected),
        )
        label = f"urgent-{tag}"
        await self._travels(
            f"the label {label}",
            here.label(key, label),
            lambda: self._sees(there, other, lambda seen: label in seen.labels),
        )
        comment = f"Looked at it today ({tag})"
        await self._travels(
            "a comment",
            here.comment(key, comment),
            lambda: self._sees(
                there, other, lambda seen: any(comment in text for text in seen.comments)
            ),
        )
        name = f"photo-{tag}.bin"
        await self._travels(
            f"an attachment of {len(self._file):,} bytes",
            here.attach(key, name, self._file),
            lambda: self._sees(
                there, other, lambda seen: (name, len(self._file)) in seen.attachments
            ),
        )
        if await there.fetch(other, name) != self._file:
            raise NotArrived(f"{name} arrived with other bytes.")

    async def _appears(self, person: Person, what: str, summary: str) -> str:
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE:
            for key in reversed(await person.keys()):
                if (await person.look(key)).summary == summary:
                    self._report(what, time.monotonic() - began, f"appears as {key}")
                    return key
            await self._pause()
        raise NotArrived(f"{what} did not appear within {PATIENCE:g} s.")

    async def _travels(
        self, what: str, act: Awaitable[None], arrived: Callable[[], Awaitable[bool]]
    ) -> None:
        # A breath, as people take: quicker edits of one issue are gathered into one message.
        await asyncio.sleep(BREATH)
        await act
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE:
            if await arrived():
                self._report(what, time.monotonic() - began, "is there")
                return
            await self._pause()
        raise NotArrived(f"{what} did not arrive within {PATIENCE:g} s.")

    async def _sees(self, person: Person, key: str, test: Callable[[Seen], bool]) -> bool:
        return test(await person.look(key))

    async def _pause(self) -> None:
        self._stage.processes.check()
        await asyncio.sleep(_LOOK)

    def _report(self, what: str, seconds: float, end: str) -> None:
        self._tell(f"  {seconds * 1000:7.0f} ms   {what} {end}")
