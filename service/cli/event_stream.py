"""Reads server-sent events as the node writes them."""

from collections.abc import AsyncIterator

import aiohttp
import msgspec

from schemas.bulk import TaskView
from schemas.news import News
from schemas.node import Activity
from service.cli.ending import failed

_MOST = 1 << 20
"""Bytes of one event."""


async def read_events(content: aiohttp.StreamReader) -> AsyncIterator[News]:
    """An event is fields, one a line, and ends with an empty line; comments begin with a colon."""
    rest, fields = b"", dict[str, bytes]()
    async for chunk in content.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line:
                name, _, value = line.partition(b": ")
                fields[name.decode()] = value
                continue
            if "data" in fields:
                yield _event(fields)
            fields = {}
        if len(rest) > _MOST:
            raise failed(
                "The node sent an event that is too large.",
                "Is this address a node's? See --url and --socket.",
            )


def _event(fields: dict[str, bytes]) -> News:
    number = int(fields["id"]) if "id" in fields else None
    try:
        if fields.get("event") == b"task":
            task = msgspec.json.decode(fields["data"], type=TaskView)
            return News("task", task, task.connection, number)
        activity = msgspec.json.decode(fields["data"], type=Activity)
    except msgspec.MsgspecError as error:
        raise failed(
            f"An event was not understood: {error}",
            "Use the `tidegate` of the same version as the node.",
        ) from error
    return News("activity", activity, activity.connection, number)
