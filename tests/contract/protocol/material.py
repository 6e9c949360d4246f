"""What the vectors are made of: nodes with fixed keys, a clock that stands, known randomness."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from schemas.node import Peer, RelayedPeer
from schemas.peer import Terms
from schemas.relay import RelayPlace
from service.peers.identity import NodeIdentity
from service.peers.key_ring import IdentityKey, KeyRing, MessageKey

FILE = Path(__file__).with_name("vectors.json")
NOW = 1_780_000_000_000
HARBOR_URL = "https://sync.harbor.example/tidegate"
RELAY_URL = "https://relay.example:8443"
CONNECTION = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
TWIN = "f00dfeedf00dfeedf00dfeedf00dfeed"
CHANNEL = "Qx7-channel_of_the_vectors"


def known(name: str, size: int = 32) -> bytes:
    """In place of randomness."""
    return hashlib.sha256(b"tidegate vectors " + name.encode()).digest()[:size]


def drawn(name: str) -> Callable[[int], bytes]:
    """A source of random bytes whose draws are `name 1`, `name 2`, ..."""
    count = 0

    def draw(size: int) -> bytes:
        nonlocal count
        count += 1
        return known(f"{name} {count}", size)

    return draw


def node(name: str, url: str = "") -> NodeIdentity:
    identity = IdentityKey(known(f"{name} identity"), NOW)
    message = MessageKey(known(f"{name} message"), NOW)
    return NodeIdentity(KeyRing(2, (identity,), (message,), NOW, url))


HARBOR = node("harbor", HARBOR_URL)
"""Public; it makes the invitation."""
LAGOON = node("lagoon")
"""Private; it joins."""
RELAY = node("relay", RELAY_URL)
PRIVATE_KEYS = {
    name: {"identity": known(f"{name} identity").hex(), "message": known(f"{name} message").hex()}
    for name in ("harbor", "lagoon", "relay")
}

INVITER_TERMS = Terms(
    system="jira",
    shared=CONNECTION,
    name="harbor_to_lagoon",
    mode="basic",
    type="private",
    local_side="harbor",
    remote_side="lagoon",
    field_policies={"priority": "harbor"},
    paragraphs=("description",),
)
JOINER_TERMS = Terms(system="azure_devops", local_side="lagoon", remote_side="harbor")


def private(identity: NodeIdentity) -> Peer:
    return Peer(identity.id, "peer", identity.identity_key, identity.message_key, "")


def relayed(identity: NodeIdentity) -> RelayedPeer:
    place = RelayPlace(RELAY_URL, RELAY.identity_key, CHANNEL)
    keys = identity.identity_key, identity.message_key
    return RelayedPeer(identity.id, "peer", *keys, "", relay=place)


def content(size: int) -> bytes:
    """Of an attachment: the bytes 0 to 250, over and over."""
    return (bytes(range(251)) * (size // 251 + 1))[:size]
