"""Accounts are found by name, by address also where it is hidden, and by id."""

import pytest

from adapters.jira.simulator.model import User as Held
from adapters.jira_cloud.simulator import account_id
from schemas.errors import Fault
from schemas.values import User

ALICE = account_id("alice")


@pytest.mark.parametrize(
    "wanted",
    [
        "Alice",
        User(name="Alice"),
        User(email="ALICE@example.com"),
        User(name="Somebody", email="alice@example.com"),
        User(id=ALICE),
        User(name="Alice", email="alice@elsewhere.example"),
    ],
)
@pytest.mark.parametrize("hidden", [(), ("alice", "bob")])
async def test_an_account_is_found(start_cloud, connect, draft, wanted, hidden) -> None:
    cloud = await start_cloud(hidden=hidden)
    made = await connect(cloud).create(draft(assignee=wanted))
    assert made.fields["assignee"].id == ALICE
    assert made.fields["assignee"].email == ("" if hidden else "alice@example.com")


async def test_a_person_is_looked_up_once(cloud, tracker, draft, clock) -> None:
    for number in range(3):
        await tracker.create(draft(f"m-{number}", assignee="Alice"))
    assert cloud.calls["GET /rest/api/3/user/search"] == 1
    clock.millis += 11 * 60 * 1000
    await tracker.create(draft("m-9", assignee="Alice"))
    assert cloud.calls["GET /rest/api/3/user/search"] == 2


async def test_two_of_one_name_are_not_guessed_at(cloud, tracker, draft, refusal) -> None:
    number = account_id("other")
    cloud.state.users[number] = Held(number, "Alice", "other@example.com")
    error = await refusal(tracker.create(draft(assignee="Alice")))
    assert (error.fault, error.field) == (Fault.VALIDATION, "assignee")
    assert "2 users" in error.message


async def test_of_two_the_one_who_may_work_here_is_meant(cloud, tracker, draft) -> None:
    number = account_id("other")
    cloud.state.users[number] = Held(number, "Alice", "other@example.com")
    cloud.cloud.customers.add(number)
    made = await tracker.create(draft(assignee="Alice"))
    assert made.fields["assignee"].id == ALICE


async def test_more_people_than_one_page(cloud, tracker) -> None:
    for index in range(120):
        number = account_id(f"p{index}")
        cloud.state.users[number] = Held(number, f"Person {index}", "")
    assert len(await tracker.find_users("Person")) == 120


async def test_an_assignee_leaves(cloud, tracker, draft) -> None:
    from schemas.issue import FieldChange

    made = await tracker.create(draft(assignee="Alice"))
    assert (await tracker.update(made, FieldChange({"assignee": None}))).fields["assignee"] is None
