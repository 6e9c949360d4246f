"""The private rule, held by the kernel: nothing can come in, and nothing tries to."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.networks import PRIVATE_ADDRESS, PUBLIC_ADDRESS, Networks, skip_unless_possible
from tests.e2e.test_tour import check_told, run_tour

_KNOCK = (
    "import socket, sys\n"
    "try: socket.create_connection((sys.argv[1], 9), 1)\n"
    "except TimeoutError: sys.exit(7)\n"
)
"""Told from a refusal: a dropped packet is answered by nothing."""
DROPPED = 7


@pytest.fixture
def networks() -> Iterator[Networks]:
    skip_unless_possible()
    with Networks() as made:
        yield made


async def test_the_tour_passes_without_a_connection_toward_the_private_side(
    folder: Path, networks: Networks
) -> None:
    # The one who watches both trackers stands inside: from there the way out is free.
    told = await run_tour(
        "--folder", str(folder),
        "--private-host", PRIVATE_ADDRESS,
        "--public-host", PUBLIC_ADDRESS,
        "--public-prefix", " ".join(networks.inside(networks.public)),
        prefix=networks.inside(networks.private),
    )  # fmt: skip
    check_told(told)
    opened = networks.opened()
    print(opened)
    assert (opened.tried, opened.dropped) == (0, 0)
    assert opened.outward > 0


def test_the_firewall_drops_and_counts_what_knocks(networks: Networks) -> None:
    knock = [*networks.inside(networks.public), sys.executable, "-c", _KNOCK, PRIVATE_ADDRESS]
    assert subprocess.run(knock, timeout=30).returncode == DROPPED
    opened = networks.opened()
    assert opened.tried >= 1
    assert opened.dropped >= 1
