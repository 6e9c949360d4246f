"""What is dropped at the door: echoes and strangers. In doubt a change goes in."""

from typing import Any

import pytest

from schemas.errors import StoreUnavailable
from schemas.events import IssueChanged
from schemas.node import ConnectionSettings, Trigger
from service.store import connections
from service.workers.recent import Recent
from service.workers.webhook_desk import WebhookDesk


@pytest.fixture
def desk(private: Any) -> WebhookDesk:
    return WebhookDesk(private.roster, private.worker.recent, private.store)


async def want(shop: Any, project: str) -> None:
    settings = ConnectionSettings(project="P", trigger=Trigger(project))
    await shop.store.write(lambda c: connections.update_settings(c, "c", settings, shop.at))
    await shop.roster.reload()


def changed(issue: str, **more: Any) -> IssueChanged:
    return IssueChanged("a", issue, **more)


async def test_strangers_are_dropped_and_issues_under_sync_are_not(
    private: Any, desk: WebhookDesk, issue_of: Any
) -> None:
    known, strange = issue_of(private.trackers["a"]), issue_of(private.trackers["a"])
    await private.sync("c", known)
    changes = (changed(known), changed(strange), changed("99"))
    assert await desk.interested(changes) == changes[:1]


async def test_an_issue_that_this_process_never_saw_is_looked_up(
    private: Any, issue_of: Any
) -> None:
    issue = issue_of(private.trackers["a"])
    await private.sync("c", issue)
    desk = WebhookDesk(private.roster, Recent(), private.store)
    assert await desk.interested((changed(issue),)) == (changed(issue),)


async def test_what_a_trigger_may_want_goes_in(private: Any, desk: WebhookDesk) -> None:
    await want(private, "P")
    unknown, elsewhere = changed("7"), changed("8", project="Q")
    assert await desk.interested((unknown, elsewhere)) == (unknown,)


async def test_a_version_that_was_reconciled_is_dropped(
    private: Any, desk: WebhookDesk, issue_of: Any
) -> None:
    tracker = private.trackers["a"]
    issue = issue_of(tracker)
    await private.sync("c", issue)
    version = (await tracker.read(issue, frozenset())).version
    newer = changed(issue, version=version + 1)
    assert await desk.interested((changed(issue, version=version), newer)) == (newer,)


async def test_without_the_store_a_change_goes_in(
    private: Any, desk: WebhookDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def read(work: Any) -> Any:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(private.store, "read", read)
    assert await desk.interested((changed("7"),)) == (changed("7"),)
