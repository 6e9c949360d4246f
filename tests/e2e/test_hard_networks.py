"""Networks as companies have them: everything still syncs both ways, attachments included."""

import asyncio
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from service.quickstart.people import Person
from tests.e2e import nat
from tests.e2e.companies import eventually
from tests.e2e.cut_requests import Cut, edited_through_cuts
from tests.e2e.meeting import Ground, meeting
from tests.e2e.nat import NatNetworks, Translated
from tests.e2e.networks import (
    PRIVATE_ADDRESS,
    PUBLIC_ADDRESS,
    JoinedNetworks,
    Opened,
    skip_unless_possible,
)
from tests.e2e.test_tour import check_told, run_tour
from tests.support.lossy_link import LossyLink

pytestmark = pytest.mark.slow

FILE = "Ö§ behind two routers. ".encode() * 40_000
KNOCK = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 1)"
SOON = 2.0
"""Seconds within which news arrive; the next interval would be twenty away."""
DELAY, LOSS = 0.1, 0.05
"""Each way: 200 ms lie between a question and its answer, and one in ten of them is lost."""


@pytest.fixture
def networks() -> Iterator[NatNetworks]:
    skip_unless_possible()
    with NatNetworks() as made:
        yield made


class Toured(msgspec.Struct, frozen=True):
    """What the tour told, what the kernels counted, and what happened on the way."""

    told: str
    counted: Translated | Opened
    lost: int = 0


async def behind_nat(folder: Path) -> Toured:
    with NatNetworks() as networks:
        told = await run_tour(
            "--folder", str(folder),
            "--private-host", nat.PRIVATE_ADDRESS,
            "--public-host", nat.PUBLIC_ADDRESS,
            "--public-prefix", " ".join(networks.inside(networks.public)),
            prefix=networks.inside(networks.private),
        )  # fmt: skip
        return Toured(told, networks.opened())


async def over_a_bad_link(folder: Path) -> Toured:
    async with LossyLink(delay=DELAY, loss=LOSS) as link:
        with JoinedNetworks(link.ends) as networks:
            told = await run_tour(
                "--folder", str(folder),
                "--attachment-bytes", "300000",
                "--private-host", PRIVATE_ADDRESS,
                "--public-host", PUBLIC_ADDRESS,
                "--public-prefix", " ".join(networks.inside(networks.public)),
                prefix=networks.inside(networks.private),
            )  # fmt: skip
            print(link)
            return Toured(told, networks.opened(), link.lost.total())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tours(tmp_path_factory: pytest.TempPathFactory) -> tuple[Toured, Toured, Cut]:
    """Side by side: people take a breath between their edits, and a cut takes ten seconds."""
    skip_unless_possible()
    folders = [tmp_path_factory.mktemp(name) for name in "nlc"]
    return await asyncio.gather(
        behind_nat(folders[0]), over_a_bad_link(folders[1]), edited_through_cuts(folders[2])
    )


@pytest.mark.asyncio(loop_scope="module")
async def test_a_private_node_behind_nat(tours: tuple[Toured, Toured, Cut]) -> None:
    toured, _, _ = tours
    check_told(toured.told)
    opened = toured.counted
    print(opened)
    assert isinstance(opened, Translated)
    assert opened.outward > 0
    # The public side has seen the router's address alone, and has opened nothing at all.
    assert opened.translated == opened.outward
    assert (opened.inward, opened.by_public) == (0, 0)


async def test_two_private_nodes_behind_nat_with_a_relay(tmp_path: Path) -> None:
    skip_unless_possible()
    with NatNetworks(two=True) as networks:
        places = {"harbor": networks.private, "lagoon": networks.other, "relay": networks.public}
        async with meeting(tmp_path, Ground(nat.PUBLIC_ADDRESS, places)) as stage:
            await stage.pair()
            await _worked_on(stage.jira, stage.azure)
            await _worked_on(stage.azure, stage.jira)
        opened = networks.opened()
    print(opened)
    assert opened.outward > 0
    # Nobody but the two private sides has opened a connection, not even to each other.
    assert opened.translated == opened.outward
    assert (opened.inward, opened.by_public) == (0, 0)


async def _worked_on(here: Person, there: Person) -> None:
    """An issue, a comment and a file, from one company to the other."""
    summary = f"Öl läuft aus 🛢️ {type(here).__name__}"
    mine = await here.create(summary, "Seit heute früh")

    async def mirror() -> str | None:
        for key in await there.keys():
            if (await there.look(key)).summary == summary:
                return key
        return None

    theirs = await eventually(mirror, "the issue", pause=0.1)
    await here.comment(mine, "wer weiß mehr?")
    await here.attach(mine, "pumpe.bin", FILE)

    async def arrived() -> bool:
        seen = await there.look(theirs)
        commented = any("wer weiß mehr?" in text for text in seen.comments)
        return commented and any(name == "pumpe.bin" for name, _ in seen.attachments)

    await eventually(arrived, "comment and file", pause=0.1)
    assert await there.fetch(theirs, "pumpe.bin") == FILE


@pytest.mark.asyncio(loop_scope="module")
async def test_a_link_that_is_slow_and_loses_packets(tours: tuple[Toured, Toured, Cut]) -> None:
    _, toured, _ = tours
    check_told(toured.told)
    opened = toured.counted
    print(opened)
    assert isinstance(opened, Opened)
    assert toured.lost > 20
    assert (opened.tried, opened.dropped) == (0, 0)
    assert opened.outward > 0


@pytest.mark.asyncio(loop_scope="module")
async def test_a_proxy_that_cuts_requests_after_ten_seconds(
    tours: tuple[Toured, Toured, Cut],
) -> None:
    *_, cut = tours
    median, longest = statistics.median(cut.took), max(cut.took)
    print(f"{cut.cuts} cuts; news after {median * 1000:.0f} ms, {longest * 1000:.0f} ms at most")
    assert 2 <= cut.cuts <= 3
    assert longest < SOON


@pytest.mark.parametrize(
    "address", [nat.PRIVATE_ADDRESS, nat.ROUTER_OUTSIDE], ids=["the node itself", "its router"]
)
def test_nobody_comes_in_through_nat(networks: NatNetworks, address: str) -> None:
    knock = [*networks.inside(networks.public), sys.executable, "-c", KNOCK, address, "22"]
    done = subprocess.run(knock, timeout=30, capture_output=True, text=True)
    assert done.returncode == 1
    away = "unreachable" in done.stderr
    assert away or "timed out" in done.stderr, done.stderr
    opened = networks.opened()
    # What has no way leaves no packet to count; what has one is counted where it was sent.
    assert (opened.by_public >= 1) != away
    assert opened.outward == 0
