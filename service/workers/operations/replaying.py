"""Runs a draft over what the rules were given, beside the rules that are published."""

import asyncio
import zlib
from collections import Counter
from collections.abc import Callable

import msgspec
import sqlalchemy as sa

from schemas.errors import InputError, MappingError, RuleError
from schemas.rule_life import RecorderView, ReplayBody, Replayed, ReplayReport
from schemas.rules import Difference, Outgoing, RuleSet, Snippet, Wanted
from service.rules.codec import RichTextCodec
from service.rules.differences import differences
from service.rules.plain_form import PlainForm
from service.rules.port import Direction, RuleEngine
from service.rules.sessions import script_of
from service.store import rule_drafts, rule_recordings, rule_snippets
from service.store.rule_recordings import Recording
from service.workers.kin import StoredKin
from service.workers.operations.desk import Desk
from service.workers.other_keys import KeysEngine
from service.workers.remote_names import RemoteNames
from service.workers.tables import ConnectionTables
from service.workers.tape import Run, unpacked

Came = Outgoing | Wanted | RuleError | MappingError | None

_AT_ONCE = 8


class Replaying:
    def __init__(self, desk: Desk, codec: RichTextCodec, *, elapsed: Callable[[], float]) -> None:
        self._desk = desk
        self._codec = codec
        self._elapsed = elapsed

    async def recorder(self, name: str) -> RecorderView:
        live = self._desk.connection(name)
        held = await self._desk.store.read(lambda c: rule_recordings.held(c, live.record.id))
        on = live.record.settings.record_hours > 0
        return RecorderView(on, held.count, held.size, held.oldest)

    async def forget(self, name: str) -> None:
        live = self._desk.connection(name)
        await self._desk.store.write(lambda c: rule_recordings.forget(c, live.record.id))

    async def replay(self, name: str, body: ReplayBody) -> ReplayReport:
        desk, began = self._desk, self._elapsed()
        live = desk.connection(name)

        def work(c: sa.Connection) -> tuple[RuleSet, list[Recording]]:
            draft = rule_drafts.get(c, live.record.id)
            library = tuple(row.snippet for row in rule_snippets.newest(c))
            vault, limit = desk.store.vault, body.limit
            return _sources(live.rules, draft, body, library), rule_recordings.page(
                c, vault, live.record.id, since=body.since, after=body.after, limit=limit
            )

        sources, found = await desk.store.read(work)
        names = RemoteNames(desk.store, now=desk.now)
        known = ConnectionTables(desk.known, desk.roster, names)
        tables = (await known.declared(live, {})).source
        now, then = (
            msgspec.structs.replace(rules, tables=tables) for rules in (live.rules, sources)
        )
        engine = KeysEngine(desk.engine, StoredKin(desk.store, live.record).key)
        theatre = Theatre(engine, self._codec, now, then)
        runs = [(recording, _opened(recording)) for recording in found]
        differing: list[Replayed] = []
        for start in range(0, len(runs), _AT_ONCE):
            batch = runs[start : start + _AT_ONCE]
            compared = [theatre.compare(at.at, run) for at, run in batch if run is not None]
            differing += filter(None, await asyncio.gather(*compared))
        fields = Counter(each.at for one in differing for each in one.differences)
        return ReplayReport(
            seen=sum(1 for _, run in runs if run is not None),
            unreadable=sum(1 for _, run in runs if run is None),
            differing=tuple(differing),
            fields=dict(sorted(fields.items())),
            milliseconds=round((self._elapsed() - began) * 1000),
            last=found[-1].id if found else body.after,
            more=len(found) == body.limit,
        )


class Theatre:
    """Two sets of rules, given the same."""

    def __init__(
        self, engine: RuleEngine, codec: RichTextCodec, now: RuleSet, draft: RuleSet
    ) -> None:
        self._engine = engine
        self._form = PlainForm(codec)
        self._now, self._draft = now, draft
        directions: tuple[Direction, ...] = ("outgoing", "incoming")
        self._same = {each: script_of(each, now) == script_of(each, draft) for each in directions}

    async def compare(self, at: int, run: Run) -> Replayed | None:
        """None: nothing would have come out differently."""
        if self._same[run.direction]:
            return None
        before, after = await self._came(self._now, run), await self._came(self._draft, run)
        found = self._differences(before, after)
        if not found:
            return None
        return Replayed(at, run.twin, run.key, run.direction, run.version, found)

    async def _came(self, rules: RuleSet, run: Run) -> Came:
        try:
            if run.direction == "outgoing" and run.issue is not None:
                return await self._engine.outgoing(rules, run.issue, run.context)
            if run.replica is not None:
                return await self._engine.incoming(rules, run.replica, run.issue, run.context)
        except (RuleError, MappingError) as error:
            return error
        return None

    def _differences(self, before: Came, after: Came) -> tuple[Difference, ...]:
        if before == after:
            return ()
        return differences(self._plain(before), self._plain(after))

    def _plain(self, came: Came) -> dict[str, object] | None:
        if isinstance(came, RuleError):
            return {"parks": f"{came.file}:{came.line}: {came.message}"}
        if isinstance(came, MappingError):
            return {"parks": came.message}
        return self._form.result(came)


def _sources(
    now: RuleSet,
    draft: rule_drafts.RuleDraft | None,
    body: ReplayBody,
    library: tuple[Snippet, ...],
) -> RuleSet:
    if body.outgoing is None and body.incoming is None:
        if draft is None:
            raise InputError(
                "There is no draft to replay.",
                status=409,
                remedy="Save a draft, or give the rules with the request.",
            )
        return RuleSet(0, draft.outgoing, draft.incoming, snippets=library)
    return RuleSet(
        0,
        now.outgoing if body.outgoing is None else body.outgoing,
        now.incoming if body.incoming is None else body.incoming,
        snippets=library,
    )


def _opened(recording: Recording) -> Run | None:
    try:
        return unpacked(recording.content) if recording.content else None
    except (zlib.error, msgspec.MsgspecError):
        return None
