"""People of the other side are found here; a stranger costs a loss and stops nothing."""

import msgspec
import pytest

from schemas.errors import Fault, TrackerError
from schemas.node import ConnectionSettings, Connector
from schemas.values import User
from service.workers.people import LASTS, ConnectionPeople, People
from service.workers.roster import OpenConnector

ALICE = User("Alice Smith", "alice@here.example", "u1")
BOB = User("Bob Jones", "", "u2")
TWO = (User("Kim Lee", "", "u3"), User("Kim Lee", "", "u4"))
EVERYBODY = (ALICE, BOB, *TWO)


class Directory:
    """Finds by the beginning of a name, an address that it need not show, or an id."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fault: Fault | None = None
        self.hidden = {"bob@here.example": BOB}

    async def find_users(self, query: str) -> tuple[User, ...]:
        self.asked.append(query)
        if self.fault is not None:
            raise TrackerError(self.fault, "no")
        words = query.casefold()
        if words in self.hidden:
            return (self.hidden[words],)
        return tuple(
            user
            for user in EVERYBODY
            if user.name.casefold().startswith(words) or words in (user.email, user.id)
        )


class Desk:
    def __init__(self) -> None:
        self.at = 0
        self.directory = Directory()
        self.people = People(now=lambda: self.at)

    async def who(self, user: User, **settings: object) -> User | None:
        return await self._people(settings).who_is(user)

    async def ours(self, user: User, **settings: object) -> User | None:
        return await self._people(settings).one_of_ours(user)

    def _people(self, settings: dict[str, object]) -> ConnectionPeople:
        record = Connector("k", "k", "model", {}, 0)
        opened = msgspec.structs.replace(
            OpenConnector(record, None, None),  # type: ignore[arg-type]
            tracker=self.directory,
        )
        return self.people.of(opened, ConnectionSettings(**settings))


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize(
    ("there", "settings", "here"),
    [
        (User("A. Smith", "ALICE@here.example"), {}, ALICE),
        (User("x", "bob@here.example"), {}, BOB),
        (User("bob jones", "bob@there.example"), {}, BOB),
        (User("Bob"), {}, None),
        (User("Kim Lee"), {}, None),
        (User(), {}, None),
        (User("Kim Lee", "kim@there.example"), {"users": {"KIM@there.example": "u4"}}, TWO[1]),
        (User("Chief"), {"users": {"chief": "alice@here.example"}}, ALICE),
        (User("Chief"), {"users": {"chief": "Bob Jones"}}, BOB),
        (User("Chief"), {"users": {"chief": "gone"}, "default_user": "u2"}, None),
        (User("Nobody"), {"default_user": "u2"}, BOB),
    ],
)
async def test_who_a_person_is_here(desk: Desk, there, settings, here) -> None:
    assert await desk.who(there, **settings) == here


async def test_a_person_is_looked_up_once_in_a_while(desk: Desk) -> None:
    for _ in range(3):
        await desk.who(User("Bob Jones"))
    assert desk.directory.asked == ["Bob Jones"]
    desk.at += LASTS
    await desk.who(User("Bob Jones"))
    assert len(desk.directory.asked) == 2
    desk.people.forget("k")
    await desk.who(User("Bob Jones"))
    assert len(desk.directory.asked) == 3


async def test_an_account_that_may_not_look_people_up_knows_nobody(desk: Desk) -> None:
    desk.directory.fault = Fault.PERMISSION
    assert await desk.who(User("Bob Jones")) is None


async def test_a_tracker_that_is_down_says_nothing_about_a_person(desk: Desk) -> None:
    desk.directory.fault = Fault.UNAVAILABLE
    with pytest.raises(TrackerError):
        await desk.who(User("Bob Jones"))
    desk.directory.fault = None
    assert await desk.who(User("Bob Jones")) == BOB


@pytest.mark.parametrize(
    ("words", "here"),
    [
        (User("alice@here.example", "alice@here.example", "alice@here.example"), ALICE),
        (User("bob@here.example", "bob@here.example", "bob@here.example"), BOB),
        (User("u4", "", "u4"), TWO[1]),
        (User("Bob Jones", "", "Bob Jones"), BOB),
        (User("Kim Lee", "", "Kim Lee"), None),
        (User("gone@here.example", "gone@here.example"), None),
    ],
)
async def test_whom_a_rule_calls_by_a_name_of_this_side_no_table_maps_again(
    desk: Desk, words: User, here: User | None
) -> None:
    swapped = {"alice@here.example": "u2", "bob@here.example": "u1", "u4": "u1", "bob jones": "u1"}
    assert await desk.ours(words, users=swapped) == here


async def test_an_address_in_the_table_finds_whom_the_tracker_shows_without_one(desk: Desk) -> None:
    assert await desk.who(User("Chief"), users={"chief": "bob@here.example"}) == BOB
