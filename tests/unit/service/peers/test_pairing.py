"""Pairing over real HTTP, in both directions, and each way in which it must not succeed."""

import asyncio
import os

import msgspec
import pytest

from schemas.errors import InputError, PeerError
from schemas.node import Peer, PublicPeer
from schemas.peer import Party, Terms
from service.peers.identity import NodeIdentity
from service.peers.invitation import new_invitation, verifier
from service.peers.pairing import check_card, node_card, pair
from service.peers.port import OpenInvitation

DAY = 86_400_000


class Table:
    """An inviter and a joiner, and what each would do."""

    def __init__(self, world, terms):
        self.world = world
        self.terms = terms

    async def invite(self, *, inviter_public, joiner_public, **record):
        self.inviter = await self.world.node("inviter", public=inviter_public)
        self.joiner = await self.world.node("joiner", public=joiner_public)
        self.invitation = new_invitation(
            self.inviter.id,
            self.inviter.url,
            expires=self.inviter.now() + DAY,
            random_bytes=os.urandom,
        )
        if inviter_public:
            self.keep(self.inviter, "inviter", self.terms, **record)
        return self.invitation

    def keep(self, node, role, terms, **record):
        secret = self.invitation.secret
        node.invitations.add(
            OpenInvitation(
                id=self.invitation.id,
                verifier=verifier(self.invitation.id, secret),
                role=role,
                expected=self.inviter.id if role == "joiner" else "",
                terms=terms,
                expires=record.pop("expires", self.invitation.expires),
                tries=record.pop("tries", 0),
                **record,
            )
        )

    def party(self, node, terms):
        keys = node.identity.identity_key, node.identity.message_key
        return Party(node.name, *keys, terms, node.url)

    async def join(self, node=None, *, invitation=None, terms=None, role="joiner", url=""):
        node = node or self.joiner
        party = self.party(node, terms or Terms(system="azure-devops"))
        return await pair(
            node.courier,
            node.identity,
            invitation or self.invitation,
            role=role,
            party=party,
            url=url or self.inviter.url,
            now=node.now,
        )


@pytest.fixture
def table(world, terms):
    return Table(world, terms)


@pytest.mark.parametrize("joiner_public", [True, False], ids=["public", "private"])
async def test_a_joiner_pairs_with_a_public_inviter(table, joiner_public):
    await table.invite(inviter_public=True, joiner_public=joiner_public)
    joined = await table.join()
    (invited,) = table.inviter.invitations.paired
    assert joined.check == invited.check
    assert len(joined.check.split()) == 6
    assert joined.terms == invited.terms == table.terms
    assert invited.joiner_terms.system == "azure-devops"
    assert joined.peer.identity_key == table.inviter.identity.identity_key
    assert isinstance(joined.peer, PublicPeer)
    assert joined.peer.url == table.inviter.url
    assert invited.peer.message_key == table.joiner.identity.message_key
    assert type(invited.peer) is (PublicPeer if joiner_public else Peer)


async def test_a_private_inviter_asks_the_public_joiner(table):
    await table.invite(inviter_public=False, joiner_public=True)
    assert table.invitation.url == ""
    ask = {"role": "inviter", "terms": table.terms, "url": table.joiner.url}
    with pytest.raises(PeerError, match="not yet accepted"):
        await table.join(table.inviter, **ask)
    table.keep(table.joiner, "joiner", Terms(system="azure-devops"))
    invited = await table.join(table.inviter, **ask)
    (joined,) = table.joiner.invitations.paired
    assert joined.check == invited.check
    assert joined.terms == invited.terms == table.terms
    assert type(joined.peer) is Peer
    assert joined.peer.id == table.inviter.id


async def test_a_lost_answer_may_be_asked_for_again_by_the_same_joiner_only(table, world):
    await table.invite(inviter_public=True, joiner_public=False)
    first = await table.join()
    again = await table.join()
    assert again == first
    assert len(table.inviter.invitations.paired) == 1
    other = await world.node("other", public=False)
    with pytest.raises(PeerError, match="used already"):
        await table.join(other)
    assert len(table.inviter.invitations.paired) == 1


async def test_two_joiners_at_a_time_make_one_pair(table, world):
    await table.invite(inviter_public=True, joiner_public=False)
    other = await world.node("other", public=False)
    results = await asyncio.gather(table.join(), table.join(other), return_exceptions=True)
    assert sum(isinstance(r, PeerError) for r in results) == 1
    assert len(table.inviter.invitations.paired) == 1


async def test_a_wrong_secret_is_refused_counted_and_at_last_locks(table):
    await table.invite(inviter_public=True, joiner_public=False)
    guess = msgspec.structs.replace(table.invitation, secret=bytes(16))
    for _ in range(5):
        with pytest.raises(PeerError, match="not known"):
            await table.join(invitation=guess)
    with pytest.raises(PeerError, match="too many wrong tries"):
        await table.join()
    assert not table.inviter.invitations.paired


async def test_an_unknown_invitation_looks_like_a_wrong_secret(table):
    await table.invite(inviter_public=True, joiner_public=False)
    unknown = msgspec.structs.replace(table.invitation, id="aaaaaaaaaaaaa")
    guess = msgspec.structs.replace(table.invitation, secret=bytes(16))
    told = []
    for invitation in (unknown, guess):
        with pytest.raises(PeerError) as caught:
            await table.join(invitation=invitation)
        told.append(caught.value.message)
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("record", "message"),
    [({"expires": 1}, "expired"), ({"revoked": True}, "revoked")],
    ids=["expired", "revoked"],
)
async def test_an_invitation_that_is_over_is_named_so(table, record, message):
    await table.invite(inviter_public=True, joiner_public=False, **record)
    with pytest.raises(PeerError, match=message) as caught:
        await table.join()
    assert "Ask the other side" in caught.value.remedy
    assert not table.inviter.invitations.paired


async def test_an_expired_code_is_refused_before_anything_is_sent(table):
    await table.invite(inviter_public=True, joiner_public=False)
    old = msgspec.structs.replace(table.invitation, expires=1)
    with pytest.raises(InputError, match="expired"):
        await table.join(invitation=old)


async def test_a_node_cannot_accept_its_own_invitation(table):
    await table.invite(inviter_public=True, joiner_public=False)
    with pytest.raises(InputError, match="this very node"):
        await table.join(table.inviter)


async def test_a_code_that_leads_to_another_node_is_not_followed(table, world):
    await table.invite(inviter_public=True, joiner_public=False)
    impostor = await world.node("impostor", public=True)
    with pytest.raises(PeerError, match="not the one that the invitation is about"):
        await table.join(url=impostor.url)


async def test_two_joiners_do_not_pair_with_each_other(table):
    await table.invite(inviter_public=True, joiner_public=True)
    with pytest.raises(PeerError, match="not known"):
        await table.join(role="inviter", terms=table.terms)
    assert not table.inviter.invitations.paired


async def test_somebody_else_with_the_code_cannot_play_the_inviter(table, world):
    await table.invite(inviter_public=False, joiner_public=True)
    table.keep(table.joiner, "joiner", Terms())
    thief = await world.node("thief", public=False)
    with pytest.raises(PeerError, match="not known"):
        await table.join(thief, role="inviter", terms=table.terms, url=table.joiner.url)


async def test_a_mode_that_does_not_fit_is_refused_and_burns_nothing(table):
    await table.invite(inviter_public=True, joiner_public=False)
    with pytest.raises(PeerError, match="mode 'basic', not 'script'"):
        await table.join(terms=Terms(mode="script"))
    assert (await table.join(terms=Terms(mode="basic"))).terms.mode == "basic"


async def test_a_public_connection_needs_two_addresses(table):
    table.terms = msgspec.structs.replace(table.terms, type="public")
    await table.invite(inviter_public=True, joiner_public=False)
    with pytest.raises(PeerError, match="no public URL"):
        await table.join()


async def test_a_joiner_with_an_unusable_address_is_refused(table):
    await table.invite(inviter_public=True, joiner_public=False)
    table.joiner.url = "http://user:pass@169.254.169.254/"
    with pytest.raises(PeerError, match="URL cannot be used"):
        await table.join()
    assert not table.inviter.invitations.paired


async def test_a_card_with_a_foreign_message_key_is_refused():
    card = node_card(NodeIdentity.generate(os.urandom))
    other = NodeIdentity.generate(os.urandom)
    check_card(card)
    with pytest.raises(PeerError, match="not signed"):
        check_card(msgspec.structs.replace(card, message_key=other.message_key))


async def test_nobody_pairs_under_an_identity_whose_key_it_does_not_hold(table, world):
    await table.invite(inviter_public=True, joiner_public=False)
    victim = await world.node("victim", public=False)
    thief = table.joiner
    with pytest.raises(PeerError, match="not known"):
        await pair(
            thief.courier,
            thief.identity,
            table.invitation,
            role="joiner",
            party=table.party(victim, Terms()),
            url=table.inviter.url,
            now=thief.now,
        )
    assert not table.inviter.invitations.paired
