"""Each route, by each kind of caller, as the route table says: tested whole."""

import re
from typing import Any

import pytest

from schemas.access import RANKS, Caller
from schemas.examples import EXAMPLES
from schemas.routes import ROUTES
from schemas.routing import PREFIX, Route
from service.web.access import by_token
from service.web.api.records import Records
from service.web.app import build_admin_app
from service.web.callers import Callers
from service.web.rates import Rates
from service.web.refusals import Refusals

OURS = "acme-globex"
CALLERS: dict[str, Caller | None] = {
    "nobody": None,
    "viewer": Caller("token viewer", "viewer"),
    "viewer with alm": Caller("token alm", "viewer", edit_alm=True),
    "operator": Caller("token operator", "operator"),
    "admin": Caller("token admin", "admin"),
    "admin of this connection": Caller("token ours", "admin", connections=frozenset({OURS})),
    "admin of another connection": Caller("token theirs", "admin", connections=frozenset({"x"})),
}
QUERIES: dict[str, dict[str, str]] = {"metadata": {"project": "ABC"}}


class KnownTokens:
    async def caller(self, token: str) -> Caller | None:
        return CALLERS.get(token.replace("_", " "))


def outcome(route: Route[Any, Any, Any], who: str, *, named: bool) -> int:
    """The status that the table asks for."""
    caller = CALLERS[who]
    if caller is None:
        return 401
    if RANKS[caller.role] < RANKS[route.role]:
        return 403
    if route.permission and not caller.edit_alm and caller.role != "admin":
        return 403
    if caller.connections is None or route.narrow:
        return route.status
    return route.status if named and OURS in caller.connections else 403


def named(route: Route[Any, Any, Any]) -> bool:
    """The request names the connection, in its path, query or body."""
    in_body = EXAMPLES.get(route.name, {}).get("connection") == OURS
    return "{connection}" in route.path or in_body or _filters(route)


def _filters(route: Route[Any, Any, Any]) -> bool:
    return "connection" in getattr(route.query, "__struct_fields__", ())


def request_of(route: Route[Any, Any, Any]) -> tuple[str, dict[str, Any]]:
    path = re.sub(r"{(\w+)}", lambda m: OURS if m[1] == "connection" else "some", route.path)
    query = QUERIES.get(route.name, {}) | ({"connection": OURS} if _filters(route) else {})
    return PREFIX + path, {"params": query, "json": EXAMPLES.get(route.name)}


@pytest.fixture
async def door(serve, operations, board, metrics, new_id, records, clock):
    board.open()
    much = Rates(1e6, 1e6, now=lambda: clock[0])
    refusals = Refusals(metrics, now=lambda: clock[0])
    entrance = by_token(
        KnownTokens(), allowance=much, refused=much, callers=Callers(), refusals=refusals
    )
    app = build_admin_app(
        operations,
        board,
        metrics,
        new_id=new_id,
        records=Records(records, records),
        entrance=entrance,
    )
    return await serve(app)


@pytest.mark.parametrize("who", CALLERS)
async def test_every_route_lets_in_whom_the_table_says(door, operations, records, who) -> None:
    headers = {"Authorization": f"Token {who.replace(' ', '_')}", "If-Match": "*"}
    wrong = {}
    for route in ROUTES:
        operations.calls.clear()
        records.entries.clear()
        path, given = request_of(route)
        async with door.request(route.method, path, headers=headers, **given) as answer:
            expected = outcome(route, who, named=named(route))
            if answer.status != expected:
                wrong[route.name] = (answer.status, expected, await answer.text())
        if expected in (401, 403):
            assert operations.calls == []
            assert records.entries == []
        elif route.audited:
            assert [entry.action for entry in records.entries] == [route.name]
            assert records.entries[0].caller == CALLERS[who].name
            assert records.entries[0].status == route.status
            told = repr(records.entries)
            assert not [code for code in ("TG1-", "RP1-", "tgt_", "canary") if code in told]
    assert wrong == {}


def test_every_change_needs_more_than_a_look() -> None:
    assert {
        r.name for r in ROUTES if r.audited and r.role == "viewer" and not r.permission
    } == set()
    assert len({(r.method, r.path) for r in ROUTES}) == len(ROUTES)


@pytest.mark.parametrize("name", ["twins", "errors", "activity", "connections", "tasks"])
async def test_a_caller_of_one_connection_has_to_name_it_or_sees_what_is_its(
    door, operations, name: str
) -> None:
    headers = {"Authorization": "Token admin_of_this_connection"}
    async with door.get(f"{PREFIX}/{name}", headers=headers) as answer:
        if name in ("connections", "tasks"):
            assert answer.status == 200
            assert operations.calls[-1][-1] == frozenset({OURS})
        else:
            assert answer.status == 403
    async with door.get(f"{PREFIX}/events", headers=headers) as answer:
        told = await answer.text()
    assert "left-right" not in told
    assert '"connection":"other"' not in told


@pytest.mark.parametrize("who", ["operator", "admin"])
@pytest.mark.parametrize("tried", [{}, {"draft": True}, {"outgoing": "a"}, {"incoming": "b"}])
async def test_only_an_admin_shows_a_partner_what_unpublished_rules_let_out(
    door, operations, who: str, tried: dict[str, Any]
) -> None:
    headers = {"Authorization": f"Token {who}"}
    url = f"{PREFIX}/connections/{OURS}/rules/dry-run"
    for there in (False, True):
        body = {"issue": "ABC-1", "ask_there": there, **tried}
        async with door.post(url, headers=headers, json=body) as answer:
            refused = there and tried and who != "admin"
            assert answer.status == (403 if refused else 200)
