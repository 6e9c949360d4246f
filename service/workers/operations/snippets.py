"""Snippets: saved for all rules that use them, or not at all."""

import sqlalchemy as sa

from schemas.api import Page, PageQuery
from schemas.errors import InputError
from schemas.rules import Diagnostic, RuleSet, Snippet
from schemas.snippets import (
    SnippetPut,
    SnippetRollback,
    SnippetSaved,
    SnippetUse,
    SnippetVersionView,
    SnippetView,
    is_snippet_name,
)
from schemas.values import Millis
from service.rules.linking import used_by
from service.rules.snippets import file_of
from service.store import connections, rule_snippets, rule_versions
from service.store.rule_snippets import SnippetVersion
from service.workers.operations.desk import Desk
from service.workers.roster import LiveConnection, touch

NAMED = "Rules import it: take small letters, digits and _, such as people_map."


class SnippetOperations:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def library(self) -> tuple[Snippet, ...]:
        """The newest version of each."""
        rows = await self._desk.store.read(rule_snippets.newest)
        return tuple(row.snippet for row in rows)

    async def all(self, query: PageQuery) -> Page[SnippetView]:
        rows = await self._desk.store.read(rule_snippets.newest)
        shown = rows[query.offset : query.offset + query.page_size]
        return Page(len(rows), tuple(self._view(row) for row in shown))

    async def one(self, name: str) -> SnippetView:
        return self._view(await self._known(name))

    async def edited(self, name: str) -> SnippetView:
        """What a save begins from: version 0 where there is none yet."""
        row = await self._desk.store.read(lambda c: rule_snippets.last(c, name))
        return SnippetView(name, 0, "") if row is None or row.removed else self._view(row)

    async def versions(self, name: str, query: PageQuery) -> Page[SnippetVersionView]:
        def work(c: sa.Connection) -> Page[SnippetVersionView]:
            last = rule_snippets.last(c, name)
            if last is None:
                raise _none(name)
            before = last.version - query.offset + 1
            rows = rule_snippets.history(c, name, before=before, limit=query.page_size)
            return Page(
                last.version,
                tuple(
                    SnippetVersionView(
                        row.version, row.source, row.author, row.message, row.created, row.removed
                    )
                    for row in rows
                ),
            )

        return await self._desk.store.read(work)

    async def save(self, name: str, body: SnippetPut, author: str) -> SnippetSaved:
        _check_name(name)
        desk = self._desk
        last = await desk.store.read(lambda c: rule_snippets.last(c, name))
        version = last.version + 1 if last else 1
        made = SnippetVersion(name, version, body.source, author, body.message, desk.now())
        known = {snippet.name: snippet for snippet in await self.library()}
        library = tuple((known | {name: made.snippet}).values())
        users = self._users(name, library)
        findings = await self._findings(made.snippet, library, users)
        if findings:
            return SnippetSaved(None, findings)

        def work(c: sa.Connection) -> None:
            # First, so that whoever else saves one waits until this is done.
            touch(c)
            newest = rule_snippets.last(c, name)
            if (newest.version if newest else 0) != version - 1:
                raise _edited(f"The snippet {name!r} was")
            rule_snippets.add(c, made)
            words = f": {made.message}" if made.message else ""
            message = f"Snippet {made.name}, version {made.version}{words}"
            for live in users:
                renew(c, live, library, author=author, message=message, now=made.created)

        await desk.store.write(work)
        await desk.changed()
        return SnippetSaved(version, (), tuple(live.record.name for live in users))

    async def roll_back(self, name: str, body: SnippetRollback, author: str) -> SnippetSaved:
        earlier = await self._desk.store.read(lambda c: rule_snippets.get(c, name, body.version))
        if earlier is None or earlier.removed:
            raise InputError(
                f"The snippet {name!r} has no version {body.version}.",
                status=404,
                remedy="List its versions.",
            )
        message = body.message or f"Back to version {body.version}"
        return await self.save(name, SnippetPut(earlier.source, message), author)

    async def remove(self, name: str, author: str) -> None:
        desk, known = self._desk, await self._known(name)
        users = [use.connection for use in self._view(known).used_by]
        library = await self.library()
        users += [file_of(each.name) for each in library if reaches(each, name, library)]
        if users:
            raise InputError(
                f"The snippet {name!r} is used by {', '.join(users)}.",
                status=409,
                remedy="Take it out of these rules first.",
            )
        gone = SnippetVersion(name, known.version + 1, "", author, "Removed", desk.now(), True)

        def work(c: sa.Connection) -> None:
            touch(c)
            newest = rule_snippets.last(c, name)
            if newest is None or newest.version != known.version:
                raise _edited(f"The snippet {name!r} was")
            rule_snippets.add(c, gone)

        await desk.store.write(work)

    async def _known(self, name: str) -> SnippetVersion:
        row = await self._desk.store.read(lambda c: rule_snippets.last(c, name))
        if row is None or row.removed:
            raise _none(name)
        return row

    def _view(self, row: SnippetVersion) -> SnippetView:
        uses = tuple(
            SnippetUse(live.record.name, snippet.version)
            for live in scripted(self._desk)
            for snippet in live.rules.snippets
            if snippet.name == row.name
        )
        return SnippetView(
            row.name, row.version, row.source, row.author, row.message, row.created, uses
        )

    def _users(self, name: str, library: tuple[Snippet, ...]) -> list[LiveConnection]:
        """Those whose published rules reach the snippet, also by way of another."""
        return [live for live in scripted(self._desk) if name in used_by(live.rules, library)]

    async def _findings(
        self, snippet: Snippet, library: tuple[Snippet, ...], users: list[LiveConnection]
    ) -> tuple[Diagnostic, ...]:
        """Of the snippet, else of those that use it."""
        found = list(await self._desk.engine.check_snippet(snippet, library))
        if found:
            return tuple(found)
        for other in library:
            if reaches(other, snippet.name, library):
                found += await self._desk.engine.check_snippet(other, library)
        for live in users:
            found += await check_files(self._desk, live.rules, live.record.name, library)
        return tuple(found)


def pins(rules: RuleSet) -> dict[str, int]:
    return {snippet.name: snippet.version for snippet in rules.snippets}


def scripted(desk: Desk) -> list[LiveConnection]:
    """Whose rules may use snippets."""
    return [each for each in desk.roster.connections.values() if each.record.status != "removed"]


async def check_files(
    desk: Desk, rules: RuleSet, folder: str, library: tuple[Snippet, ...]
) -> tuple[Diagnostic, ...]:
    """Of a connection's two files; each finding says in which folder they are."""
    check = desk.engine.check
    return (
        *await check("outgoing", rules.outgoing, f"{folder}/outgoing.py", library),
        *await check("incoming", rules.incoming, f"{folder}/incoming.py", library),
    )


def renew(
    c: sa.Connection,
    live: LiveConnection,
    library: tuple[Snippet, ...],
    *,
    author: str,
    message: str,
    now: Millis,
) -> int:
    """The same two files, with the snippets as they are now, are another version of the rules."""
    connections.locked(c, live.record.id)
    newest = rule_versions.newest(c, live.record.id)
    if newest is None or newest.version != live.rules.version:
        raise _edited(f"The rules of {live.record.name!r} were")
    return rule_versions.add(
        c,
        live.record.id,
        newest.outgoing,
        newest.incoming,
        author=author,
        message=message,
        now=now,
        snippets=used_by(newest, library),
    )


def reaches(other: Snippet, name: str, library: tuple[Snippet, ...]) -> bool:
    return other.name != name and name in used_by(RuleSet(0, other.source, ""), library)


def _check_name(name: str) -> None:
    if not is_snippet_name(name):
        raise InputError(f"{name!r} cannot be the name of a snippet.", remedy=NAMED)


def _none(name: str) -> InputError:
    return InputError(
        f"There is no snippet {name!r}.", status=404, remedy="List the snippets of this node."
    )


def _edited(what: str) -> InputError:
    return InputError(
        f"{what} changed meanwhile.", status=412, remedy="Get it again, and put your change on top."
    )
