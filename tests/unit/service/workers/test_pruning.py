"""What is kept for a time only goes after it, in batches, and what is needed stays."""

import pytest

from schemas.access import AuditEntry
from schemas.bulk import TaskProgress, TaskStart
from schemas.node import Activity
from service.config.model import Keep
from service.store import activity, answers, audit, tasks
from service.store.store import Store
from service.store.tasks import TaskRow
from service.workers import pruning
from service.workers.pruning import Pruning

DAY = 86_400_000
KEEP = Keep(audit_days=2, activity_days=3, task_days=4, answer_hours=5)


async def test_each_kind_goes_after_its_own_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "_BATCH", 2)

    def fill(c) -> None:
        for at in range(7):
            audit.begin(c, AuditEntry(0, at, "user ann", "sync", "/sync", 200))
            activity.append(c, Activity(at, "twin.written"))
            status = "running" if at == 0 else "done"
            row = TaskRow(f"t{at}", at, status, "d", TaskStart("retry"), TaskProgress())
            tasks.add(c, row)
            answers.begin(c, store.vault, "ann", f"k{at}", b"d", now=at, ttl=DAY)

    async def left() -> tuple[int, int, int]:
        return await store.read(
            lambda c: (
                audit.count(c, audit.Filter()),
                len(activity.page(c, limit=100)),
                tasks.count(c),
            )
        )

    await store.write(fill)
    for at, expected in (
        (2 * DAY + 5, (2, 7, 7)),
        (3 * DAY + 5, (0, 2, 7)),
        (4 * DAY + 5, (0, 0, 3)),
    ):
        await Pruning(store, KEEP, now=lambda at=at: at).once()
        assert await left() == expected
    assert await store.read(lambda c: tasks.get(c, "t0")), "one under way was forgotten"


async def test_kept_answers_go_after_their_hours(store: Store) -> None:
    def first(c):
        return answers.begin(c, store.vault, "ann", "k", b"d", now=0, ttl=DAY)

    await store.write(first)
    await Pruning(store, KEEP, now=lambda: 5 * 3_600_000).once()
    assert await store.write(first) is not None
    await Pruning(store, KEEP, now=lambda: 5 * 3_600_000 + 1).once()
    assert await store.write(first) is None
