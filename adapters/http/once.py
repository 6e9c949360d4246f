"""A request that goes out once."""

import aiohttp


class BrokenOff(aiohttp.ClientConnectionError):
    """The connection broke after the request may have been sent."""


async def once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """A middleware: aiohttp itself repeats a PUT or DELETE when a kept connection breaks, though
    the tracker may have carried it out. It knows that break by its type, so it is given another."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise BrokenOff(str(error)) from error
