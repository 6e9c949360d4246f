"""Peers, and this node's own keys."""

from aiohttp import web

from schemas.routes import (
    NODE_CLAIM,
    NODE_KEYS,
    NODE_ROTATE_IDENTITY,
    NODE_ROTATE_KEYS,
    PEER,
    PEER_RENEW,
    PEER_REVOKE,
    PEER_URL,
    PEERS,
)
from service.web.api.binding import Path, bind
from service.web.operations import Operations


def routes(operations: Operations) -> list[web.RouteDef]:
    return [
        bind(NODE_KEYS, lambda path, query, body: operations.keys()),
        bind(NODE_ROTATE_KEYS, lambda path, query, body: operations.rotate_keys()),
        bind(NODE_ROTATE_IDENTITY, lambda path, query, body: operations.rotate_identity()),
        bind(NODE_CLAIM, lambda path, query, body: operations.claim()),
        bind(PEERS, lambda path, query, body: operations.peers(query)),
        bind(PEER, lambda path, query, body: operations.peer(_name(path))),
        bind(PEER_REVOKE, lambda path, query, body: operations.revoke_peer(_name(path))),
        bind(PEER_RENEW, lambda path, query, body: operations.renew_peer(_name(path), body)),
        bind(PEER_URL, lambda path, query, body: operations.set_peer_url(_name(path), body)),
    ]


def _name(path: Path) -> str:
    return path["peer"]
