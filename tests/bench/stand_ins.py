"""Many public nodes in one process, built by the product's own composition root.

`python -m tests.bench.stand_ins CONFIG …` runs a node for each file until it gets SIGTERM.
"""

import asyncio
import functools
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from service.config.load import load_config
from service.log import Redactor
from service.node import open_node


async def run(files: list[Path]) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        for file in files:
            config = load_config(file, {})
            node = await stack.enter_async_context(open_node(config, Redactor(())))
            same = functools.partial(lambda given: given, config)
            tasks.create_task(node.run(stop, asyncio.Event(), same))


if __name__ == "__main__":
    asyncio.run(run([Path(name) for name in sys.argv[1:]]))
