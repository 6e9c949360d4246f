"""The life of a connection's rules: versions, the draft, publishing, rolling back."""

import difflib

import sqlalchemy as sa

from schemas.api import Page, PageQuery
from schemas.errors import InputError
from schemas.rule_life import (
    DiffQuery,
    DraftPut,
    DraftView,
    DryRun,
    DryRunBody,
    PublishBody,
    RecorderView,
    ReplayBody,
    ReplayReport,
    RollbackBody,
    RulesDiff,
    RulesPut,
    RulesSaved,
    RuleVersionDetail,
    RuleVersionView,
)
from schemas.rules import Diagnostic, RuleSet
from service.store import rule_drafts, rule_versions
from service.store.rule_drafts import RuleDraft
from service.workers.operations.connections import ConnectionOperations
from service.workers.operations.desk import Desk
from service.workers.operations.dry_running import DryRunning
from service.workers.operations.replaying import Replaying
from service.workers.operations.snippets import SnippetOperations, pins
from service.workers.operations.wording import wording
from service.workers.roster import LiveConnection


class RuleLifeOperations:
    def __init__(
        self,
        desk: Desk,
        connections: ConnectionOperations,
        replaying: Replaying,
        dry_running: DryRunning,
        snippets: SnippetOperations,
    ) -> None:
        self._desk = desk
        self._snippets = snippets
        self._connections = connections
        self._replaying, self._dry_running = replaying, dry_running

    async def versions(self, name: str, query: PageQuery) -> Page[RuleVersionView]:
        live = self._desk.connection(name)

        def work(c: sa.Connection) -> Page[RuleVersionView]:
            newest = rule_versions.newest(c, live.record.id)
            count = newest.version if newest else 0
            before = count - query.offset + 1
            if before < 2:
                return Page(count, ())
            found = rule_versions.history(c, live.record.id, before=before, limit=query.page_size)
            return Page(
                count,
                tuple(
                    RuleVersionView(
                        row.version,
                        row.author,
                        row.message,
                        row.created,
                        row.version == count,
                        row.snippets,
                    )
                    for row in found
                ),
            )

        return await self._desk.store.read(work)

    async def version(self, name: str, version: str) -> RuleVersionDetail:
        live = self._desk.connection(name)
        number = int(version) if version.isascii() and version.isdigit() else 0
        rules = await self._version(live, number)
        return RuleVersionDetail(rules.version, rules.outgoing, rules.incoming, pins(rules))

    async def draft(self, name: str) -> DraftView:
        live = self._desk.connection(name)
        found = await self._draft(live)
        if found is None:
            rules = live.rules
            return DraftView(rules.outgoing, rules.incoming, rules.version)
        return await self._view(live, found)

    async def save_draft(self, name: str, body: DraftPut, author: str) -> DraftView:
        """With findings it is saved as well: a draft is where one tries."""
        live = self._scripted(name)
        draft = RuleDraft(
            body.outgoing,
            body.incoming,
            live.rules.version,
            author,
            body.message,
            self._desk.now(),
        )
        await self._desk.store.write(lambda c: rule_drafts.put(c, live.record.id, draft))
        return await self._view(live, draft)

    async def discard(self, name: str) -> None:
        live = self._desk.connection(name)
        await self._desk.store.write(lambda c: rule_drafts.discard(c, live.record.id))

    async def publish(self, name: str, body: PublishBody, author: str) -> RulesSaved:
        live = self._scripted(name)
        draft = await self._draft(live)
        if draft is None:
            raise InputError(
                f"{name!r} has no draft.", status=409, remedy="Save one, then publish it."
            )
        put = RulesPut(
            draft.outgoing, draft.incoming, body.message or draft.message, draft.based_on
        )
        saved = await self._connections.save_rules(name, put, author)
        if saved.version is not None:
            await self._desk.store.write(lambda c: _discard_published(c, live.record.id, draft))
        return saved

    async def roll_back(self, name: str, body: RollbackBody, author: str) -> RulesSaved:
        live = self._scripted(name)
        earlier = await self._version(live, body.version)
        message = body.message or f"Back to version {body.version}"
        put = RulesPut(earlier.outgoing, earlier.incoming, message, live.rules.version)
        # With the snippets of then, so that it decides as it did.
        return await self._connections.save_rules(name, put, author, pinned=earlier.snippets)

    async def diff(self, name: str, query: DiffQuery) -> RulesDiff:
        live = self._desk.connection(name)
        before = await self._version(live, query.before or live.rules.version)
        if query.after:
            after = await self._version(live, query.after)
        else:
            draft = await self._draft(live)
            after = RuleSet(0, draft.outgoing, draft.incoming) if draft else live.rules
        return RulesDiff(
            before.version,
            after.version,
            _diff("outgoing.py", before.version, before.outgoing, after.version, after.outgoing),
            _diff("incoming.py", before.version, before.incoming, after.version, after.incoming),
        )

    async def recorder(self, name: str) -> RecorderView:
        return await self._replaying.recorder(name)

    async def forget(self, name: str) -> None:
        await self._replaying.forget(name)

    async def replay(self, name: str, body: ReplayBody) -> ReplayReport:
        return await self._replaying.replay(name, body)

    async def dry_run(self, name: str, body: DryRunBody, author: str = "") -> DryRun:
        live = self._desk.connection(name)
        draft = await self._draft(live) if body.draft else None
        library = await self._snippets.library()
        return await self._dry_running.run(live, body, draft, library, author)

    def _scripted(self, name: str) -> LiveConnection:
        live = self._desk.connection(name)
        if live.record.mode != "script":
            raise InputError(
                f"The rules of a connection in {live.record.mode} mode are fixed.",
                status=409,
                remedy="Make a connection in script mode.",
            )
        return live

    async def _draft(self, live: LiveConnection) -> RuleDraft | None:
        return await self._desk.store.read(lambda c: rule_drafts.get(c, live.record.id))

    async def _version(self, live: LiveConnection, version: int) -> RuleSet:
        found = await self._desk.store.read(lambda c: rule_versions.get(c, live.record.id, version))
        if found is None:
            raise InputError(
                f"There is no version {version}.", status=404, remedy="List the versions."
            )
        return found

    async def _view(self, live: LiveConnection, draft: RuleDraft) -> DraftView:
        engine, library = self._desk.engine, await self._snippets.library()
        findings: tuple[Diagnostic, ...] = (
            *await engine.check("outgoing", draft.outgoing, "outgoing.py", library),
            *await engine.check("incoming", draft.incoming, "incoming.py", library),
        )
        rules = RuleSet(0, draft.outgoing, draft.incoming)
        words = await wording(self._desk, live, rules, library)
        return DraftView(
            draft.outgoing,
            draft.incoming,
            draft.based_on,
            draft.author,
            draft.message,
            draft.saved,
            findings,
            words.warnings,
            words.unchecked,
        )


def _discard_published(c: sa.Connection, connection: str, published: RuleDraft) -> None:
    """A draft that was saved meanwhile stays."""
    if rule_drafts.get(c, connection) == published:
        rule_drafts.discard(c, connection)


def _diff(file: str, old: int, before: str, new: int, after: str) -> str:
    names = f"{file} (version {old})", f"{file} ({f'version {new}' if new else 'draft'})"
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), *names
    )
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)
