"""Accidents at the receiver's writes: an answer that is lost with the line or behind a 500, or a
worker that is killed. Afterwards there is one of everything."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any, Literal
from unittest import mock

import aiohttp
import msgspec
from yarl import URL

from adapters.port import Worklogs
from adapters.registry import find
from schemas.issue import AttachmentDraft, CommentDraft, FieldChange, WorklogDraft
from schemas.rich_text import plain, to_plain
from service.rules.port import RuleEngine
from service.workers.hints import Hint
from tests.bench.far_tracker import port_of
from tests.contract.trackers.harness import Write
from tests.pairs import stage
from tests.pairs.stage import Node, Stage
from tests.pairs.story import CONTENT, PLAN, STARTED, content

Accident = Literal["cut", "killed"]
WRITES: tuple[Write, ...] = ("issue", "update", "comment", "attachment", "worklog", "link")
SENDERS = {"jira": "azure-devops", "jira-cloud": "azure-devops"}
"""Everybody else gets their issue from Jira, which has most parts."""
_LEASE = 180


def sender_to(receiver: str) -> str:
    return SENDERS.get(receiver, "jira")


class Line:
    """All that goes to one server; its n-th write meets an accident."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.writes = 0
        self.fatal: int | None = None
        self.accident: Accident = "cut"
        self.happened = asyncio.Event()
        self.over = asyncio.Event()
        """The test is; until then a killed worker neither goes on nor cleans up."""
        self._request = aiohttp.ClientSession._request

    async def __call__(
        self, session: aiohttp.ClientSession, method: str, url: Any, **given: Any
    ) -> aiohttp.ClientResponse:
        answer = await self._request(session, method, url, **given)
        if method == "GET" or URL(url).port != self._port:
            return answer
        self.writes += 1
        if self.writes != self.fatal:
            return answer
        await answer.read()
        self.happened.set()
        if self.accident == "killed":
            await self.over.wait()
        raise aiohttp.ServerDisconnectedError


@asynccontextmanager
async def line_to(opened: Stage, name: str) -> AsyncIterator[Line]:
    line = Line(await port_of(opened.companies[name].tracker))

    async def request(session: Any, method: str, url: Any, **given: Any) -> Any:
        return await line(session, method, url, **given)

    with mock.patch.object(aiohttp.ClientSession, "_request", request):
        yield line


class Count(msgspec.Struct, frozen=True):
    """What stands at the receiver, and whether the sender's issue was left alone."""

    issues: dict[str, int]
    comments: dict[str, int]
    files: dict[str, int]
    records: int
    summary: str
    sent_back: int


class Shipment:
    """One issue with a comment of each fate and a file, made and edited at the sender's."""

    def __init__(self, opened: Stage, receiver: str) -> None:
        self._stage = opened
        self._receiver = opened.companies[receiver]
        self._sender = opened.other(receiver)
        self._issue = ""
        self._numbers = count(2)
        self._hung: list[asyncio.Task[None]] = []
        self._dead: list[Node] = []

    async def run(self, line: Line | None = None) -> None:
        await self._write()
        self._stage.pass_(60)
        live = self._stage.node.roster.connections[stage.end(self._sender.name)]
        seen = await self._stage.read(self._sender.name, self._issue)
        await self._survive(self._stage.node.worker.begin(live, seen, Hint(local=True)), line)
        await self._settle(line)
        await self._edit()
        await self._survive(self._stage.node.change(self._sender.name, self._issue), line)
        await self._settle(line)

    async def close(self) -> None:
        for task in self._hung:
            task.cancel()
        await asyncio.gather(*self._hung, return_exceptions=True)
        for node in self._dead:
            await node.roster.close()

    async def _settle(self, line: Line | None) -> None:
        await self._survive(self._stage.work(), line)

    async def _survive(self, work: Any, line: Line | None) -> None:
        """To its end, or to the death of the worker: another one takes over then."""
        if line is None or line.accident != "killed" or line.happened.is_set():
            await work
            return
        running = asyncio.ensure_future(work)
        died = asyncio.ensure_future(line.happened.wait())
        await asyncio.wait({running, died}, return_when=asyncio.FIRST_COMPLETED)
        died.cancel()
        if not line.happened.is_set():
            await running
            return
        self._hung.append(running)
        await self._restart()

    async def _restart(self) -> None:
        """A new process on the same store; the lease of the old one has to run out."""
        old = self._stage.node
        self._dead.append(old)
        self._stage.pass_(_LEASE)
        fresh = Node(old.store, old.engine, old.at, owner=f"worker-{next(self._numbers)}")
        await fresh.roster.reload()
        self._stage.node = fresh
        await self._stage.work()

    async def _write(self) -> None:
        home, tracker = self._sender, self._sender.tracker
        said = {"summary": "Shipment", "description": plain("Words")}
        made = await self._stage.write(home.name, home.type, labels=("billing",), **said)
        self._issue = made.ref.id
        for words in ("Stays", "Is edited", "Is deleted"):
            self._stage.pass_(60)
            await tracker.add_comment(
                self._issue, CommentDraft(plain(words), words.replace(" ", ""))
            )
        file = AttachmentDraft(PLAN, len(CONTENT[PLAN]), "text/plain", "file")
        await tracker.add_attachment(self._issue, file, content(CONTENT[PLAN]))
        if isinstance(tracker, Worklogs) and tracker.capabilities.worklogs:
            record = WorklogDraft(5_400, STARTED, "w-1", plain("Looked"))
            await tracker.add_worklog(self._issue, record)

    async def _edit(self) -> None:
        home, tracker = self._sender, self._sender.tracker
        status = FieldChange({"summary": "Shipment, renamed", "status": home.values.statuses[1]})
        await self._stage.edit(home.name, self._issue, status)
        comments = {to_plain(c.body): c.id for c in await tracker.read_comments(self._issue)}
        self._stage.pass_(60)
        await tracker.edit_comment(self._issue, comments["Is edited"], plain("Was edited"))
        await tracker.delete_comment(self._issue, comments["Is deleted"])
        await tracker.add_comment(self._issue, CommentDraft(plain("Comes late"), "late"))
        self._stage.pass_(60)

    async def count(self) -> Count:
        parked = await self._stage.parked()
        assert not parked, parked
        self._stage.pass_(600)
        tracker = self._receiver.tracker
        places = (self._receiver.values.project,)
        ids = {change.issue async for change in tracker.all_issues(places)}
        issues = [await self._stage.read(self._receiver.name, id) for id in sorted(ids)]
        (mirror,) = [each for each in issues if str(each.fields["summary"]).startswith("Shipment")]
        home = await self._stage.read(self._sender.name, self._issue)
        return Count(
            issues=dict(Counter(str(each.fields["summary"]) for each in issues)),
            comments=dict(Counter(map(_last_line, mirror.comments or ()))),
            files=dict(Counter(f"{f.filename} {f.size}" for f in mirror.attachments or ())),
            records=len(mirror.worklogs or ()),
            summary=str(mirror.fields["summary"]),
            sent_back=len(home.comments or ()) - 3 + len(home.attachments or ()) - 1,
        )


def _last_line(comment: Any) -> str:
    return to_plain(comment.body).rpartition("\n")[2]


def writes_of(receiver: str) -> tuple[Write, ...]:
    """Which of them a receiver has: what its tracker keeps, and nothing that it holds otherwise."""
    capabilities = find(receiver).capabilities
    without: set[Write] = set() if capabilities.worklogs else {"worklog"}
    without |= set() if capabilities.attachment_upload else {"attachment"}
    without |= set() if capabilities.link_kinds else {"link"}
    return tuple(write for write in WRITES if write not in without)


async def count_writes(receiver: str, folder: Path, engine: RuleEngine) -> tuple[int, Count]:
    """Of the whole story without an accident, and what then stands there."""
    async with _opened(receiver, folder / "calm", engine) as (opened, line):
        shipment = Shipment(opened, receiver)
        await shipment.run()
        return line.writes, await shipment.count()


async def with_accident(
    receiver: str, number: int, accident: Accident, folder: Path, engine: RuleEngine
) -> Count:
    async with _opened(receiver, folder / f"{accident}-{number}", engine) as (opened, line):
        line.fatal, line.accident = number, accident
        shipment = Shipment(opened, receiver)
        try:
            await shipment.run(line)
            assert line.happened.is_set(), f"there was no write {number}"
            return await shipment.count()
        finally:
            line.over.set()
            await shipment.close()


async def with_late_error(receiver: str, write: Write, folder: Path, engine: RuleEngine) -> Count:
    """The tracker carries the write out and answers 500."""
    async with _opened(receiver, folder / f"error-{write}", engine) as (opened, _):
        weather = opened.companies[receiver].site.weather
        assert weather is not None
        weather.lose_answer(write, "error")
        shipment = Shipment(opened, receiver)
        await shipment.run()
        return await shipment.count()


@asynccontextmanager
async def _opened(
    receiver: str, folder: Path, engine: RuleEngine
) -> AsyncIterator[tuple[Stage, Line]]:
    folder.mkdir(parents=True)
    async with (
        stage.opened(sender_to(receiver), receiver, folder, engine) as opened,
        line_to(opened, receiver) as line,
    ):
        yield opened, line
