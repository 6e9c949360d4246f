"""Webhooks that are not sent any more are told to a person, once, and again when all is well."""

import pytest

from schemas.errors import Fault, TrackerError
from service.store import activity
from service.workers.watcher import SECONDS, Attention, Watcher
from tests.unit.service.workers.workshop import Workshop

SWITCHED_OFF = "The webhook 'tidegate' was switched off: switch it on again."


class Stopped(Exception):
    """Ends the watching, which otherwise goes on for ever."""


class Post:
    def __init__(self, shop: Workshop) -> None:
        self.shop = shop
        self.asked: list[tuple[str, ...]] = []
        self.answers: list[tuple[str, ...] | TrackerError] = []
        self.slept: list[float] = []
        self.attention = Attention()
        shop.trackers["a"].watch = self.watch

    async def watch(self, projects: tuple[str, ...]) -> tuple[str, ...]:
        self.asked.append(projects)
        answer = self.answers.pop(0)
        if isinstance(answer, TrackerError):
            raise answer
        return answer

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if self.slept[1:] and not self.answers:
            raise Stopped

    async def look(self, *answers: tuple[str, ...] | TrackerError, connector: str = "a") -> None:
        self.answers = list(answers)
        watcher = Watcher(
            connector,
            store=self.shop.store,
            roster=self.shop.roster,
            breakers=self.shop.breakers,
            attention=self.attention,
            now=self.shop.now,
            random=lambda: 0.5,
            sleep=self.sleep,
        )
        with pytest.raises(Stopped):
            await watcher.run()

    async def told(self) -> list[tuple[str, list[str]]]:
        rows = await self.shop.store.read(lambda c: activity.page(c))
        return [(row.activity.event, row.activity.detail["wanted"]) for row in reversed(rows)]


@pytest.fixture
def post(local: Workshop) -> Post:
    return Post(local)


async def test_what_a_person_must_do_is_told_once(post: Post) -> None:
    await post.look((SWITCHED_OFF,), (SWITCHED_OFF,))
    assert post.attention.of("a") == (SWITCHED_OFF,)
    assert await post.told() == [("connector.needs_attention", [SWITCHED_OFF])]
    assert post.asked == [("P",), ("P",)]
    assert post.slept == [SECONDS / 8, SECONDS, SECONDS]

    await post.look(())
    assert post.attention.of("a") == ()
    assert (await post.told())[1:] == [("connector.attended", [])]


async def test_when_nothing_is_wrong_nothing_is_told(post: Post) -> None:
    await post.look(())
    assert await post.told() == []


async def test_a_tracker_that_cannot_be_asked_changes_nothing(post: Post) -> None:
    await post.look((SWITCHED_OFF,), TrackerError(Fault.PERMISSION, "no"), (SWITCHED_OFF,))
    assert post.attention.of("a") == (SWITCHED_OFF,)
    assert len(await post.told()) == 1
    assert post.shop.breakers.state("a") is None


async def test_a_tracker_that_is_down_or_unknown_or_cannot_tell_is_not_asked(
    post: Post, local: Workshop
) -> None:
    local.breakers.trip("a", TrackerError(Fault.UNAVAILABLE, "down"), 60.0)
    for connector in ("a", "b", "nobody"):
        post.slept = []
        await post.look(connector=connector)
    assert post.asked == []
