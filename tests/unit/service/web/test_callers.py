"""Links of lists behind a proxy with TLS: as it tells, where it is trusted, and only then."""

import pytest
from aiohttp import ClientSession, web

from schemas.api import Page, PageQuery
from service.web.api.pages import linked
from service.web.callers import CALLERS, Callers

BEHIND = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "tidegate.acme.example",
    "X-Forwarded-Prefix": "/sync/",
}


async def next_link(callers: Callers, headers: list[tuple[str, str]]) -> tuple[str, str]:
    """And the address that was asked."""

    async def answer(request: web.Request) -> web.Response:
        page = linked(Page(100, ()), PageQuery(1, 10), request)
        return web.Response(text=page.next or "")

    app = web.Application()
    app[CALLERS] = callers
    app.router.add_get("/api/v2/twins", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with ClientSession() as session:
            path = f"{base}/api/v2/twins?issue=A%26B&page_size=10"
            async with session.get(path, headers=headers) as got:
                assert got.status == 200, await got.text()
                return await got.text(), base
    finally:
        await runner.cleanup()


async def test_a_trusted_proxy_tells_the_address_that_was_asked_for() -> None:
    link, _ = await next_link(Callers.behind(("127.0.0.0/8",)), list(BEHIND.items()))
    assert link == (
        "https://tidegate.acme.example/sync/api/v2/twins?issue=A%26B&page_size=10&page=2"
    )


async def test_nobody_else_is_believed() -> None:
    link, base = await next_link(Callers.behind(("10.0.0.0/8",)), list(BEHIND.items()))
    assert link == f"{base}/api/v2/twins?issue=A%26B&page_size=10&page=2"


async def test_what_came_from_before_the_proxy_is_not_believed() -> None:
    twice = [("X-Forwarded-Host", "evil.example"), *BEHIND.items()]
    link, _ = await next_link(Callers.behind(("127.0.0.0/8",)), twice)
    assert link.startswith("https://tidegate.acme.example/sync/")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Forwarded-Host", "evil.example/path"),
        ("X-Forwarded-Host", "user@evil.example"),
        ("X-Forwarded-Host", "evil.example:99999"),
        ("X-Forwarded-Proto", "javascript"),
        ("X-Forwarded-Prefix", "//evil.example"),
        ("X-Forwarded-Prefix", "/a?b"),
    ],
)
async def test_what_is_no_address_is_left_out(name: str, value: str) -> None:
    link, base = await next_link(Callers.behind(("127.0.0.0/8",)), [(name, value)])
    assert link.startswith(f"{base}/api/v2/twins?")
