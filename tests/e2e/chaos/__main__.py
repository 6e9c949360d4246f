"""Runs a campaign and tells its figures; exit status 1 when an invariant broke."""

import asyncio
import logging
import shutil
import sys
import tempfile
from pathlib import Path

import structlog

from tests.e2e.chaos.campaign import run
from tests.e2e.chaos.plan import parse
from tests.e2e.chaos.report import as_json, table


def tell(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    plan = parse(sys.argv[1:])
    # The simulators would tell of every webhook that finds no node, and of every caller that dies.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    folder = plan.folder or Path(tempfile.mkdtemp(prefix="tidegate-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    result = asyncio.run(run(plan, folder.resolve(), tell))
    tell("\n" + table(result.figures) + "\n\n" + as_json(result.figures))
    if result.figures.sound:
        tell("\nBoth sides agree; nothing was lost, nothing doubled.")
        if plan.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
        return 0
    tell("\nBROKEN:")
    for one in result.broken:
        tell(f"  {one.kind}: {one.issue} {one.what}")
    tell(result.explanation)
    tell(f"\nData and logs: {folder}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
