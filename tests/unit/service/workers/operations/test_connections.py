"""Connections: local ones, pause, resume, remove, rules; and twins that a person retries."""

from typing import Any

import pytest

from adapters import registry
from schemas.agreement import AgreementBody
from schemas.connection_api import (
    ConnectionAccept,
    ConnectionInitiate,
    ConnectionQuery,
    ConnectionRemove,
    SettingsBody,
)
from schemas.error_api import ErrorQuery, RetryBody, RetryOne
from schemas.errors import Fault, InputError, TrackerError
from schemas.events import TwinDue
from schemas.node import Connector
from schemas.rule_life import RulesPut
from schemas.twin_api import SyncBody
from service.store import connectors


@pytest.fixture
async def local(offices: Any) -> Any:
    """A local connection of one connector with itself is enough for its management."""
    office, _ = offices
    await office.operations.initiate(
        ConnectionInitiate(
            name="here",
            connector="tracker",
            local_side="left",
            remote_side="right",
            mode="script",
            remote_connector="tracker",
            settings=SettingsBody(project="P"),
            remote_settings=SettingsBody(project="P"),
        )
    )
    return office


async def test_a_local_connection_has_two_ends_that_are_active_at_once(local) -> None:
    page = await local.operations.connections(ConnectionQuery(), None)
    assert [(c.name, c.status, c.local_side) for c in page.results] == [
        ("here", "active", "left"),
        ("here.right", "active", "right"),
    ]


async def test_pause_and_resume_take_both_ends_and_wake_what_waited(local) -> None:
    operations, shop = local.operations, local.shop
    await operations.pause("here")
    assert (await operations.connection("here.right")).status == "paused"
    with pytest.raises(InputError):
        await operations.sync(SyncBody(issue="nowhere"))
    await operations.resume("here")
    assert (await operations.connection("here.right")).status == "active"
    assert shop.roster.connection_named("here").record.reason == ""


async def test_removing_takes_both_ends(local) -> None:
    await local.operations.remove_connection("here", ConnectionRemove())
    assert (await local.operations.connections(ConnectionQuery(), None)).results == ()
    with pytest.raises(InputError) as missing:
        await local.operations.connection("here")
    assert missing.value.status == 404


async def test_names_are_given_once_and_sides_differ(local) -> None:
    again = ConnectionInitiate(
        name="here", connector="tracker", local_side="l", remote_side="r", settings=SettingsBody()
    )
    with pytest.raises(InputError, match="already"):
        await local.operations.initiate(again)
    same = ConnectionInitiate(
        name="x", connector="tracker", local_side="l", remote_side="l", settings=SettingsBody()
    )
    with pytest.raises(InputError, match="different"):
        await local.operations.initiate(same)


async def test_rules_that_do_not_pass_are_not_saved_and_their_line_is_told(local) -> None:
    old = await local.operations.rules("here")
    broken = RulesPut(old.outgoing + "\n)(", old.incoming)
    saved = await local.operations.save_rules("here", broken, "ann")
    assert saved.version is None
    assert saved.findings[0].file == "outgoing.py"
    assert saved.findings[0].line > 1
    assert await local.operations.rules("here") == old


async def test_rules_are_saved_as_a_new_version_unless_another_was_saved_meanwhile(local) -> None:
    old = await local.operations.rules("here")
    edited = RulesPut(old.outgoing + "\n# note\n", old.incoming, based_on=old.version)
    saved = await local.operations.save_rules("here", edited, "ann")
    assert saved.version == old.version + 1
    assert local.shop.roster.connection_named("here").rules.version == saved.version
    with pytest.raises(InputError, match="meanwhile"):
        await local.operations.save_rules("here", edited, "ann")


async def test_an_issue_is_put_under_sync_once_and_then_rung_for(local, issue_of) -> None:
    shop = local.shop
    issue = issue_of(shop.trackers["tracker"])
    body = SyncBody(issue=issue, connection="here")
    (first,) = (await local.operations.sync(body)).twins
    (second,) = (await local.operations.sync(body)).twins
    assert (first.began, second.began) == (True, False)
    assert first.twin == second.twin
    assert TwinDue(first.twin, first_connection(shop)) in shop.published


def first_connection(shop: Any) -> str:
    return shop.roster.connection_named("here").record.id


async def test_a_parked_twin_is_shown_and_retried(local, issue_of) -> None:
    shop, operations = local.shop, local.operations
    tracker = shop.trackers["tracker"]
    issue = issue_of(tracker)
    (synced,) = (await operations.sync(SyncBody(issue=issue, connection="here"))).twins
    read = tracker.read

    async def refused(*_: Any) -> Any:
        raise TrackerError(Fault.VALIDATION, "a field is missing", remedy="Fill it.")

    tracker.read = refused
    shop.at += 10_000
    await shop.change("tracker", issue)
    (error,) = (await operations.errors(ErrorQuery())).results
    assert (error.connection, error.twin, error.remedy) == ("here", synced.twin, "Fill it.")
    tracker.read = read
    shop.published.clear()
    assert (await operations.retry("here", synced.twin, RetryOne())).count == 1
    assert (await operations.retry("here", synced.twin, RetryOne())).count == 0
    await shop.worker.handle(shop.published)
    assert (await operations.errors(ErrorQuery())).results == ()
    row = await shop.row(first_connection(shop), synced.twin)
    assert (row.parked, row.due_at) == (False, None)


async def test_a_decision_is_kept_with_the_twin_until_it_was_done(local, issue_of) -> None:
    shop, operations = local.shop, local.operations
    tracker = shop.trackers["tracker"]
    issue = issue_of(tracker)
    (synced,) = (await operations.sync(SyncBody(issue=issue, connection="here"))).twins

    async def refused(*_: Any) -> Any:
        raise TrackerError(Fault.VALIDATION, "no")

    read, tracker.read = tracker.read, refused
    shop.at += 10_000
    await shop.change("tracker", issue)
    await operations.retry("here", synced.twin, RetryOne("local"))
    assert (await shop.row(first_connection(shop), synced.twin)).state.keep == "local"
    tracker.read = read
    await shop.worker.handle(shop.published)
    assert (await shop.row(first_connection(shop), synced.twin)).state.keep == ""


async def test_all_parked_twins_can_be_retried_together(local) -> None:
    assert (await local.operations.retry_all(RetryBody())).count == 0
    assert (await local.operations.retry_all(RetryBody("here"))).count == 0


async def test_both_ends_of_a_local_connection_agree_at_once(local) -> None:
    operations = local.operations
    wish = AgreementBody("park", {"priority": "right"}, ("*",))
    assert (await operations.agree("here", wish)).settings.conflict_policy == "park"
    ends = local.shop.roster.connections.values()
    assert {live.policy.of("summary") for live in ends} == {"park"}
    assert {live.policy.of("priority") for live in ends} == {"right"}
    assert all(live.policy.by_paragraphs("description") for live in ends)
    with pytest.raises(InputError, match="decides nothing"):
        await operations.agree("here", AgreementBody("someone"))


async def test_default_rules_know_the_places_that_a_connectors_settings_give(
    offices: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ALM has no due date; a setting gives it one in a user field."""
    public, private = offices
    monkeypatch.setattr("service.workers.systems.system", registry.find)
    places = {"due": "user-05"}
    for office, name, fields in (
        (public, "placed", places), (public, "plain", {}), (private, "placed", places),
    ):  # fmt: skip
        params = {"url": "https://alm.example", "project": "P", "user": "u", "password": "p",
                  "fields": fields}  # fmt: skip
        record = Connector(name, name, "alm", params, office.shop.at)
        store = office.shop.store
        await store.write(lambda c, s=store, r=record: connectors.add(c, s.vault, r))
        await office.shop.roster.reload()

    async def has_due(office: Any, connection: str) -> bool:
        found = await office.operations.rules(connection)
        return "due=issue.due" in found.outgoing

    for here, there in (("placed", "plain"), ("plain", "placed")):
        await public.operations.initiate(
            ConnectionInitiate(
                name=here, connector=here, remote_connector=there, check=False,
                local_side="left", remote_side="right",
            )
        )  # fmt: skip
        assert await has_due(public, here) is (here == "placed")
        assert await has_due(public, f"{here}.right") is (there == "placed")
    invited = await public.operations.initiate(
        ConnectionInitiate(
            name="far", connector="placed", check=False, local_side="left", remote_side="right"
        )
    )
    accept = ConnectionAccept(invitation=invited.invitation, connector="placed", check=False)
    await private.operations.accept(accept)
    assert await has_due(public, "far")
    assert await has_due(private, "far")
