"""Invitations, by the name of the connection that they make."""

from aiohttp import web

from schemas.routes import INVITATION, INVITATION_REISSUE, INVITATION_REVOKE, INVITATIONS
from service.web.api.binding import Path, bind
from service.web.operations import Operations


def routes(operations: Operations) -> list[web.RouteDef]:
    return [
        bind(INVITATIONS, lambda path, query, body: operations.invitations(query)),
        bind(INVITATION, lambda path, query, body: operations.invitation(_name(path))),
        bind(INVITATION_REVOKE, lambda path, query, body: operations.revoke(_name(path))),
        bind(INVITATION_REISSUE, lambda path, query, body: operations.reissue(_name(path), body)),
    ]


def _name(path: Path) -> str:
    return path["connection"]
