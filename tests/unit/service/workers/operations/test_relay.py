"""The admin of a relay, and what is refused to the admins of those who would meet there."""

import pytest

from schemas.api import PageQuery, RelayPassAdd
from schemas.errors import InputError
from service.peers.relay.passes import pass_from_code
from service.store import relay_passes
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
    assert ([each.name for each in first.items], first.more) == (["c", "b"], True)
    second = await public.operations.relay_passes(PageQuery(2, 2))
    assert ([each.name for each in second.items], second.more) == (["a"], False)


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
    return [(each.name, each.status) for each in page.items]
