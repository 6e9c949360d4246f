"""Snippets as they are wanted, beside those of the node, and the rules that reach them."""

from collections.abc import Iterator

from schemas.configuration import Configuration
from schemas.rules import RuleSet, Snippet
from schemas.snippets import is_snippet_name
from service.rules.linking import used_by
from service.workers.operations.configuration.holding import Held
from service.workers.operations.configuration.own_snippets import with_lf
from service.workers.operations.configuration.undertaking import SnippetWork, Undertaking
from service.workers.operations.desk import Desk
from service.workers.operations.snippets import NAMED, check_files, reaches, scripted
from service.workers.roster import LiveConnection


def compare_snippets(
    desk: Desk, held: Held, wanted: Configuration, found: Undertaking, *, prune: bool
) -> None:
    """After connections, whose rules decide what may go."""
    for name, source in sorted(wanted.snippets.items()):
        known = held.snippets.get(name)
        if not is_snippet_name(name):
            found.refuse(("snippets", name), f"{name!r} cannot be the name of a snippet.", NAMED)
        elif known is None or with_lf(known.source) != with_lf(source):
            found.snippets.append(SnippetWork(known, Snippet(name, 0, source)))
    stand = {name: row.snippet for name, row in held.snippets.items()}
    changed = {work.after.name: work.after for work in found.snippets}
    found.library = tuple((stand | changed).values())
    apart = {n for n, given in wanted.connections.items() if given.rules and given.rules.snippets}
    staying = [live for live in _staying(desk, found) if live.record.name not in apart]
    _find_removals(held, wanted, found, staying, prune=prune)
    found.renewed = [
        live for live in staying if changed.keys() & used_by(live.rules, found.library).keys()
    ]


def _staying(desk: Desk, found: Undertaking) -> list[LiveConnection]:
    """Those whose rules are not in the change. A peer's stay until it knows that they ended."""
    gone = {each.record.id for each in found.removed if not each.record.peer}
    gone |= {work.after.id for work in found.ends if work.rules is not None}
    return [live for live in scripted(desk) if live.record.id not in gone]


def _find_removals(
    held: Held,
    wanted: Configuration,
    found: Undertaking,
    staying: list[LiveConnection],
    *,
    prune: bool,
) -> None:
    absent = [row for name, row in held.snippets.items() if name not in wanted.snippets]
    if not prune:
        found.kept += [f"snippet {row.name}" for row in absent]
        return
    used = set(_used(wanted, found, staying))
    found.kept += [f"snippet {row.name}, which is still used" for row in absent if row.name in used]
    found.removed_snippets = [row for row in absent if row.name not in used]
    gone = {row.name for row in found.removed_snippets}
    found.library = tuple(each for each in found.library if each.name not in gone)


def _used(
    wanted: Configuration, found: Undertaking, staying: list[LiveConnection]
) -> Iterator[str]:
    """By rules as they will be, and by the snippets that are wanted."""
    for live in staying:
        yield from (snippet.name for snippet in live.rules.snippets)
    sets = [live.rules for live in staying]
    sets += [RuleSet(0, work.rules.outgoing, work.rules.incoming)
             for work in found.ends if work.rules and not work.rules.snippets]  # fmt: skip
    sets += [RuleSet(0, source, "") for source in wanted.snippets.values()]
    for rules in sets:
        yield from used_by(rules, found.library)


async def check_snippets(desk: Desk, found: Undertaking) -> None:
    """Those that change, else what reaches them and stays as it is."""
    engine, library = desk.engine, found.library
    changed = [work.after for work in found.snippets]
    for snippet in changed:
        found.findings += await engine.check_snippet(snippet, library)
    if found.findings:
        return
    for other in library:
        if other not in changed and any(reaches(other, one.name, library) for one in changed):
            found.findings += await engine.check_snippet(other, library)
    for live in found.renewed:
        folder = f"connections/{live.record.name}"
        found.findings += await check_files(desk, live.rules, folder, library)
