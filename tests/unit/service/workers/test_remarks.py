"""Time spent travels like comments: as a record where the tracker keeps some, else in words."""

from typing import Any

import msgspec
import pytest

from schemas.issue import Issue, Part, Worklog, WorklogDraft
from schemas.node import ConnectionSettings
from schemas.rich_text import RichText, plain, to_plain
from schemas.values import User, Work
from service.sync.disclosure import DEFAULT
from service.workers.remarks import TIME, in_words
from tests.simulation.model_tracker import Clock, ModelTracker
from tests.unit.service.workers.workshop import NOW, Workshop

START = 1_759_968_000_000  # 2025-10-09


class TimedTracker(ModelTracker):
    """Keeps records of time."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.capabilities = msgspec.structs.replace(self.capabilities, worklogs=True)
        self.records: dict[str, dict[str, Worklog]] = {}

    def _issue(self, held: Any, parts: frozenset[Part] = frozenset(Part)) -> Issue:
        issue = super()._issue(held, parts)
        if Part.WORKLOGS not in parts:
            return issue
        records = tuple(self.records.get(held.id, {}).values())
        return msgspec.structs.replace(issue, worklogs=records)

    def person_works(self, issue: str, seconds: int, words: str = "") -> str:
        body = plain(words) if words else None
        record = Worklog(self.new_id("w"), seconds, START, User("person"), body, self.clock())
        return self._keep(issue, record).id

    def person_corrects(self, issue: str, record_id: str, seconds: int) -> None:
        record = self.records[issue][record_id]
        self._keep(issue, msgspec.structs.replace(record, seconds=seconds, updated=self.clock()))

    def person_removes(self, issue: str, record_id: str) -> None:
        del self.records[issue][record_id]
        self._touch(self.issues[issue])

    def _keep(self, issue: str, record: Worklog) -> Worklog:
        self.records.setdefault(issue, {})[record.id] = record
        self._touch(self.issues[issue])
        return record

    async def add_worklog(self, issue_id: str, draft: WorklogDraft) -> Worklog:
        self.step("before work")
        return self._keep(
            issue_id,
            Worklog(
                self.new_id("w"), draft.seconds, draft.started, User("sync"), draft.comment,
                self.clock(), draft.marker,
            ),
        )  # fmt: skip

    async def edit_worklog(self, issue_id: str, worklog_id: str, draft: WorklogDraft) -> Worklog:
        self.step("before work")
        known = self.records[issue_id][worklog_id]
        changed = msgspec.structs.replace(known, seconds=draft.seconds, comment=draft.comment)
        return self._keep(issue_id, changed)

    async def delete_worklog(self, issue_id: str, worklog_id: str) -> None:
        self.step("before work")
        self.records[issue_id].pop(worklog_id, None)


def timed_tracker(shop: Workshop, name: str) -> TimedTracker:
    clock = Clock()
    clock.at = NOW
    tracker = TimedTracker(name, clock, lambda field, value: value, markers=True)
    tracker.step = shop.calls.append
    shop.trackers[name] = tracker
    return tracker


@pytest.fixture
async def timed(shop: Workshop) -> Workshop:
    """`a` keeps time, and tells it to `b`, which keeps none, and to `t`, which does."""
    settings = ConnectionSettings(project="P", disclosed=(*DEFAULT, TIME))
    for name in "at":
        timed_tracker(shop, name)
    await shop.add_connector("t")
    for other in "bt":
        ends = (f"a-{other}.a", f"a-{other}.{other}")
        for id, connector, counterpart in ((ends[0], "a", ends[1]), (ends[1], other, ends[0])):
            await shop.add_connection(
                id, connector, shared=other, type="local", peer="", counterpart=counterpart,
                local_side=connector, settings=settings,
            )  # fmt: skip
    await shop.roster.reload()
    return shop


async def synced(shop: Workshop, other: str, issue: str) -> str:
    """Answers the issue on the other side."""
    twin = await shop.sync(f"a-{other}.a", issue)
    await shop.rest()
    mirror = (await shop.row(f"a-{other}.{other}", twin)).state.issue
    assert mirror is not None
    return mirror.id


async def news(shop: Workshop, connector: str, issue: str) -> None:
    shop.at += 10_000
    shop.trackers[connector].clock.at = shop.at
    await shop.change(connector, issue)
    await shop.rest()


async def test_records_become_records_with_their_later_changes(timed, issue_of) -> None:
    here, there = timed.trackers["a"], timed.trackers["t"]
    issue = issue_of(here)
    record = here.person_works(issue, 5400, "looked into it")
    mirror = await synced(timed, "t", issue)
    (kept,) = there.records[mirror].values()
    assert (kept.seconds, kept.started) == (5400, START)
    assert to_plain(kept.comment) == "looked into it"
    here.person_corrects(issue, record, 7200)
    await news(timed, "a", issue)
    assert [each.seconds for each in there.records[mirror].values()] == [7200]
    here.person_removes(issue, record)
    await news(timed, "a", issue)
    assert there.records[mirror] == {}
    assert there.issues[mirror].comments == {}


async def test_a_mirrored_record_does_not_come_back(timed, issue_of) -> None:
    here, there = timed.trackers["a"], timed.trackers["t"]
    issue = issue_of(here)
    here.person_works(issue, 60)
    mirror = await synced(timed, "t", issue)
    for _ in range(2):
        await news(timed, "t", mirror)
        await news(timed, "a", issue)
    assert len(here.records[issue]) == len(there.records[mirror]) == 1


async def test_where_no_time_is_kept_it_is_told_in_words(timed, issue_of) -> None:
    here, there = timed.trackers["a"], timed.trackers["b"]
    issue = issue_of(here)
    record = here.person_works(issue, 5400, "looked into it")
    mirror = await synced(timed, "b", issue)
    (comment,) = there.issues[mirror].comments.values()
    assert to_plain(comment.body).split("\n\n") == [
        "Time spent: 1 h 30 min on 2025-10-09",
        "looked into it",
    ]
    here.person_corrects(issue, record, 1800)
    await news(timed, "a", issue)
    (comment,) = there.issues[mirror].comments.values()
    assert to_plain(comment.body).startswith("Time spent: 30 min on")


async def test_time_stays_at_home_where_the_connection_does_not_tell_it(shop, issue_of) -> None:
    here = timed_tracker(shop, "a")
    without = tuple(DEFAULT - {"worklogs"})
    await shop.add_local(settings=ConnectionSettings(project="P", disclosed=without))
    await shop.roster.reload()
    issue = issue_of(here)
    here.person_works(issue, 60)
    here.person_comments(issue, "a comment")
    await shop.sync("a-b.a", issue)
    await shop.rest()
    (mirror,) = shop.trackers["b"].issues.values()
    assert [to_plain(each.body) for each in mirror.comments.values()] == ["a comment"]


async def test_comments_and_records_are_read_together_or_not_at_all(timed, issue_of) -> None:
    """Else the one kind would look deleted when only the other was read."""
    here = timed.trackers["a"]
    issue = issue_of(here)
    comment = here.person_comments(issue, "a comment")
    here.person_works(issue, 60)
    mirror = await synced(timed, "t", issue)
    timed.at += 10_000
    here.person_edits_comment(issue, comment, "an edit")
    await timed.change("a", issue, parts=(Part.COMMENTS,))
    timed.at += 10_000
    here.person_works(issue, 120)
    await timed.change("a", issue, parts=(Part.WORKLOGS,))
    await timed.rest()
    there = timed.trackers["t"]
    assert len(there.records[mirror]) == 2
    assert len(there.issues[mirror].comments) == 1


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 min"), (29, "0 min"), (60, "1 min"), (3600, "1 h"), (90_000, "25 h")],
)
def test_hours_are_written_as_people_write_them(seconds: int, words: str) -> None:
    assert to_plain(in_words(RichText(()), Work(seconds, START))) == (
        f"Time spent: {words} on 2025-10-09"
    )
