import os
import random

import pytest

from schemas.errors import ConfigurationError, PeerError
from schemas.node import Peer
from service.peers import key_ring, sealing
from service.peers.identity import NodeIdentity, decode_id, encode_id, node_id
from service.peers.sealing import Context, open_sealed, seal

DAY = 86_400_000


def peer(identity):
    return Peer(identity.id, "n", identity.identity_key, identity.message_key, "")


def with_new_message_key(identity, now):
    return NodeIdentity(key_ring.with_new_message_key(identity.ring, os.urandom, now))


def test_keys_survive_storage():
    first = NodeIdentity.generate(random.Random(1).randbytes)
    identity = with_new_message_key(first, 5)
    again = NodeIdentity.from_bytes(identity.to_bytes())
    assert again.id == identity.id == node_id(identity.identity_key)
    assert again.message_key == identity.message_key
    assert again.to_bytes() == identity.to_bytes()


@pytest.mark.parametrize("stored", [b"", b"\x93\x01\xc4\x01a\x90", b"\x93\x01\xa1\xff\x90"])
def test_unreadable_keys_are_a_matter_of_configuration(stored):
    with pytest.raises(ConfigurationError) as caught:
        NodeIdentity.from_bytes(stored)
    assert caught.value.remedy


def test_a_repr_shows_no_key():
    identity = NodeIdentity.generate(lambda n: b"\x07" * n)
    assert repr(identity) == f"NodeIdentity({identity.id})"


def test_ids_are_128_bits_in_26_letters():
    raw = os.urandom(16)
    assert len(encode_id(raw)) == 26
    assert decode_id(encode_id(raw)) == raw


def test_messages_under_way_open_after_the_key_was_rotated():
    sender, recipient = NodeIdentity.generate(os.urandom), NodeIdentity.generate(os.urandom)
    context = Context("shared-1", "twin-1")
    sealed = seal(sender, peer(recipient), context, b"early")
    rotated = recipient
    for day in (7, 14, 21, 28, 35):
        rotated = with_new_message_key(rotated, day * DAY)
        assert open_sealed(rotated, peer(sender), context, sealed) == b"early"
    forgotten = with_new_message_key(rotated, 42 * DAY)
    with pytest.raises(PeerError, match="a key that this node does not have"):
        open_sealed(forgotten, peer(sender), context, sealed)


def test_what_is_sealed_shows_nothing_of_its_content():
    sender, recipient = NodeIdentity.generate(os.urandom), NodeIdentity.generate(os.urandom)
    sealed = seal(sender, peer(recipient), Context("c", "t"), b"confidential")
    assert b"confidential" not in sealed
    with pytest.raises(PeerError):
        open_sealed(sender, peer(sender), Context("c", "t"), sealed)


def test_who_can_seal_to_a_node_still_cannot_speak_for_another():
    sender, recipient = NodeIdentity.generate(os.urandom), NodeIdentity.generate(os.urandom)
    relay = NodeIdentity.generate(os.urandom)
    context = Context("shared-1", "twin-1")
    info = sealing._info(sender.id, recipient.id, context)
    forged = sealing.seal_raw(
        recipient.message_key, relay.sign(info + b"payload") + b"payload", info
    )
    with pytest.raises(PeerError, match="not signed"):
        open_sealed(recipient, peer(sender), context, forged)
    empty = sealing.seal_raw(recipient.message_key, b"", info)
    with pytest.raises(PeerError, match="not signed"):
        open_sealed(recipient, peer(sender), context, empty)
