"""Paths such as `/connections/accept`, which `/connections/{connection}` would match as well: a
method that they do not have is refused, and does not reach the thing of that name."""

import re
from collections.abc import Iterable

from aiohttp import hdrs, web

_PART = re.compile(r"{\w+}")


def refusals(found: Iterable[web.RouteDef]) -> list[web.RouteDef]:
    """One for each path without parameters that a path with some would match."""
    methods: dict[str, list[str]] = {}
    for each in found:
        methods.setdefault(each.path, []).append(each.method)
    patterns = [re.compile(_PART.sub("[^/]+", path)) for path in methods if "{" in path]
    return [
        _refusal(path, allowed)
        for path, allowed in methods.items()
        if "{" not in path and any(pattern.fullmatch(path) for pattern in patterns)
    ]


def _refusal(path: str, allowed: list[str]) -> web.RouteDef:
    async def refuse(request: web.Request) -> web.StreamResponse:
        raise web.HTTPMethodNotAllowed(request.method, allowed)

    return web.route(hdrs.METH_ANY, path, refuse)
