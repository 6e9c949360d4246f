"""Attacks by name against a running public node: refused clearly, counted, and nothing is left."""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio

from schemas.errors import PeerError
from schemas.invitation import Invitation
from schemas.peer import PAIR_PATH, FeedItem, PairRequest
from tests.e2e.attacker import Attacker, Sent, encode, invite, join, open_attack
from tests.e2e.attacks import ATTACKS, ITEMS, SILENT
from tests.e2e.memory import PeakMemory
from tests.e2e.mutations.campaign import findings, run
from tests.e2e.slow import KINDS, Ended, all_at_once
from tests.e2e.traces import POSITION, REFUSED_ITEMS, check_counted, digests, due, refusals

pytestmark = pytest.mark.asyncio(loop_scope="module")
MUTATED = 2_000
GUESSES = 300
AT_ONCE, PER_SECOND = 100, 10
"""How many guesses of one address are heard: the default of `limits.refusals_per_address`."""
LONGEST_REQUEST = 40.0
FLAT = 40_000_000
"""Bytes by which a node may grow over all attacks; the bombs hold 64 MB each."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def attacker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Attacker]:
    async with open_attack(tmp_path_factory.mktemp("a")) as opened:
        memory = PeakMemory("door", opened.door.processes.pid("door"))
        memory.begin()
        yield opened
        print(memory)
        assert memory.grown() < FLAT, memory
        assert '"web.incident"' not in opened.door.log()


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def slow_callers(attacker: Attacker) -> AsyncIterator[asyncio.Task[list[Ended]]]:
    """They are there while all else is tried."""
    callers = asyncio.create_task(all_at_once(attacker))
    yield callers
    callers.cancel()


async def check_refused(attacker: Attacker, sent: Sent) -> None:
    before, counted = digests(attacker.data), await refusals(attacker.data)
    status, _, body = await attacker.send(sent)
    assert status in sent.expected, (status, body)
    # What is no HTTP at all is answered by the server itself, in plain words.
    assert body.startswith((b'{"detail":', b"Can not", b"Got more")), body
    assert digests(attacker.data) == before
    check_counted(counted, await refusals(attacker.data), 1)


@pytest.mark.parametrize("name", sorted(ATTACKS))
async def test_refused_and_nothing_is_left(attacker: Attacker, name: str) -> None:
    await check_refused(attacker, ATTACKS[name](attacker))


@pytest.mark.parametrize("name", sorted(ITEMS))
async def test_the_item_is_refused_by_name_and_not_stored(attacker: Attacker, name: str) -> None:
    said = ITEMS[name](attacker)
    counted = await refusals(attacker.data, REFUSED_ITEMS)
    before = digests(attacker.data, POSITION)
    answer = await attacker.exchange(encode(said))
    assert [(r.seq, r.twin) for r in answer.refused] == [(i.seq, i.twin) for i in said.items]
    assert all(refusal.reason for refusal in answer.refused)
    assert digests(attacker.data, POSITION) == before
    check_counted(counted, await refusals(attacker.data, REFUSED_ITEMS), len(said.items))


@pytest.mark.parametrize("name", sorted(SILENT))
async def test_what_is_not_its_business_is_left_as_it_was(attacker: Attacker, name: str) -> None:
    before = digests(attacker.data, POSITION)
    await attacker.exchange(encode(SILENT[name](attacker)))
    assert digests(attacker.data, POSITION) == before


async def test_replayed_at_once(attacker: Attacker) -> None:
    body = attacker.saying()
    sent = Sent.exchange(attacker.signed(body), body, 401)
    assert (await attacker.send(sent))[0] == 200
    for _ in range(3):
        await check_refused(attacker, sent)


async def test_replayed_many_at_a_time_is_taken_once(attacker: Attacker) -> None:
    body = attacker.saying()
    sent = Sent.exchange(attacker.signed(body), body, 200, 401)
    answers = await asyncio.gather(*(attacker.send(sent) for _ in range(32)))
    assert sorted(status for status, _, _ in answers) == [200] + [401] * 31


async def test_reordered_an_older_message_does_not_come_back(attacker: Attacker) -> None:
    """Sealed by the peer itself, and late: the number of the feed decides."""
    own = attacker.own
    older = attacker.saying(FeedItem(100, own.connection, "twin-1", own.message("twin-1", "Old")))
    newer = attacker.saying(FeedItem(101, own.connection, "twin-1", own.message("twin-1", "New")))
    await attacker.exchange(newer)
    before = digests(attacker.data, POSITION)
    answer = await attacker.exchange(older)
    assert answer.have == 101
    assert digests(attacker.data, POSITION) == before


async def test_a_clock_that_is_off_is_named_and_not_tolerated(attacker: Attacker) -> None:
    body = attacker.saying()
    headers = attacker.signed(body, at=int(time.time() * 1000) - 90_000)
    status, _, answer = await attacker.send(Sent.exchange(headers, body, 401))
    told = msgspec.json.decode(answer)
    assert status == 401
    assert "clock" in told["detail"]
    assert abs(told["server_time"] - time.time() * 1000) < 10_000


async def guess(attacker: Attacker, invitation: Invitation) -> str:
    """What an asker with a wrong secret is told."""
    wrong = msgspec.structs.replace(invitation, secret=secrets.token_bytes(16))
    with pytest.raises(PeerError) as refused:
        await join(attacker.door.url, attacker.own.identity, wrong)
    return refused.value.message


async def test_guessing_a_code_ends_after_five_tries_for_the_right_one_too(
    attacker: Attacker,
) -> None:
    invitation = await invite(attacker.door.admin, "guessed")
    unknown = await guess(attacker, msgspec.structs.replace(invitation, id="aaaaaaaaaaaaa"))
    before = digests(attacker.data)
    assert [await guess(attacker, invitation) for _ in range(5)] == [unknown] * 5
    assert "locked" in await guess(attacker, invitation)
    with pytest.raises(PeerError, match="locked after too many wrong tries"):
        await join(attacker.door.url, attacker.own.identity, invitation)
    after = digests(attacker.data)
    assert [table for table in after if after[table] != before[table]] == ["invitations"]


async def test_guessing_many_at_a_time_locks_the_code_as_well(attacker: Attacker) -> None:
    invitation = await invite(attacker.door.admin, "guessed-at-once")
    await asyncio.gather(*(guess(attacker, invitation) for _ in range(40)))
    with pytest.raises(PeerError, match="locked after too many wrong tries"):
        await join(attacker.door.url, attacker.own.identity, invitation)


async def test_guessing_codes_that_are_not_there_is_slowed_down_and_leaves_nothing(
    attacker: Attacker,
) -> None:
    before, counted = digests(attacker.data), await refusals(attacker.data)
    # The door believes a proxy on its own machine: that makes one stranger of us.
    caller = {"X-Forwarded-For": "203.0.113.7"}
    began = time.monotonic()
    told: Counter[int] = Counter()
    for number in range(GUESSES):
        body = encode(PairRequest(f"guess{number}", secrets.token_bytes(200)))
        status, headers, _ = await attacker.send(Sent(PAIR_PATH, caller, body, (404, 429)))
        told[status] += 1
        assert (status == 429) == ("Retry-After" in headers)
    seconds = time.monotonic() - began
    print(f"{GUESSES} guesses in {seconds:.2f} s: {dict(told)}")
    assert told.total() == told[404] + told[429]
    assert told[404] <= AT_ONCE + PER_SECOND * seconds + 1
    assert digests(attacker.data) == before
    check_counted(counted, await refusals(attacker.data), GUESSES)


async def test_mutated_messages_break_nothing_and_change_nothing(attacker: Attacker) -> None:
    outcome = await run(attacker, MUTATED)
    print(f"{outcome.count:,} mutated messages in {outcome.seconds:.1f} s: {outcome.told}")
    assert outcome.count == MUTATED
    assert findings(attacker, outcome) == []


async def test_slow_requests_are_ended_and_hold_nobody_up(
    attacker: Attacker, slow_callers: asyncio.Task[list[Ended]]
) -> None:
    # Twins of a connection that was paused by a mutated notice are put aside by the next sweep.
    async with asyncio.timeout(60):
        while due(attacker.data):
            await asyncio.sleep(0.2)
    before = digests(attacker.data, POSITION)
    ended = await slow_callers
    for kind in KINDS:
        of_kind = [each for each in ended if each.kind == kind]
        longest = max(each.seconds for each in of_kind)
        told = {each.answer.partition(b"\r\n")[0].decode() for each in of_kind}
        print(f"{len(of_kind)} callers with {kind}: the last ended after {longest:.1f} s, {told}")
        assert longest < LONGEST_REQUEST
        assert told <= {"", "HTTP/1.1 408 Request Timeout"}
    assert digests(attacker.data, POSITION) == before
