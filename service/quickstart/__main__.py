"""Runs the tour, then stays up until Ctrl-C (or ends, with --once)."""

import asyncio
import contextlib
import signal
import sys
import tempfile
from pathlib import Path

from service.quickstart.admin import Refused
from service.quickstart.options import Options, parse
from service.quickstart.processes import ProcessEnded
from service.quickstart.stage import Stage, open_stage, pair
from service.quickstart.tour import NotArrived, Tour


def tell(line: str) -> None:
    print(line, flush=True)


async def run(options: Options, folder: Path) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    show = asyncio.create_task(_show(options, folder, stop))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({show, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if not show.done():
        tell("\nStopping …")
        show.cancel()
    stopped.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await show
    return 0


async def _show(options: Options, folder: Path, stop: asyncio.Event) -> None:
    async with open_stage(options, folder, tell) as stage:
        await pair(stage, tell)
        await Tour(stage, tell, attachment_bytes=options.attachment_bytes).run()
        tell("\nEverything arrived on both sides.")
        if not options.once:
            _invite_to_play(stage)
            while not stop.is_set():
                stage.processes.check()
                await asyncio.sleep(0.5)


def _invite_to_play(stage: Stage) -> None:
    tell("\nIt stays up for you to play with. Write an issue on either side and watch the other:")
    tell(f"  Jira (private company)          {stage.harbor.tracker_url}/")
    tell(f"  Azure DevOps (public company)   {stage.lagoon.tracker_url}/")
    tell(f"  logs, data, sockets             {stage.folder}")
    tidegate = Path(sys.executable).with_name("tidegate")
    tell(f"  a node's view                   {tidegate} twins --config {stage.folder}/harbor.toml")
    tell("Ctrl-C stops it.")


def main() -> int:
    options = parse(sys.argv[1:])
    with contextlib.ExitStack() as stack:
        folder = options.folder
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tidegate-")))
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return asyncio.run(run(options, folder.resolve()))
        except (NotArrived, ProcessEnded, Refused, TimeoutError, RuntimeError) as error:
            tell(f"\nThe tour failed: {str(error) or type(error).__name__}")
            for log in sorted(folder.glob("*.log")):
                tell(f"--- end of {log.name}\n{log.read_text(errors='replace')[-1500:]}")
            return 1


if __name__ == "__main__":
    sys.exit(main())
