"""Looks whether a node answers at a URL, before anything is begun with it."""

from schemas.connection_api import Probed
from schemas.errors import InputError, PeerError, PeerUnavailable
from schemas.node import Mode
from schemas.peer import NodeCard
from service.peers.pairing import check_card
from service.workers.operations.desk import Desk


async def probe(desk: Desk, url: str) -> Probed:
    """Raises `InputError` for what is not reachable, no node, of another protocol, or ourselves."""
    address = desk.check_url(url)
    card = await _card(desk, address)
    try:
        node = check_card(card)
    except PeerError as error:
        raise InputError(error.message, status=409, remedy="Ask that node's operator.") from error
    if node == desk.identity.id:
        raise InputError(
            f"This very node answers at {address}.",
            status=409,
            remedy="Give the other node's URL, or make a local connection (--remote-connector).",
        )
    return Probed(address, node, card.release, card.version, card.modes)


async def _card(desk: Desk, address: str) -> NodeCard:
    try:
        return await desk.courier.node_card(address)
    except PeerUnavailable as error:
        raise InputError(
            f"Nothing answers at {address}: {error.message}",
            status=409,
            remedy=error.remedy or "Check the URL, and that the other node runs.",
        ) from error
    except PeerError as error:
        raise InputError(
            f"What answers at {address} is not a node: {error.message}",
            status=409,
            remedy="Give the node's public_url, not the address of its tracker or console.",
        ) from error


def check_mode(probed: Probed, mode: Mode) -> None:
    """A node that does not tell its modes is taken at its word later."""
    if probed.modes and mode not in probed.modes:
        raise InputError(
            f"The node at {probed.url} does not offer the mode {mode!r}.",
            status=409,
            remedy=f"Choose one of: {', '.join(probed.modes)}.",
        )
