"""Two private nodes pair through a channel, whichever of them is there first."""

import os

import msgspec
import pytest

from schemas.errors import InputError, PeerError, PeerUnavailable
from schemas.invitation import Invitation
from schemas.peer import PairRequest, Party, Terms
from schemas.relay import PairReply, Poll
from service.peers.invitation import verifier
from service.peers.pairing import pair as ask
from service.peers.port import OpenInvitation
from service.peers.relay.pairing import ChannelDesk, WayThroughRelay
from tests.unit.service.peers.relay.meeting import SECRET


@pytest.fixture
async def sides(pair, terms):
    """Of the joiner: the way to the inviter, and what to ask; of the inviter: its desk."""
    left, right = pair.left.node, pair.right.node
    known = verifier("i" * 8, SECRET)
    left.invitations.add(OpenInvitation("i" * 8, known, "inviter", "", terms, 1 << 50, 0))
    desk = ChannelDesk(pair.left.client, pair.place, "i" * 8, left.desk())
    way = WayThroughRelay(
        pair.right.client,
        pair.place,
        left.desk().card(),
        wait=0.0,
        now=lambda: right.now(),
    )
    return way, pair.relay.invitation(left, "channel-1"), desk


def _ask(pair, way: WayThroughRelay, invitation: Invitation, **terms: str):
    node = pair.right.node
    keys = node.identity.identity_key, node.identity.message_key
    party = Party(node.name, *keys, Terms(system="jira", **terms))
    return ask(way, node.identity, invitation, role="joiner", party=party, url="", now=node.now)


async def test_both_see_the_same_check_string_and_a_private_peer(pair, sides) -> None:
    way, invitation, desk = sides
    with pytest.raises(PeerUnavailable, match="not answered through the relay yet") as waiting:
        await _ask(pair, way, invitation)
    assert waiting.value.remedy
    await desk.look(used=False)
    joined = await _ask(pair, way, invitation)
    (paired,) = pair.left.node.invitations.paired
    assert joined.check == paired.check
    assert joined.peer == pair.left.node.as_peer()
    assert paired.peer.id == pair.right.node.id
    assert joined.terms.shared == "shared-1"


async def test_a_lost_answer_may_be_asked_for_again(pair, sides) -> None:
    way, invitation, desk = sides
    with pytest.raises(PeerUnavailable):
        await _ask(pair, way, invitation)
    await desk.look(used=False)
    first = await _ask(pair, way, invitation)
    way._asked = b""
    with pytest.raises(PeerUnavailable):
        await _ask(pair, way, invitation)
    await desk.look(used=True)
    assert (await _ask(pair, way, invitation)).check == first.check
    assert len(pair.left.node.invitations.paired) == 1
    assert not desk.done
    await desk.look(used=True)
    assert desk.done


async def test_what_the_inviter_refuses_is_told_in_its_words(pair, sides) -> None:
    way, invitation, desk = sides
    with pytest.raises(PeerUnavailable):
        await _ask(pair, way, invitation, mode="script")
    await desk.look(used=False)
    with pytest.raises(InputError, match="mode 'basic', not 'script'") as refused:
        await _ask(pair, way, invitation, mode="script")
    assert "inviter's mode" in refused.value.remedy
    assert not pair.left.node.invitations.paired


async def test_the_secret_is_needed_in_the_channel_too(pair, sides) -> None:
    way, invitation, desk = sides
    guessed = msgspec.structs.replace(invitation, secret=os.urandom(16))
    with pytest.raises(PeerUnavailable):
        await _ask(pair, way, guessed)
    await desk.look(used=False)
    with pytest.raises(InputError, match="not known here"):
        await _ask(pair, way, guessed)
    assert pair.left.node.invitations.open["i" * 8].tries == 1


async def test_a_channel_serves_its_own_invitation_alone(pair, sides) -> None:
    _, _, desk = sides
    other = msgspec.msgpack.encode(PairRequest("another", b"sealed"))
    for content in (other, b"\xc1nonsense"):
        await pair.right.client.put(pair.place, "pair", content)
        await desk.look(used=False)
        polled = await pair.right.client.poll(pair.place, Poll("pair"))
        reply = msgspec.msgpack.decode(polled.envelope, type=PairReply)
        assert reply.answer is None
        assert reply.refused
    assert not pair.left.node.invitations.paired


async def test_an_old_reply_is_not_taken_for_the_new_one(pair, sides) -> None:
    way, invitation, desk = sides
    old = PairReply(b"o" * 32, refused=None)
    await pair.left.client.put(pair.place, "pair", msgspec.msgpack.encode(old))
    with pytest.raises(PeerUnavailable):
        await _ask(pair, way, invitation)
    await pair.left.client.put(pair.place, "pair", b"\xc1nonsense")
    with pytest.raises(PeerError, match="malformed"):
        await _ask(pair, way, invitation)
    await desk.look(used=False)
    assert (await _ask(pair, way, invitation)).check


async def test_a_channel_that_the_joiner_has_left_is_not_asked_again(pair, sides) -> None:
    _, _, desk = sides
    await pair.right.client.leave(pair.place)
    with pytest.raises(PeerError):
        await desk.look(used=False)
    assert not desk.done
    with pytest.raises(PeerError):
        await desk.look(used=True)
    assert desk.done
