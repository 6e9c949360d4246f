"""The stream of edits: several people at once, on both sides, as the seed has it."""

import asyncio
import hashlib
import time
from random import Random

from tests.e2e.chaos.book import Book, Filed, Labelled, Said
from tests.e2e.chaos.people import Colleague
from tests.e2e.chaos.plan import Plan
from tests.e2e.chaos.trackers import Held, Side, View

_WEIGHTS = {
    "rename": 30,
    "move": 15,
    "label": 10,
    "unlabel": 5,
    "comment": 18,
    "correct": 9,
    "withdraw": 5,
    "attach": 6,
    "detach": 3,
}


class Stream:
    def __init__(
        self, plan: Plan, people: dict[Side, Colleague], views: dict[Side, View], book: Book
    ) -> None:
        self._plan, self._people, self._views, self._book = plan, people, views, book
        self._numbers = iter(range(1, 1_000_000))

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for number in range(self._plan.people):
                tasks.create_task(self._work(number))

    async def _work(self, number: int) -> None:
        """One person's share. New issues are written all along, most of them early."""
        plan = self._plan
        random = Random(f"{plan.seed}-person-{number}")
        edits = len(range(number, plan.edits, plan.people))
        issues = range(number, plan.issues, plan.people)
        work: list[tuple[float, int | None]] = [(0.0, issue) for issue in issues[:1]]
        work += [(random.triangular(0, plan.seconds, 0), issue) for issue in issues[1:]]
        moments = [random.uniform(0, plan.seconds) for _ in range(edits)]
        # Some edits follow at once on the one before.
        work += [(moments[n - (n > 0 and random.random() < 0.2)], None) for n in range(edits)]
        began = time.monotonic()
        for moment, issue in sorted(work, key=lambda each: each[0]):
            await asyncio.sleep(max(0.0, began + moment - time.monotonic()))
            if issue is None:
                await self._edit(random)
            else:
                await self._create(issue, random)

    async def _create(self, number: int, random: Random) -> None:
        side: Side = random.choice(("harbor", "lagoon"))
        token = f"issue-{number}-token"
        title = self._title(token, side)
        self._book.issues[token] = side
        await self._people[side].create(title, f"It leaks. {token}")

    def _title(self, token: str, side: Side) -> str:
        title = f"Pump {token.split('-')[1]} at {side}, note {next(self._numbers)}"
        self._book.titles[title] = (token, side)
        return title

    async def _edit(self, random: Random) -> None:
        """Kinds that find nothing to work on are drawn anew."""
        while True:
            side: Side = random.choice(("harbor", "lagoon"))
            here = sorted(self._views[side].issues(), key=lambda held: held.key)
            if not here:
                await asyncio.sleep(0.05)
                continue
            kind = random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
            act = getattr(self, f"_{kind}")
            if await act(side, random.choice(here), random):
                self._book.edits += 1
                return

    async def _rename(self, side: Side, held: Held, random: Random) -> bool:
        await self._people[side].rename(held.key, self._title(held.token, side))
        return True

    async def _move(self, side: Side, held: Held, random: Random) -> bool:
        person = self._people[side]
        try:
            await person.move(held.key, random.choice(await person.moves(held.key)))
        except RuntimeError:
            # Somebody else has just moved it, and the workflow has no way from there.
            return False
        return True

    async def _label(self, side: Side, held: Held, random: Random) -> bool:
        label = f"label-{next(self._numbers)}"
        self._book.labels[label] = Labelled(held.token)
        await self._people[side].label(held.key, label)
        return True

    async def _unlabel(self, side: Side, held: Held, random: Random) -> bool:
        if not held.labels:
            return False
        label = random.choice(sorted(held.labels))
        self._book.labels[label].withdrawn = True
        await self._people[side].unlabel(held.key, label)
        return True

    async def _comment(self, side: Side, held: Held, random: Random) -> bool:
        words = self._words()
        said = Said(held.token, side, [words])
        self._book.comments.append(said)
        said.id = await self._people[side].say(held.key, f"Seen again, {words}")
        return True

    def _words(self) -> str:
        return f"word-{next(self._numbers)}-end"

    def _own(self, side: Side, held: Held, random: Random) -> Said | None:
        own = [
            said
            for said in self._book.comments
            if (said.issue, said.side) == (held.token, side) and said.id and not said.withdrawn
        ]
        return random.choice(own) if own else None

    async def _correct(self, side: Side, held: Held, random: Random) -> bool:
        said = self._own(side, held, random)
        if said is None:
            return False
        words = self._words()
        said.words.append(words)
        comment, said.id = said.id, ""
        await self._people[side].correct(held.key, comment, f"No: seen never, {words}")
        said.id = comment
        return True

    async def _withdraw(self, side: Side, held: Held, random: Random) -> bool:
        said = self._own(side, held, random)
        if said is None:
            return False
        said.withdrawn = True
        await self._people[side].withdraw(held.key, said.id)
        return True

    async def _attach(self, side: Side, held: Held, random: Random) -> bool:
        name = f"photo-{next(self._numbers)}.bin"
        content = random.randbytes(random.randrange(1, 200_000))
        await self._people[side].attach(held.key, name, content)
        digest = hashlib.sha256(content).hexdigest()
        self._book.files[name] = Filed(held.token, side, digest)
        return True

    async def _detach(self, side: Side, held: Held, random: Random) -> bool:
        own = [
            name
            for name, filed in self._book.files.items()
            if (filed.issue, filed.side) == (held.token, side) and not filed.withdrawn
        ]
        if not own:
            return False
        name = random.choice(own)
        self._book.files[name].withdrawn = True
        await self._people[side].detach(held.key, name)
        return True
