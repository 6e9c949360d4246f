"""Callers that are refused, seen from outside: who waits, who does not, and what is counted."""

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from schemas.errors import InputError
from service.web.app import build_public_app
from service.web.callers import Callers
from service.web.gate import gate
from service.web.rates import Rates
from service.web.refusals import Refusals

LOOPBACK = ("127.0.0.0/8",)


@pytest.fixture
def gated(serve, board, metrics, new_id, clock):
    async def build(*, proxies: tuple[str, ...] = ()):
        async def hook(request: web.Request) -> web.Response:
            if request.match_info["connector"] == "bad":
                raise InputError("The secret is wrong.", status=401)
            return web.Response(status=202)

        now = lambda: clock[0]  # noqa: E731
        rates = Rates(1.0, 3.0, now=now)
        refusals = Refusals(metrics, now=now)
        app = build_public_app(
            [web.post("/hooks/{connector}", hook)],
            board,
            body_bytes=1024,
            new_id=new_id,
            gate=gate(Callers.behind(proxies), rates, refusals),
        )
        return await serve(app)

    return build


async def statuses(client, path: str, count: int, **headers: str) -> list[int]:
    found = []
    for _ in range(count):
        async with client.post(path, headers=headers) as answer:
            found.append(answer.status)
    return found


def refused(metrics, door: str, reason: str) -> float:
    return metrics.refused_requests.labels(door, reason)._value.get()


async def test_who_is_refused_too_often_waits(gated, metrics, clock) -> None:
    client = await gated()
    assert await statuses(client, "/hooks/bad", 5) == [401, 401, 401, 429, 429]
    async with client.post("/hooks/good") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
    clock[0] += 1_000
    assert await statuses(client, "/hooks/good", 1) == [202]
    assert refused(metrics, "hooks", "credentials") == 3
    assert refused(metrics, "hooks", "rate") == 3


async def test_who_is_let_in_never_waits(gated) -> None:
    client = await gated()
    assert set(await statuses(client, "/hooks/good", 50)) == {202}


async def test_behind_a_proxy_each_caller_waits_for_himself(gated) -> None:
    client = await gated(proxies=LOOPBACK)
    attacker = {"X-Forwarded-For": "10.9.9.9, 203.0.113.7"}
    assert await statuses(client, "/hooks/bad", 5, **attacker) == [401, 401, 401, 429, 429]
    # What stands before the last hop is the caller's own word.
    assert await statuses(
        client, "/hooks/bad", 1, **{"X-Forwarded-For": "1.1.1.1, 203.0.113.7"}
    ) == [429]
    assert (
        await statuses(client, "/hooks/good", 3, **{"X-Forwarded-For": "203.0.113.8"}) == [202] * 3
    )
    assert await statuses(client, "/hooks/bad", 5) == [401] * 5


async def test_nobody_else_is_believed_about_the_caller(gated) -> None:
    client = await gated()
    codes = []
    for n in range(5):
        codes += await statuses(client, "/hooks/bad", 1, **{"X-Forwarded-For": f"203.0.113.{n}"})
    assert codes == [401, 401, 401, 429, 429]


async def test_a_flood_of_refusals_is_one_line_a_minute_with_a_count(gated, clock) -> None:
    client = await gated(proxies=LOOPBACK)
    with capture_logs() as lines:
        await statuses(client, "/hooks/bad", 40)
        clock[0] += 60_000
        await statuses(client, "/hooks/bad", 1)
    told = [line for line in lines if line["event"] == "web.refused"]
    assert [(line["reason"], line["count"]) for line in told] == [
        ("credentials", 1), ("credentials", 40)
    ]  # fmt: skip
    assert "The secret is wrong." in told[0]["cause"]


@pytest.mark.parametrize(
    ("path", "door"),
    [
        ("/relay/v1/channels/c/poll", "relay"), ("/peer/v1/exchange", "peers"),
        ("/hooks/jira", "hooks"), ("/relays", "other"), ("/", "other"),
    ],
)  # fmt: skip
async def test_each_refusal_is_counted_at_its_door(gated, metrics, path, door) -> None:
    client = await gated()
    async with client.delete(path) as answer:
        assert answer.status in (404, 405)
    assert refused(metrics, door, "not_found") == 1
