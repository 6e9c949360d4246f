"""The admin of a relay, and what is refused to the admins of those who would meet there."""

import pytest

from schemas.api import PageQuery
from schemas.errors import InputError
from schemas.invitation_api import InvitationReissue
from schemas.relay import RelayPlace
from schemas.relay_api import RelayPassAdd
from service.peers.invitation import from_code
from service.peers.relay.passes import pass_from_code
from service.store import invitations, relay_passes
from service.workers.operations.pairing import decode_draft
from tests.unit.service.workers.operations.test_pairing import invite

DAY = 86_400_000


async def test_a_pass_is_made_listed_and_revoked(offices) -> None:
    public, _ = offices
    added = await public.operations.add_relay_pass(RelayPassAdd("acme", quota=5 << 20, days=2))
    given = pass_from_code(added.code)
    assert (given.node, given.url) == (public.identity.id, "https://public.example")
    assert (added.relay_pass.status, added.relay_pass.used) == ("active", 0)
    assert added.relay_pass.expires == public.shop.at + 2 * DAY
    kept = await public.shop.store.read(lambda c: relay_passes.get(c, given.id))
    assert kept.secret != given.secret
    public.shop.at += 2 * DAY
    assert await _statuses(public) == [("acme", "expired")]
    await public.operations.revoke_relay_pass("acme")
    assert await _statuses(public) == [("acme", "revoked")]


async def test_passes_are_paged(offices) -> None:
    public, _ = offices
    for name in ("a", "b", "c"):
        public.shop.at += 1
        await public.operations.add_relay_pass(RelayPassAdd(name))
    first = await public.operations.relay_passes(PageQuery(1, 2))
    assert ([each.name for each in first.results], first.count) == (["c", "b"], 3)
    second = await public.operations.relay_passes(PageQuery(2, 2))
    assert ([each.name for each in second.results], second.count) == (["a"], 3)


async def test_only_a_relay_makes_passes_and_names_are_its_own(offices) -> None:
    public, private = offices
    with pytest.raises(InputError, match="not a relay") as refused:
        await private.operations.add_relay_pass(RelayPassAdd("acme"))
    assert "relay.enabled" in refused.value.remedy
    await public.operations.add_relay_pass(RelayPassAdd("acme"))
    with pytest.raises(InputError, match="already"):
        await public.operations.add_relay_pass(RelayPassAdd("acme"))
    with pytest.raises(InputError) as unknown:
        await public.operations.revoke_relay_pass("nobody")
    assert unknown.value.status == 404


async def test_a_relay_is_for_two_private_sides(offices) -> None:
    public, private = offices
    code = (await public.operations.add_relay_pass(RelayPassAdd("acme"))).code
    with pytest.raises(InputError, match="two private sides"):
        await public.operations.initiate(invite(relay=code))
    with pytest.raises(InputError, match="two private sides"):
        await private.operations.initiate(invite(relay=code, destination="https://public.example"))
    with pytest.raises(InputError, match="not a relay pass"):
        await private.operations.initiate(invite(relay="TG1-ABC"))
    for office in offices:
        assert not office.shop.roster.connections


async def _statuses(office) -> list[tuple[str, str]]:
    page = await office.operations.relay_passes(PageQuery())
    return [(each.name, each.status) for each in page.results]


class Channels:
    """Stands for the relay: opens a channel for each pass that is shown."""

    def __init__(self) -> None:
        self.opened: list[str] = []

    async def open(self, given, url: str, channel: str, secret: bytes) -> RelayPlace:
        self.opened.append(channel)
        return RelayPlace(url, b"r" * 32, channel)


async def test_an_invitation_through_a_relay_is_issued_again_with_the_pass(
    offices,
) -> None:
    public, private = offices
    code = (await public.operations.add_relay_pass(RelayPassAdd("acme"))).code
    channels = Channels()
    private.relayed._client = channels
    first = await private.operations.initiate(invite(relay=code))
    with pytest.raises(InputError, match="needs a new channel") as refused:
        await private.operations.reissue("left-right", InvitationReissue())
    assert "--relay" in refused.value.remedy
    assert (await private.operations.invitation("left-right")).status == "open"
    again = await private.operations.reissue("left-right", InvitationReissue(2, code))
    old, new = from_code(first.invitation), from_code(again.invitation)
    assert [old.relay.channel, new.relay.channel] == channels.opened
    assert old.secret != new.secret
    rows = await private.shop.store.read(invitations.all)
    assert {row.id: row.revoked is None for row in rows} == {old.id: False, new.id: True}
    drafts = {row.id: decode_draft(row.draft) for row in rows}
    assert drafts[new.id].relay.channel == new.relay.channel


async def test_a_relay_is_of_no_use_for_an_invitation_with_a_destination(offices) -> None:
    public, private = offices
    code = (await public.operations.add_relay_pass(RelayPassAdd("acme"))).code
    await private.operations.initiate(invite(destination="https://public.example"))
    with pytest.raises(InputError, match="two private sides"):
        await private.operations.reissue("left-right", InvitationReissue(relay=code))
