"""Thousands of hostile bodies over real HTTP: always a 4xx, or a well-formed change."""

import asyncio
import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.web.app import build_public_app
from service.web.hooks import Webhooks
from service.web.serving import Hardening

PER_EXAMPLE = 20
EXAMPLES = int(os.environ.get("TIDEGATE_FUZZ_REQUESTS", "3000")) // PER_EXAMPLE

values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
bodies = st.one_of(
    st.binary(max_size=200),
    values.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")),
    st.fixed_dictionaries({"issue": values}).map(lambda value: json.dumps(value).encode()),
    st.integers(1, 5_000).map(lambda depth: b'{"issue":' * depth),
    st.text(max_size=50).map(lambda text: b'{"issue": "' + text.encode("utf-8", "replace") + b'"}'),
)
paths = st.sampled_from(["/hooks/jira", "/hooks/guarded/s3cret", "/hooks/guarded/x", "/hooks/%00"])


@pytest.fixture
async def client(serve, desk, bus, metrics, clock, new_id, board):
    hooks = Webhooks(desk, bus, metrics, now=lambda: clock[0], new_id=new_id)
    app = build_public_app(hooks.routes(), board, body_bytes=4096, new_id=new_id)
    return await serve(app, Hardening(shutdown_seconds=0.2))


async def test_no_body_makes_a_5xx(client, bus) -> None:
    seen: set[int] = set()
    loop = asyncio.get_running_loop()

    async def post(path: str, body: bytes) -> None:
        before = len(bus.published)
        async with client.post(path, data=body) as answer:
            seen.add(answer.status)
            assert answer.status < 500, (path, body)
            detail = await answer.json()
        if answer.status >= 400:
            assert detail["detail"]
            assert len(bus.published) == before

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.lists(st.tuples(paths, bodies), min_size=PER_EXAMPLE, max_size=PER_EXAMPLE))
    def run(requests: list[tuple[str, bytes]]) -> None:
        async def all_of_them() -> None:
            for path, body in requests:
                await post(path, body)

        asyncio.run_coroutine_threadsafe(all_of_them(), loop).result(60)

    await asyncio.to_thread(run)
    assert {200, 202, 400, 401, 404} <= seen
    assert all(isinstance(event.issue, str) for event in bus.published)
