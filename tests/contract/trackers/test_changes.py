"""How every tracker's adapter hears of changes, and what it tells of itself."""

import pytest

from adapters.port import ChangesPage, Discovery, Tracker, WebhookRequest
from schemas.errors import InputError
from tests.contract.trackers.harness import Site


async def rest_of(tracker: Tracker, cursor: str) -> tuple[list[str], str]:
    """All that a scan tells from there on, and where it goes on."""
    told: list[str] = []
    for _ in range(200):
        page: ChangesPage = await tracker.changed_since(cursor, ())
        told += [change.issue for change in page.changes]
        cursor = page.cursor
        if page.complete:
            return told, cursor
    raise AssertionError("the scan does not come to an end")


async def start(site: Site, tracker: Tracker) -> str:
    cursor = (await tracker.changed_since(None, ())).cursor
    site.clock.pass_(10)
    return cursor


async def test_a_scan_tells_what_people_did(site: Site, tracker: Tracker, draft) -> None:
    old = (await tracker.create(draft())).ref.id
    site.clock.pass_(120)
    cursor = await start(site, tracker)
    new = await site.hands.write_issue("New")
    await site.hands.rename(old, "Renamed")
    site.clock.pass_(60)
    told, cursor = await rest_of(tracker, cursor)
    assert {old, new} <= set(told)
    await site.hands.comment(new, "And a comment")
    site.clock.pass_(60)
    told, _ = await rest_of(tracker, cursor)
    assert new in told


async def test_a_scan_comes_to_rest(site: Site, tracker: Tracker) -> None:
    cursor = await start(site, tracker)
    issue = await site.hands.write_issue("New")
    site.clock.pass_(60)
    told, cursor = await rest_of(tracker, cursor)
    assert issue in told
    if site.weather is None:
        return  # others write there at the same time
    for _ in range(3):
        site.clock.pass_(60)
        told, cursor = await rest_of(tracker, cursor)
    assert told == []


async def test_a_scan_in_small_pages_loses_nothing(site: Site) -> None:
    tracker = site.open(**site.small_pages)
    cursor = await start(site, tracker)
    made = []
    for number in range(9):
        made.append(await site.hands.write_issue(f"Issue {number}"))
        if number % 3 == 2:
            site.clock.pass_(1)
    site.clock.pass_(60)
    told, _ = await rest_of(tracker, cursor)
    assert set(made) <= set(told)


async def test_a_change_in_the_second_of_the_last_one_is_told(site: Site, tracker: Tracker) -> None:
    first = await site.hands.write_issue("First")
    cursor = (await tracker.changed_since(None, ())).cursor
    told, cursor = await rest_of(tracker, cursor)
    await site.hands.rename(first, "Renamed at once")
    site.clock.pass_(60)
    told, _ = await rest_of(tracker, cursor)
    assert first in told


async def test_the_full_scan_tells_every_issue_once(site: Site) -> None:
    tracker = site.open(**site.small_pages)
    made = [await site.hands.write_issue(f"Issue {number}") for number in range(5)]
    site.clock.pass_(60)
    told = [change.issue async for change in tracker.all_issues(())]
    assert set(made) <= set(told)
    assert len(told) == len(set(told))


async def test_strangers_webhooks_are_turned_away(tracker: Tracker) -> None:
    for secret in ("", "wrong"):
        with pytest.raises(InputError) as raised:
            tracker.parse_webhook(WebhookRequest({}, secret, b"{}"))
        assert raised.value.status == 401


async def test_the_check_passes_stage_by_stage(site: Site, tracker: Tracker) -> None:
    results = await tracker.check(site.values.project)
    assert [result.passed for result in results] == [True] * 4, results


async def test_the_check_notices_wrong_credentials(site: Site) -> None:
    results = await site.open(**site.wrong_credentials).check(site.values.project)
    assert not results[-1].passed
    assert results[-1].stage in ("server", "credentials")
    assert results[-1].remedy
    assert "nobody-has-this" not in f"{results}"


async def test_the_check_notices_a_project_that_is_not_there(tracker: Tracker) -> None:
    results = await tracker.check("nosuchproject")
    assert (results[-1].stage, results[-1].passed) == ("project", False)


async def test_people_are_found(site: Site, tracker: Tracker) -> None:
    found = await tracker.find_users(site.values.person.name)
    assert site.values.person.name in [user.name for user in found]


async def test_what_the_project_knows_is_discovered(site: Site, tracker: Tracker) -> None:
    if not site.values.discovers:
        pytest.skip("the adapter does not discover yet")
    discovery: Discovery = tracker  # type: ignore[assignment]
    assert site.values.project in [choice.id for choice in await discovery.projects()]
    known = await discovery.metadata(site.values.project)
    types = {info.type.name: info for info in known.types}
    fields = {field.name: field for field in types[site.values.type].fields}
    assert set(site.values.fields) <= set(fields)
    statuses = {choice.name for choice in types[site.values.type].statuses}
    assert set(site.values.statuses) <= statuses
    assert set(known.link_kinds) == set(tracker.capabilities.link_kinds)
