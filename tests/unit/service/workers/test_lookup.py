"""Many webhooks of one moment cost one question to the store."""

import asyncio

from schemas.errors import StoreUnavailable
from service.workers.lookup import Place, TwinLookup


class Books:
    """Answers what is in `known`, when it is let."""

    def __init__(self) -> None:
        self.known: set[Place] = set()
        self.asked: list[set[Place]] = []
        self.open = asyncio.Event()
        self.failing = False

    async def read(self, places: set[Place]) -> set[Place]:
        self.asked.append(set(places))
        await self.open.wait()
        if self.failing:
            raise StoreUnavailable("gone")
        return self.known & places


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_those_who_ask_during_a_question_are_answered_by_the_next() -> None:
    books = Books()
    lookup = TwinLookup(books.read)
    books.known = {("a", "1"), ("a", "3")}
    first = asyncio.create_task(lookup.under_sync([("a", "1")]))
    await settled()
    later = [asyncio.create_task(lookup.under_sync([("a", str(n))])) for n in (2, 3, 4)]
    await settled()
    assert books.asked == [{("a", "1")}]
    books.open.set()
    assert await first == {("a", "1")}
    assert [("a", "3") in await each for each in later] == [True] * 3
    assert books.asked[1:] == [{("a", "2"), ("a", "3"), ("a", "4")}]


async def test_a_caller_that_leaves_takes_no_other_along() -> None:
    books = Books()
    books.known = {("a", "1")}
    lookup = TwinLookup(books.read)
    leaver, stayer = (asyncio.create_task(lookup.under_sync([("a", "1")])) for _ in range(2))
    await settled()
    leaver.cancel()
    await settled()
    books.open.set()
    assert await stayer == {("a", "1")}
    assert len(books.asked) == 1


async def test_a_store_that_is_gone_is_told_to_all_and_asked_again() -> None:
    books = Books()
    books.failing = True
    books.open.set()
    lookup = TwinLookup(books.read)
    both = await asyncio.gather(
        lookup.under_sync([("a", "1")]), lookup.under_sync([("a", "2")]), return_exceptions=True
    )
    assert [type(each) for each in both] == [StoreUnavailable] * 2
    books.failing = False
    assert await lookup.under_sync([("a", "1")]) == set()
    assert len(books.asked) == 2
