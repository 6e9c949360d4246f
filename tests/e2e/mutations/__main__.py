"""Runs the campaign in full size; see README.md."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.e2e.attacker import open_attack
from tests.e2e.mutations.campaign import SEED, findings, run


async def campaign(count: int, seed: int) -> int:
    with tempfile.TemporaryDirectory(prefix="tidegate-mutations-") as folder:
        async with open_attack(Path(folder)) as attacker:
            outcome = await run(attacker, count, seed=seed)
            for name, number in outcome.told.items():
                print(f"{number:9,}  {name}")
            print(f"{outcome.count:9,}  messages in {outcome.seconds:.0f} s, seed {seed}")
            found = findings(attacker, outcome)
    print("\n".join(found) or "no 5xx, no crash, no change")
    return 1 if found else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="tests/e2e/mutations/run",
        description="A paired peer sends mutated messages to a public node.",
    )
    parser.add_argument("--messages", type=int, default=100_000, help="how many (100000)")
    parser.add_argument("--seed", type=int, default=SEED, help="draws others than the usual ones")
    given = parser.parse_args()
    return asyncio.run(campaign(given.messages, given.seed))


if __name__ == "__main__":
    sys.exit(main())
