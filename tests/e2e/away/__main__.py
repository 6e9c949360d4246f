"""Runs the campaign in full size; see README.md."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

import msgspec

from tests.e2e.away.campaign import Plan, run


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="tests/e2e/away/run",
        description="People edit at the public company while the private node is away.",
    )
    parser.add_argument("--edits", type=int, default=10_000, help="how many (10000)")
    parser.add_argument("--issues", type=int, default=300, help="of how many issues (300)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tidegate-away-") as folder:
        plan = Plan(edits=given.edits, issues=given.issues)
        figures = asyncio.run(run(plan, Path(folder), lambda line: print(line, flush=True)))
    print(msgspec.json.format(msgspec.json.encode(figures), indent=2).decode())
    return 0 if figures.sound else 1


if __name__ == "__main__":
    sys.exit(main())
