"""What webhooks missed is found; a cursor moves only when what it covers is on the bus."""

import asyncio
from typing import Any

import pytest

from adapters.port import ChangesPage
from schemas.errors import BusUnavailable, Fault, TrackerError
from schemas.events import IssueChanged
from schemas.node import ConnectionSettings, Trigger
from service.store import connections, cursors
from service.workers.scanner import Scanner
from service.workers.webhook_desk import WebhookDesk


class Enough(Exception):
    pass


def changes(*issues: str) -> tuple[IssueChanged, ...]:
    return tuple(IssueChanged("a", issue, source="scan") for issue in issues)


@pytest.fixture
async def pages(private: Any) -> dict[str | None, ChangesPage]:
    """With a trigger that may want any issue of the project."""
    settings = ConnectionSettings(project="P", trigger=Trigger("P"))
    await private.store.write(lambda c: connections.update_settings(c, "c", settings, private.at))
    await private.roster.reload()
    found: dict[str | None, ChangesPage] = {
        None: ChangesPage(changes("1"), "first", complete=False),
        "first": ChangesPage(changes("2", "3"), "second", complete=True),
        "second": ChangesPage((), "third", complete=True),
        "third": ChangesPage((), "third", complete=True),
    }

    async def changed_since(cursor: str | None, projects: tuple[str, ...]) -> ChangesPage:
        assert projects == ("P",)
        return found[cursor]

    private.trackers["a"].changed_since = changed_since
    return found


@pytest.fixture
def make_scanner(private: Any) -> Any:
    def make(publish: Any = None, sleep: Any = None) -> Scanner:
        return Scanner(
            "a",
            store=private.store,
            roster=private.roster,
            desk=WebhookDesk(private.roster, private.worker.recent, private.store),
            breakers=private.breakers,
            metrics=private.metrics,
            publish=publish or private.publish,
            now=private.now,
            sleep=sleep or asyncio.sleep,
            interval=60,
            full_hours=24,
        )

    return make


async def cursor(shop: Any, name: str = "changes") -> str | None:
    return await shop.store.read(lambda c: cursors.get(c, "a", name))


async def test_a_scan_reads_page_after_page_and_goes_on_there(private, pages, make_scanner) -> None:
    scanner = make_scanner()
    assert await scanner.scan() == 3
    assert [event.issue for event in private.published] == ["1", "2", "3"]
    assert await cursor(private) == "second"
    assert await scanner.scan() == 0
    assert await cursor(private) == "third"


async def test_what_could_not_be_published_is_found_again(private, pages, make_scanner) -> None:
    async def refused(events: Any) -> None:
        if events[0].issue != "1":
            raise BusUnavailable("the broker is away")
        await private.publish(events)

    with pytest.raises(BusUnavailable):
        await make_scanner(refused).scan()
    assert await cursor(private) == "first"
    assert await make_scanner().scan() == 2


async def test_an_issue_that_was_just_reconciled_is_not_published(
    private, pages, make_scanner, issue_of
) -> None:
    issue = issue_of(private.trackers["a"])
    await private.sync("c", issue)
    version = private.trackers["a"].issues[issue].version
    pages[None] = ChangesPage((IssueChanged("a", issue, version=version),), "x", complete=True)
    assert await make_scanner().scan() == 0


async def test_an_issue_that_no_trigger_wants_is_not_published(
    private, pages, make_scanner
) -> None:
    stranger = IssueChanged("a", "9", project="Q", source="scan")
    pages[None] = ChangesPage((stranger,), "x", complete=True)
    assert await make_scanner().scan() == 0


async def run_until_asleep(scanner_of: Any, rounds: int) -> list[float]:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == rounds:
            raise Enough

    with pytest.raises(Enough):
        await scanner_of(sleep=sleep).run()
    return slept


async def test_a_tracker_that_is_down_opens_its_breaker_and_is_left_in_peace(
    private, pages, make_scanner
) -> None:
    asked = []

    async def down(*_: Any) -> ChangesPage:
        asked.append(1)
        raise TrackerError(Fault.THROTTLED, "slow down", retry_after=500)

    private.trackers["a"].changed_since = down
    assert await run_until_asleep(make_scanner, 3) == [60, 60, 60]
    assert len(asked) == 1
    assert private.breakers.waits_until("a") == private.at + 500_000


async def test_a_full_scan_finds_what_bumps_no_date_once_a_day(
    private, pages, make_scanner, issue_of
) -> None:
    for _ in range(3):
        issue_of(private.trackers["a"])
    await run_until_asleep(make_scanner, 1)
    assert await cursor(private, "full") == str(private.at)
    private.published.clear()
    await run_until_asleep(make_scanner, 1)
    assert private.published == []
    private.at += 24 * 3_600_000
    await run_until_asleep(make_scanner, 1)
    assert len(private.published) == 3
    assert await cursor(private, "full") == str(private.at)


async def test_after_a_long_absence_a_full_scan_finds_what_only_webhooks_had_told(
    private, pages, make_scanner, issue_of
) -> None:
    for _ in range(3):
        issue_of(private.trackers["a"])
    await run_until_asleep(make_scanner, 1)
    private.at += 1_800_000
    private.published.clear()
    await run_until_asleep(make_scanner, 1)
    assert private.published == [], "half an hour is no long absence"
    private.at += 3_600_000
    await run_until_asleep(make_scanner, 2)
    assert len(private.published) == 3, "once, not each time"
