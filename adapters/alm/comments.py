"""Comments: entries of one memo. It is read, changed and written back under ALM's own lock, so what
people write at the same moment is not lost."""

import asyncio
import re
from collections.abc import Callable, Sequence

from adapters.alm import entries, errors, moments
from adapters.alm.client import AlmClient
from adapters.alm.customization import Customizations
from adapters.alm.entries import Entry
from adapters.alm.holds import Holds
from adapters.alm.ids import IssueId
from adapters.alm.mapping import Reader
from adapters.alm.memo import Memos
from adapters.alm.moments import ServerClock
from adapters.alm.params import DayOrder
from adapters.alm.people import People
from adapters.alm.wire import Entity
from schemas.errors import Fault, TrackerError
from schemas.issue import Comment, CommentDraft
from schemas.rich_text import RichText
from schemas.values import Millis

_LARGE = 32_768
_DAY = re.compile(r"(\d{1,4})[-./](\d{1,2})[-./](\d{1,4})")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s?([AaPp])[Mm])?")

Rewrite = Callable[[Sequence[Entry]], Sequence[Entry] | None]


class Comments:
    def __init__(
        self,
        client: AlmClient,
        customizations: Customizations,
        people: People,
        reader: Reader,
        memos: Memos,
        clock: ServerClock,
        holds: Holds,
        now: Callable[[], Millis],
        day_order: DayOrder,
    ) -> None:
        self._client = client
        self._customizations = customizations
        self._people = people
        self._reader = reader
        self._memos = memos
        self._clock = clock
        self._holds = holds
        self._now = now
        self._day_order = day_order

    async def list(self, issue: IssueId) -> tuple[Comment, ...]:
        found = await self._client.one(issue.path, what="read the comments")
        return await self.of(issue, found)

    async def of(self, issue: IssueId, found: Entity) -> tuple[Comment, ...]:
        split = await _split(found.text(await self._field(issue)))
        return tuple([await self._comment(entry, found) for entry in split])

    async def exists(self, issue: IssueId, comment_id: str) -> bool:
        return any(comment.id == comment_id for comment in await self.list(issue))

    async def add(self, issue: IssueId, draft: CommentDraft) -> Comment:
        me = await self._people.myself()
        rendered = await self._memos.render(draft.body, issue.path)
        date = await self._clock.to_local(self._now())
        field = await self._field(issue)
        async with self._holds.locked(issue):
            held = await self._client.one(issue.path, what="read the comments")
            text = held.text(field)
            if not any(entry.marker == draft.marker for entry in await _split(text)):
                text = entries.appended(text, me.name, me.id, date, draft.marker, rendered)
                held = await self._write(issue, held, field, text, "add a comment")
        for comment in await self.of(issue, held):
            if comment.marker == draft.marker:
                return comment
        raise TrackerError(
            Fault.UNKNOWN_OUTCOME,
            "ALM answered a new comment with a memo that does not hold it.",
            remedy=errors.REMEDIES[Fault.UNKNOWN_OUTCOME],
        )

    async def edit(self, issue: IssueId, comment_id: str, body: RichText) -> Comment:
        rendered = await self._memos.render(body, issue.path)

        def changed(split: Sequence[Entry]) -> Sequence[Entry]:
            if all(entry.id != comment_id for entry in split):
                raise errors.refused(Fault.NOT_FOUND, f"{issue} has no comment {comment_id}.")
            return [_rewritten(one, rendered) if one.id == comment_id else one for one in split]

        held = await self._change(issue, changed, "edit a comment")
        found = [one for one in await self.of(issue, held) if one.id == comment_id]
        if not found:
            raise errors.refused(Fault.CONFLICT, f"The comment {comment_id} was changed meanwhile.")
        return found[0]

    async def delete(self, issue: IssueId, comment_id: str) -> None:
        def without(split: Sequence[Entry]) -> Sequence[Entry] | None:
            kept = [entry for entry in split if entry.id != comment_id]
            return kept if len(kept) < len(split) else None

        await self._change(issue, without, "delete a comment")

    async def _change(self, issue: IssueId, rewrite: Rewrite, what: str) -> Entity:
        """None of `rewrite` leaves the memo as it is."""
        field = await self._field(issue)
        async with self._holds.locked(issue):
            held = await self._client.one(issue.path, what="read the comments")
            split = rewrite(await _split(held.text(field)))
            if split is None:
                return held
            return await self._write(issue, held, field, entries.join(split), what)

    async def _write(
        self, issue: IssueId, held: Entity, field: str, text: str, what: str
    ) -> Entity:
        content = ((field, (text,)),)
        async with self._holds.checked_out(issue, held):
            return await self._client.update(issue.path, issue.type, content, what=what)

    async def _comment(self, entry: Entry, found: Entity) -> Comment:
        large = sum(map(len, entry.content)) > _LARGE
        body = await asyncio.to_thread(entry.body) if large else entry.body()
        created = await self._created(entry, found)
        return Comment(
            id=entry.id,
            body=self._memos.with_names(body),
            author=await self._reader.author(entry.login, entry.name),
            created=created,
            updated=created,
            marker=entry.marker,
        )

    async def _created(self, entry: Entry, found: Entity) -> Millis:
        """Whatever tells nothing is as old as the issue."""
        local = local_time(entry.date, self._day_order) or found.text("creation-time")
        return await self._clock.to_millis(local)

    async def _field(self, issue: IssueId) -> str:
        return (await self._customizations.of(issue.type)).comments_field


def local_time(date: str, order: DayOrder) -> str:
    """`2026-01-31 12:00:00` from the line above a comment; '' when it is no date. Day and month are
    told apart by their size where that can be."""
    found = _DAY.match(date)
    if found is None:
        return ""
    first, middle, last = (int(part) for part in found.groups())
    if first > 31:
        year, month, day = first, middle, last
    else:
        day, month = (first, middle) if order == "dmy" else (middle, first)
        if month > 12:
            day, month = month, day
        year = last if last > 99 else 2000 + last
    text = f"{year:04}-{month:02}-{day:02} {_time_of(date)}"
    return text if moments.read(text) else ""


def _time_of(date: str) -> str:
    found = _TIME.search(date)
    if found is None:
        return "00:00:00"
    hour, minute, second = int(found[1]), found[2], found[3] or "00"
    if found[4]:
        hour = hour % 12 + (12 if found[4].lower() == "p" else 0)
    return f"{hour:02}:{minute}:{second}"


def _rewritten(entry: Entry, rendered: str) -> Entry:
    if not entry.date:
        return Entry(id=entry.id, lead=entry.lead, content=(rendered,))
    return entry.with_body(rendered)


async def _split(text: str) -> tuple[Entry, ...]:
    if len(text) > _LARGE:
        return await asyncio.to_thread(entries.split, text)
    return entries.split(text)
