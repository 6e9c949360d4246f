"""Tokens as the door sees them."""

from typing import Any

import pytest

from schemas.access import TokenCreate
from schemas.api import PageQuery
from schemas.errors import InputError
from service.workers.operations.tokens import TokenDesk

DAY = 86_400_000


@pytest.fixture
def office(offices: Any) -> Any:
    return offices[0]


async def test_a_token_tells_who_calls_until_it_expires(office) -> None:
    made = await office.tokens.create(
        TokenCreate("ci", "operator", edit_alm=True, connections=("b", "a", "b"), days=2), "ann"
    )
    assert made.token.startswith("tgt_")
    assert len(made.token) > 40
    caller = await office.tokens.caller(made.token)
    assert (caller.name, caller.role, caller.edit_alm) == ("token ci", "operator", True)
    assert caller.connections == frozenset({"a", "b"})
    office.shop.at += 2 * DAY
    assert await office.tokens.caller(made.token) is None
    assert (await office.tokens.one("ci")).status == "expired"


@pytest.mark.parametrize("given", ["", "tgt_", "tgt_" + "A" * 43, "from the fil", "\udce9"])
async def test_what_is_no_token_lets_nobody_in(office, given: str) -> None:
    assert await office.tokens.caller(given) is None


async def test_the_token_of_the_configuration_is_an_admin(office) -> None:
    caller = await office.tokens.caller("from the file")
    assert (caller.role, caller.connections) == ("admin", None)


async def test_one_that_is_revoked_here_is_refused_at_once_and_elsewhere_within_seconds(
    office,
) -> None:
    shop = office.shop
    other = TokenDesk(
        shop.store, admin_token="", now=shop.now, new_id=shop.new_id, random_bytes=bytes
    )
    made = await office.tokens.create(TokenCreate("ci", days=None), "ann")
    assert await other.caller(made.token) is not None
    await office.tokens.revoke("ci")
    assert await office.tokens.caller(made.token) is None
    shop.at += 2_000
    assert await other.caller(made.token) is None
    with pytest.raises(InputError, match="no token"):
        await office.tokens.revoke("nobody's")


async def test_the_last_use_is_written_once_a_minute(office) -> None:
    made = await office.tokens.create(TokenCreate("ci"), "ann")
    used = []
    for _ in range(4):
        await office.tokens.caller(made.token)
        used.append((await office.tokens.one("ci")).last_used)
        office.shop.at += 25_000
    begin = used[0]
    assert used == [begin, begin, begin, begin + 75_000]


async def test_the_list_tells_no_secret(office) -> None:
    made = await office.tokens.create(TokenCreate("ci", "admin"), "ann")
    page = await office.tokens.page(PageQuery())
    assert page.count == 1
    assert made.token not in repr(page)
    assert (page.results[0].created_by, page.results[0].edit_alm) == ("ann", True)
