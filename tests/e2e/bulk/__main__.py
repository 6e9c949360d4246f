"""Runs the campaign in full size; see README.md."""

import argparse
import sys
import tempfile
from pathlib import Path

import msgspec

from tests.e2e.bulk.campaign import Plan, run


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="tests/e2e/bulk/run",
        description="Pairs of issues are connected in bulk; the node is killed in the middle.",
    )
    parser.add_argument("--pairs", type=int, default=20_000, help="how many (20000)")
    parser.add_argument("--kills", type=int, default=3, help="how often it is killed (3)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tidegate-bulk-") as folder:
        figures = run(Plan(given.pairs, given.kills), Path(folder), print)
    print(msgspec.json.format(msgspec.json.encode(figures), indent=2).decode())
    return 0 if figures.sound else 1


if __name__ == "__main__":
    sys.exit(main())
