"""The life of rules, with the real engine: drafts, versions, the recorder, replays, dry runs."""

import time
from typing import Any

import msgspec
import pytest

from schemas.api import PageQuery
from schemas.error_api import ErrorQuery
from schemas.errors import InputError
from schemas.issue import Issue, IssueRef
from schemas.rich_text import plain
from schemas.rule_life import (
    DiffQuery,
    DraftPut,
    DryRunBody,
    PublishBody,
    ReplayBody,
    RollbackBody,
    RulesPut,
)
from schemas.rules import RuleContext
from schemas.snippets import SnippetPut, SnippetRollback
from schemas.twin_api import ActivityQuery, SyncBody
from service.store import rule_recordings, twins
from service.store.rule_recordings import Bounds
from service.workers.tape import HOUR, Run, bounds_of, packed, unpacked
from tests.unit.service.workers.operations.conftest import IN, OUT, Office

BROKEN = OUT.replace("issue.status", "issue.statos")
SHOUTING = OUT.replace("issue.summary", "issue.summary.upper()")


@pytest.fixture
def office(local_office: Office) -> Office:
    return local_office


@pytest.fixture
def rules(office: Office) -> Any:
    return office.operations.rule_life


async def sync(office: Office, **fields: Any) -> tuple[str, str]:
    """A person's issue under sync in `here`, and its twin."""
    tracker = office.shop.trackers["tracker"]
    issue = tracker.person_creates({"summary": "Crash", "status": "todo", "labels": ()} | fields)
    (synced,) = (await office.operations.sync(SyncBody(issue=issue, connection="here"))).twins
    await office.shop.rest()
    return issue, synced.twin


async def edit(office: Office, issue: str, name: str, value: Any) -> None:
    office.shop.trackers["tracker"].person_sets(issue, name, value)
    office.shop.at += 10_000
    await office.shop.change("tracker", issue)
    await office.shop.rest()


def boards(office: Office) -> list[str]:
    trackers = office.shop.trackers.values()
    return sorted(held.fields["summary"] for t in trackers for held in t.issues.values())


# Versions


async def test_a_draft_decides_nothing_until_it_is_published(office, rules) -> None:
    before = office.shop.roster.connection_named("here").rules
    saved = await rules.save_draft("here", DraftPut(SHOUTING, IN, "louder"), "bob")
    assert (saved.findings, saved.based_on) == ((), before.version)
    assert office.shop.roster.connection_named("here").rules == before
    published = await rules.publish("here", PublishBody(), "ann")
    assert office.shop.roster.connection_named("here").rules.outgoing == SHOUTING
    newest = (await rules.versions("here", PageQuery())).results[0]
    assert (newest.version, newest.author, newest.message, newest.published) == (
        published.version,
        "ann",
        "louder",
        True,
    )
    assert (await rules.draft("here")).saved == 0


async def test_a_draft_with_findings_is_kept_and_not_published(office, rules) -> None:
    saved = await rules.save_draft("here", DraftPut(BROKEN, IN), "bob")
    assert saved.findings[0].line == 2
    refused = await rules.publish("here", PublishBody(), "bob")
    assert (refused.version, refused.findings) == (None, saved.findings)
    assert (await rules.draft("here")).outgoing == BROKEN
    await rules.discard("here")
    assert (await rules.draft("here")).outgoing == OUT


async def test_a_draft_of_an_older_version_does_not_undo_another_s_change(office, rules) -> None:
    await rules.save_draft("here", DraftPut(SHOUTING, IN), "bob")
    edited = RulesPut(OUT + "\n# by ann\n", IN)
    await office.operations.save_rules("here", edited, "ann")
    with pytest.raises(InputError, match="saved meanwhile") as caught:
        await rules.publish("here", PublishBody(), "bob")
    assert caught.value.status == 409


async def test_an_earlier_version_is_published_again_as_a_new_one(office, rules) -> None:
    first = office.shop.roster.connection_named("here").rules.version
    await office.operations.save_rules("here", RulesPut(SHOUTING, IN), "ann")
    found = await rules.diff("here", DiffQuery(before=first, after=first + 1))
    assert "+    return Replica(summary=issue.summary.upper()" in found.outgoing
    assert found.incoming == ""
    back = await rules.roll_back("here", RollbackBody(first), "bob")
    assert back.version == first + 2
    assert office.shop.roster.connection_named("here").rules.outgoing == OUT
    page = await rules.versions("here", PageQuery(1, 2))
    assert [row.version for row in page.results] == [first + 2, first + 1]
    assert page.results[0].message == f"Back to version {first}"
    assert (await rules.version("here", str(first + 1))).outgoing == SHOUTING
    for wrong in ("99", "x", "٣", "-1"):
        with pytest.raises(InputError, match="no version"):
            await rules.version("here", wrong)


async def test_the_draft_is_compared_with_what_is_published(office, rules) -> None:
    assert (await rules.diff("here", DiffQuery())).outgoing == ""
    await rules.save_draft(
        "here", DraftPut(OUT, IN.replace("Wanted(", "Wanted(project='P', ")), "b"
    )
    found = await rules.diff("here", DiffQuery())
    assert found.after == 0
    assert "incoming.py (draft)" in found.incoming


async def test_each_activity_names_the_version_of_the_rules_that_decided(office) -> None:
    issue, twin = await sync(office)
    (there,) = (
        live.record.name
        for live in office.shop.roster.connections.values()
        if live.record.name != "here"
    )
    saved = await office.operations.save_rules(there, RulesPut(OUT + "\n", IN), "ann")
    await edit(office, issue, "status", "done")
    page = await office.operations.activity(ActivityQuery(connection=there, twin=twin))
    decided = [entry.detail["rules"] for entry in page.results]
    assert (decided[0], decided[-1]) == (saved.version, saved.version - 1)


# The recorder


async def recorded(office: Office, name: str = "here") -> list[Run]:
    live, store = office.shop.roster.connection_named(name), office.shop.store
    found = await store.read(lambda c: rule_recordings.page(c, store.vault, live.record.id))
    return [unpacked(each.content) for each in found]


async def test_what_rules_were_given_is_recorded_where_it_is_switched_on(office, rules) -> None:
    issue, twin = await sync(office, summary="canary-31d9")
    await edit(office, issue, "status", "done")
    runs = await recorded(office)
    assert {run.direction for run in runs} >= {"outgoing"}
    assert {run.twin for run in runs} == {twin}
    last = [run for run in runs if run.direction == "outgoing"][-1]
    assert last.issue.fields["status"] == "done"
    assert last.context.previous["status"] == "todo"
    there = next(n for n in office.shop.roster.connections.values() if n.record.name != "here")
    assert await recorded(office, there.record.name) == []
    view = await rules.recorder("here")
    assert (view.on, view.count) == (True, len(runs))
    await rules.forget("here")
    assert (await rules.recorder("here")).count == 0


async def test_recordings_are_sealed(office, rules) -> None:
    await sync(office, summary="canary-31d9")
    store = office.shop.store
    rows = await store.read(lambda c: c.exec_driver_sql("SELECT * FROM rule_recordings").all())
    assert rows
    assert "canary" not in repr(rows)


async def test_recordings_are_bounded_in_time_and_in_size(office) -> None:
    live, store = office.shop.roster.connection_named("here"), office.shop.store
    id, now = live.record.id, office.shop.at

    async def put(at: int, bounds: Bounds) -> list[int]:
        await store.write(
            lambda c: rule_recordings.add(
                c, store.vault, id, [b"x" * 1000], place=str(at), at=at, bounds=bounds
            )
        )
        found = await store.read(lambda c: rule_recordings.page(c, store.vault, id))
        return [each.at for each in found]

    wide = Bounds(0, 1 << 20)
    assert await put(now, wide) == [now]
    assert await put(now + 1, wide) == [now, now + 1]
    assert await put(now + 2, Bounds(now + 1, 1 << 20)) == [now + 1, now + 2]
    held = await store.read(lambda c: rule_recordings.held(c, id))
    assert await put(now + 3, Bounds(0, held.size)) == [now + 2, now + 3]
    assert await put(now + 4, Bounds(0, held.size - 1)) == [now + 4]
    off = msgspec.structs.replace(live.record.settings, record_hours=0)
    quiet = msgspec.structs.replace(live, record=msgspec.structs.replace(live.record, settings=off))
    assert bounds_of(live, now).since == now - 24 * HOUR
    assert await store.write(lambda c: rule_recordings.prune(c, id, bounds_of(quiet, now))) == 1


# Replays

WORDS = ("Login fails", "Page is slow", "Text is cut off")


async def plant(office: Office, count: int) -> None:
    live, store = office.shop.roster.connection_named("here"), office.shop.store
    runs = []
    for number in range(count):
        fields = {
            "summary": f"{WORDS[number % 3]} {number}",
            "status": "Blocked" if number % 500 == 7 else "Open",
            "description": plain(f"Step {number}"),
            "labels": ("web",),
        }
        issue = Issue(IssueRef(str(number), f"P-{number}", ""), 1, 0, "P", fields, (), ())
        context = RuleContext("here", "left", "right", local_key=f"P-{number}", now=1)
        runs.append(packed(Run("outgoing", 2, context, issue=issue, twin="t", key=f"P-{number}")))
    bounds = Bounds(0, 1 << 30)
    await store.write(
        lambda c: rule_recordings.add(
            c, store.vault, live.record.id, runs, place="planted", at=office.shop.at, bounds=bounds
        )
    )


async def test_a_replay_of_5000_runs_finds_exactly_what_was_planted(office, rules, capsys) -> None:
    await plant(office, 5_000)
    draft = OUT.replace(
        "    return", '    if issue.status == "Blocked":\n        stop("ask")\n    return'
    ).replace("status=issue.status", 'status="Late" if "42" in issue.summary else issue.status')
    await rules.save_draft("here", DraftPut(draft, IN), "bob")
    began, after, found = time.perf_counter(), 0, []
    while True:
        report = await rules.replay("here", ReplayBody(after=after, limit=1_000))
        found += report.differing
        if not report.more:
            break
        after = report.last
    seconds = time.perf_counter() - began
    with capsys.disabled():
        print(f"\n5,000 recorded runs replayed by two rules in {seconds:.1f} s")
    blocked = {f"P-{number}" for number in range(5_000) if number % 500 == 7}
    late = {f"P-{number}" for number in range(5_000) if "42" in str(number)} - blocked
    assert {one.issue for one in found} == blocked | late
    for one in found:
        places = {each.at for each in one.differences}
        assert places == (
            {"fields.status"} if one.issue in late else {"fields", "parks", "comments"} & places
        )
        assert ("parks" in places) == (one.issue in blocked)


async def test_a_replay_needs_a_draft_and_runs_nothing_that_did_not_change(office, rules) -> None:
    await plant(office, 3)
    with pytest.raises(InputError, match="no draft"):
        await rules.replay("here", ReplayBody())
    report = await rules.replay("here", ReplayBody(incoming=IN + "\n"))
    assert (report.seen, report.differing, report.more) == (3, (), False)
    later = await rules.replay("here", ReplayBody(outgoing=SHOUTING, since=office.shop.at + 1))
    assert later.seen == 0
    found = (await rules.replay("here", ReplayBody(outgoing=SHOUTING))).differing
    assert found[0].differences[0].after == '"LOGIN FAILS 0"'


# Dry runs


async def test_a_dry_run_tells_what_the_real_one_then_does(office, rules) -> None:
    issue, twin = await sync(office)
    tracker = office.shop.trackers["tracker"]
    tracker.person_sets(issue, "summary", "Crash again")
    before, calls = boards(office), tracker.writes
    row = await office.shop.row(office.shop.roster.connection_named("here").record.id, twin)
    run = await rules.dry_run("here", DryRunBody(issue))
    assert (run.error, run.twin, run.writes) == ("", twin, ())
    assert run.outgoing["fields"]["summary"] == "Crash again"
    assert [(one.at, one.before, one.after) for one in run.told] == [
        ("summary", '"Crash"', '"Crash again"')
    ]
    # This node has both ends: what the other one would write is told too.
    there = run.there
    assert (there.connection, there.error) == (office.other_end("here"), "")
    assert there.wanted["fields"]["summary"] == "Crash again"
    assert [(write.call, write.detail) for write in there.writes] == [
        ("update", {"set": {"summary": "Crash again"}})
    ]
    assert (boards(office), tracker.writes) == (before, calls)
    after = await office.shop.row(row.connection, twin)
    assert after == row
    await edit(office, issue, "summary", "Crash again")
    assert boards(office) == ["Crash again", "Crash again"]


async def test_a_dry_run_tells_the_writes_to_this_side(office, rules) -> None:
    issue, _ = await sync(office)
    tracker = office.shop.trackers["tracker"]
    there_held = office.shop.trackers["other"].issues
    (mirror,) = there_held
    there = next(
        live for live in office.shop.roster.connections.values() if live.record.name != "here"
    )
    tracker.person_sets(issue, "status", "done")
    tracker.person_comments(issue, "Found it")
    office.shop.at += 10_000
    await office.shop.change("tracker", issue)
    run = await rules.dry_run(there.record.name, DryRunBody(mirror))
    assert [write.call for write in run.writes] == ["update", "add_comment"]
    assert run.writes[0].detail == {"set": {"status": "done"}}
    assert "Found it" in run.writes[1].detail["body"]
    assert there_held[mirror].fields["status"] == "todo"
    await office.shop.rest()
    assert there_held[mirror].fields["status"] == "done"
    assert len(there_held[mirror].comments) == 1


async def test_a_dry_run_tells_where_the_other_end_would_fail(office, rules) -> None:
    issue, _ = await sync(office)
    strict = IN.replace(
        "    return", '    if replica.status == "odd":\n        stop("ask")\n    return'
    )
    await office.operations.save_rules(office.other_end("here"), RulesPut(OUT, strict), "ann")
    office.shop.trackers["tracker"].person_sets(issue, "status", "odd")
    run = await rules.dry_run("here", DryRunBody(issue))
    assert (run.error, run.there.writes) == ("", ())
    assert run.there.error == "incoming.py:3: ask"


async def test_a_dry_run_of_an_issue_that_is_under_no_sync_begins_none(office, rules) -> None:
    issue = office.shop.trackers["tracker"].person_creates({"summary": "New", "status": "todo"})
    run = await rules.dry_run("here", DryRunBody(issue))
    assert run.message["fields"]["summary"] == "New"
    assert [write.call for write in run.there.writes] == ["create"]
    assert await office.shop.rows() == []
    with pytest.raises(InputError, match="no issue") as caught:
        await rules.dry_run("here", DryRunBody("nowhere"))
    assert caught.value.status == 404


async def test_a_rule_that_failed_can_be_tried_with_the_same_input(office, rules) -> None:
    issue, twin = await sync(office)
    fails = OUT.replace(
        "    return", '    if issue.status == "odd":\n        {}["odd"]\n    return'
    )
    await office.operations.save_rules("here", RulesPut(fails, IN), "ann")
    await edit(office, issue, "status", "odd")
    error = await office.operations.error("here", twin)
    assert (error.file, error.line) == ("outgoing.py", 3)
    run = await rules.dry_run("here", DryRunBody(twin))
    assert run.error.startswith("outgoing.py:3: KeyError")
    assert "^^^" in run.trace
    mended = await rules.dry_run("here", DryRunBody(twin, outgoing=OUT))
    assert (mended.error, mended.version) == ("", 0)
    assert mended.outgoing["fields"]["status"] == "odd"


# What a rule sees and says


async def test_a_rule_is_given_what_was_sent_before_and_which_comments_were_told(office) -> None:
    issue, _ = await sync(office)
    first = (await recorded(office))[0]
    assert (first.context.previous, first.context.told) == ({}, frozenset())
    tracker = office.shop.trackers["tracker"]
    comment = tracker.person_comments(issue, "one")
    await edit(office, issue, "summary", "Boom")
    tracker.person_edits_comment(issue, comment, "two")
    await edit(office, issue, "summary", "Bang")
    given = next(run for run in await recorded(office) if run.issue.fields["summary"] == "Bang")
    assert given.context.previous["summary"] == "Boom"
    assert given.context.told == {comment}
    assert [each.id for each in given.issue.comments] == [comment]


@pytest.mark.parametrize(
    ("poison", "told"),
    [
        ("while True:\n            pass", "ran longer"),
        ("x = 'a' * 8_000_000_000", "used more"),
        ("raise ValueError(issue.key)", "ValueError"),
        ("stop('Ask Ann.')", "Ask Ann."),
    ],
)
async def test_a_bad_rule_parks_only_the_issue_that_it_fails_on(office, poison, told) -> None:
    bad = OUT.replace("    return", f'    if issue.summary == "bad":\n        {poison}\n    return')
    await office.operations.save_rules("here", RulesPut(bad, IN), "ann")
    issues = {name: (await sync(office, summary=name))[0] for name in ("one", "bad", "two")}
    for issue in issues.values():
        await edit(office, issue, "status", "done")
    there_held = office.shop.trackers["other"].issues.values()
    assert {i.fields["summary"]: i.fields["status"] for i in there_held} == {
        "one": "done",
        "two": "done",
    }
    (parked,) = (await office.operations.errors(ErrorQuery())).results
    assert (parked.issue, parked.file) == (issues["bad"], "outgoing.py")
    assert told in parked.message
    assert parked.line >= 1


@pytest.mark.parametrize("rule", ["outgoing", "incoming"])
async def test_a_rule_ends_the_sync_after_its_last_word(office, rule) -> None:
    there = next(
        live for live in office.shop.roster.connections.values() if live.record.name != "here"
    )
    ending = 'stop_syncing={}.status == "closed")\n'
    out = OUT[:-2] + ", " + ending.format("issue") if rule == "outgoing" else OUT
    taken = IN[:-2] + ", " + ending.format("replica") if rule == "incoming" else IN
    await office.operations.save_rules("here", RulesPut(out, IN), "ann")
    await office.operations.save_rules(there.record.name, RulesPut(OUT, taken), "ann")
    issue, twin = await sync(office)
    there_held = office.shop.trackers["other"].issues
    (mirror,) = there_held
    await edit(office, issue, "status", "closed")
    assert there_held[mirror].fields["status"] == "closed"
    await edit(office, issue, "status", "open again")
    assert there_held[mirror].fields["status"] == "closed"
    ended = "here" if rule == "outgoing" else there.record.name
    id = office.shop.roster.connection_named(ended).record.id
    found = await office.shop.store.read(lambda c: twins.get(c, id, twin))
    assert found.state.stopped


# Snippets

TOLD = 'TO_THEM = {"todo": "New"}\n\n\ndef told(status: str | None) -> str | None:\n'
TOLD += "    return map_value(TO_THEM, status)\n"
USING = "from snippets.statuses import told\n\n\n" + OUT.replace(
    "status=issue.status", "status=told(issue.status)"
)


@pytest.fixture
async def snippets(office: Office) -> Any:
    made = office.operations.snippets
    await made.save("statuses", SnippetPut(TOLD), "ann")
    saved = await office.operations.save_rules("here", RulesPut(USING, IN), "ann")
    assert saved.findings == ()
    return made


def sent_status(office: Office) -> str:
    trackers = office.shop.trackers["other"]
    return [held.fields["status"] for held in trackers.issues.values()][-1]


async def test_a_snippet_decides_and_a_new_version_of_it_is_one_of_the_rules(
    office, rules, snippets
):
    issue, _ = await sync(office)
    assert sent_status(office) == "New"
    version = office.shop.roster.connection_named("here").rules.version
    saved = await snippets.save("statuses", SnippetPut(TOLD.replace("New", "Open"), "so"), "bob")
    assert (saved.version, saved.connections) == (2, ("here",))
    newest = (await rules.versions("here", PageQuery())).results[0]
    assert (newest.version, newest.author, newest.message, newest.snippets) == (
        version + 1,
        "bob",
        "Snippet statuses, version 2: so",
        {"statuses": 2},
    )
    await edit(office, issue, "summary", "Crash again")
    assert sent_status(office) == "Open"


async def test_a_snippet_that_breaks_a_rule_is_refused_and_names_it(office, snippets):
    before = office.shop.roster.connection_named("here").rules
    refused = await snippets.save("statuses", SnippetPut(TOLD.replace("told", "toled")), "bob")
    (found,) = refused.findings
    assert (refused.version, found.file, found.line) == (None, "here/outgoing.py", 1)
    assert "does not define told. Did you mean 'toled'?" in found.message
    typed = TOLD.replace("status: str | None", "status: int")
    (found,) = (await snippets.save("statuses", SnippetPut(typed), "bob")).findings
    assert (found.file, found.line) == ("snippets/statuses.py", 5)
    assert office.shop.roster.connection_named("here").rules == before
    assert (await snippets.one("statuses")).version == 1


async def test_rolling_rules_back_brings_the_snippets_of_then(office, rules, snippets):
    version = office.shop.roster.connection_named("here").rules.version
    saved = await snippets.save("statuses", SnippetPut(TOLD.replace("New", "Open")), "bob")
    assert saved.findings == ()
    await rules.roll_back("here", RollbackBody(version), "ann")
    await sync(office)
    assert sent_status(office) == "New"
    shown = await snippets.one("statuses")
    assert [(use.connection, use.version) for use in shown.used_by] == [("here", 1)]
    assert shown.version == 2
    back = await snippets.roll_back("statuses", SnippetRollback(1), "ann")
    assert (back.version, back.connections) == (3, ("here",))
    assert (await snippets.one("statuses")).source == TOLD


async def test_a_dry_run_and_a_replay_of_a_draft_see_the_newest_snippets(office, rules, snippets):
    issue, _ = await sync(office)
    version = office.shop.roster.connection_named("here").rules.version
    saved = await snippets.save("statuses", SnippetPut(TOLD.replace("New", "Open")), "bob")
    assert saved.findings == ()
    await rules.roll_back("here", RollbackBody(version), "ann")
    run = await rules.dry_run("here", DryRunBody(issue, outgoing=USING))
    assert run.outgoing["fields"]["status"] == "Open"
    run = await rules.dry_run("here", DryRunBody(issue))
    assert run.outgoing["fields"]["status"] == "New"
    report = await rules.replay("here", ReplayBody(USING))
    (changed,) = {each for one in report.differing for each in one.differences}
    assert (changed.at, changed.before, changed.after) == ("fields.status", '"New"', '"Open"')


async def test_a_snippet_in_use_stays_and_one_that_nothing_uses_can_go(office, snippets):
    with pytest.raises(InputError, match="is used by here") as caught:
        await snippets.remove("statuses", "ann")
    assert caught.value.status == 409
    await office.operations.save_rules("here", RulesPut(OUT, IN), "ann")
    await snippets.remove("statuses", "ann")
    assert (await snippets.all(PageQuery())).results == ()
    saved = await office.operations.save_rules("here", RulesPut(USING, IN), "ann")
    assert "There is no snippet statuses." in saved.findings[0].message
    again = await snippets.save("statuses", SnippetPut(TOLD), "ann")
    assert again.version == 3
    removed = [row.removed for row in (await snippets.versions("statuses", PageQuery())).results]
    assert removed == [False, True, False]


async def test_a_snippet_has_a_name_that_can_be_imported(office):
    for name in ("Statuses", "a-b", "class", "../x", ""):
        with pytest.raises(InputError, match="cannot be the name"):
            await office.operations.snippets.save(name, SnippetPut("A = 1\n"), "ann")


# Keys of other issues

NAMING = OUT.replace(
    "status=issue.status",
    "status=remote_key_of(text(issue.summary)) or local_key_of('other-i1') or 'none'",
)


async def test_a_rule_is_told_the_keys_of_other_issues(office, rules):
    first, _ = await sync(office)
    saved = await office.operations.save_rules("here", RulesPut(NAMING, IN), "ann")
    assert saved.findings == ()
    (mirror,) = office.shop.trackers["other"].issues
    await sync(office, summary=first)
    assert sent_status(office) == mirror
    issue, _ = await sync(office, summary="no key")
    assert sent_status(office) == first
    run = await rules.dry_run("here", DryRunBody(issue))
    assert run.outgoing["fields"]["status"] == first
    replayed = await rules.replay("here", ReplayBody(NAMING.replace("'none'", "'?'")))
    assert (replayed.seen > 0, replayed.differing) == (True, ())
