import json
import os
import socket
import stat
from pathlib import Path

import pytest
from aiohttp import ClientSession, UnixConnector, web

from schemas.errors import ConfigurationError
from service.web.access import by_socket
from service.web.api.records import Records
from service.web.app import build_admin_app, build_public_app
from service.web.health import Finding, HealthBoard
from service.web.serving import listening, listening_on_socket


class NoOperations:
    """The admin application is built over it; these tests call none."""

    rule_life = None
    configuration = None
    snippets = None


def admin_app(board, metrics, new_id, **more) -> web.Application:
    return build_admin_app(
        NoOperations(),
        board,
        metrics,
        new_id=new_id,
        records=Records(NoOperations(), NoOperations()),
        entrance=by_socket(),
        **more,
    )


@pytest.fixture
def public(board, new_id) -> web.Application:
    return build_public_app([], board, body_bytes=1024, new_id=new_id)


@pytest.fixture
def admin(board, metrics, new_id) -> web.Application:
    return admin_app(board, metrics, new_id)


async def away() -> Finding:
    return Finding("fail", "canary: postgresql is away")


async def test_probes_tell_strangers_the_status_alone(serve, public, board: HealthBoard) -> None:
    board.add("store", away, vital=True)
    board.open()
    client = await serve(public)
    for path, status in (("/livez", 200), ("/readyz", 503), ("/health", 503)):
        async with client.get(path) as answer:
            assert answer.status == status
            assert answer.content_type == "application/health+json"
            assert list(json.loads(await answer.text())) == ["status"]
    for path in ("/metrics", "/api/v2/node"):
        async with client.get(path) as answer:
            assert answer.status == 404


async def test_probes_tell_admins_the_details(serve, admin, board: HealthBoard) -> None:
    board.add("peer:right", away)
    board.open()
    client = await serve(admin)
    async with client.get("/health") as answer:
        assert answer.status == 200
        body = json.loads(await answer.text())
    assert body["status"] == "warn"
    assert body["serviceId"] == "left"
    assert body["checks"]["peer:right"][0]["output"] == "canary: postgresql is away"
    board.close("draining")
    async with client.get("/readyz") as answer:
        assert (answer.status, json.loads(await answer.text())["output"]) == (503, "draining")


async def test_metrics_are_refreshed_and_scraped(serve, board, metrics, new_id) -> None:
    async def refresh() -> None:
        metrics.bus_depth.set(7)

    app = admin_app(board, metrics, new_id, refresh_metrics=refresh)
    client = await serve(app)
    async with client.get("/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain")
        text = await answer.text()
    assert "tidegate_bus_depth 7.0" in text
    assert 'tidegate_build_info{version="1.2.3"} 1.0' in text


async def test_the_socket_is_private_and_goes_with_the_node(tmp_path: Path, admin, board) -> None:
    board.open()
    path = tmp_path / "tidegate.sock"
    async with listening_on_socket(admin, path):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        async with (
            ClientSession(connector=UnixConnector(str(path))) as session,
            session.get("http://node/api/v2/health") as answer,
        ):
            assert answer.status == 200
    assert not path.exists()


async def test_the_socket_of_a_dead_node_is_replaced_and_of_a_living_one_is_not(
    tmp_path: Path, admin, public
) -> None:
    path = tmp_path / "tidegate.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    async with listening_on_socket(admin, path):
        with pytest.raises(ConfigurationError, match="Another node"):
            async with listening_on_socket(public, path):
                pass
        assert path.exists()


async def test_addresses_that_cannot_be_had_are_said(tmp_path: Path, public, admin) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(
            ConfigurationError, match=f"Cannot listen on 127.0.0.1:{port}"
        ) as caught:
            async with listening(public, "127.0.0.1", port):
                pass
    assert caught.value.remedy
    with pytest.raises(ConfigurationError, match="too long"):
        async with listening_on_socket(admin, tmp_path / ("x" * 120)):
            pass
    with pytest.raises(ConfigurationError, match="Cannot make the admin socket"):
        async with listening_on_socket(admin, tmp_path / "none" / "s"):
            pass
