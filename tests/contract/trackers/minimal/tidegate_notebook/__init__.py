"""A notebook behind the tracker port: what the daemon is offered."""

from collections.abc import Callable
from typing import Any

import aiohttp

from adapters.offer import Adapter, Simulator
from schemas.values import Millis
from tidegate_notebook.params import parse_params
from tidegate_notebook.tracker import CAPABILITIES, NotebookTracker


def open_tracker(
    connector: str,
    params: dict[str, Any],
    session: aiohttp.ClientSession,
    now: Callable[[], Millis],
) -> NotebookTracker:
    return NotebookTracker(connector, parse_params(params), session, now)


ADAPTER = Adapter(
    CAPABILITIES,
    open_tracker,
    Simulator(
        run="tidegate_notebook.simulator:run", title="a notebook", port=9050, project="notes"
    ),
)
