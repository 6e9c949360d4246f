"""Snippets that rules share."""

from aiohttp import web

from schemas.snippets import (
    SNIPPET,
    SNIPPET_PUT,
    SNIPPET_REMOVE,
    SNIPPET_ROLLBACK,
    SNIPPET_VERSIONS,
    SNIPPETS,
    SnippetSaved,
    SnippetView,
)
from service.web.api.binding import Path, bind, bind_as
from service.web.operations import Operations


def routes(operations: Operations) -> list[web.RouteDef]:
    snippets = operations.snippets
    return [
        bind(SNIPPETS, lambda path, query, body: snippets.all(query)),
        bind(SNIPPET, lambda path, query, body: snippets.one(_name(path)), edition=_edition),
        bind(SNIPPET_VERSIONS, lambda path, query, body: snippets.versions(_name(path), query)),
        bind_as(
            SNIPPET_PUT,
            lambda caller, path, query, body: snippets.save(_name(path), body, caller.name),
            before=lambda path: snippets.edited(_name(path)),
            edition=_edition,
            status=_status,
        ),
        bind_as(
            SNIPPET_ROLLBACK,
            lambda caller, path, query, body: snippets.roll_back(_name(path), body, caller.name),
            status=_status,
        ),
        bind_as(
            SNIPPET_REMOVE,
            lambda caller, path, query, body: snippets.remove(_name(path), caller.name),
            before=lambda path: snippets.one(_name(path)),
        ),
    ]


def _edition(known: SnippetView | SnippetSaved) -> str:
    return f"{known.version or 0}"


def _status(saved: SnippetSaved) -> int:
    return 200 if saved.version is not None else 422


def _name(path: Path) -> str:
    return path["snippet"]
