"""How commands find the node, and how they end."""

import pytest
from aiohttp import web

from schemas.api import Page, Problem
from schemas.health import HealthCheck, HealthReport
from schemas.node_api import NodeView
from service.cli.program import parser

CONFIG = '[node]\nname = "here"\n'


def _leaves(made, path=()):
    for action in made._actions:
        if isinstance(action.choices, dict):
            for name, sub in action.choices.items():
                yield from _leaves(sub, (*path, name))
    if made.get_default("call"):
        yield path, made


LEAVES = dict(_leaves(parser(["simulate"])))


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_command_has_help_and_json(path):
    assert "--json" in LEAVES[path].format_help()
    assert LEAVES[path].description


async def test_no_command_is_wrong_usage(tidegate):
    result = await tidegate("--json")
    assert result.code == 2
    assert "COMMAND" in result.error["detail"]
    assert result.out == ""


async def test_without_a_configuration_it_says_what_to_name(tidegate, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("service.cli.whereabouts.USUAL_FILES", (tmp_path / "none",))
    result = await tidegate("twins")
    assert result.code == 2
    assert "TIDEGATE_CONFIG" in result.err


@pytest.mark.parametrize("way", ["option", "variable"])
async def test_a_node_that_does_not_run_is_told_with_how_to_start_it(tidegate, tmp_path, way):
    config = tmp_path / "tidegate.toml"
    config.write_text(CONFIG)
    given = ("--config", str(config)) if way == "option" else ()
    environ = {} if way == "option" else {"TIDEGATE_CONFIG": str(config)}
    result = await tidegate("twins", "--json", *given, environ=environ)
    assert result.code == 3
    assert str(tmp_path / "data" / "tidegate.sock") in result.error["detail"]
    assert result.error["remedy"] == f"Start it: tidegate run --config {config}"


async def test_a_dead_socket_means_not_running(node, tidegate, tmp_path):
    import socket

    path = tmp_path / "dead"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert (await tidegate("twins", "--socket", str(path))).code == 3


async def test_a_wrong_configuration_tells_its_lines(tidegate, tmp_path):
    config = tmp_path / "tidegate.toml"
    config.write_text(CONFIG + "nmae = 1\n")
    result = await tidegate("twins", "--config", str(config))
    assert result.code == 1
    assert f"{config}:3" in result.err
    assert "Next step" in result.err


async def test_url_and_token_reach_a_node_over_tcp(node, tidegate, aiohttp_url, tmp_path):
    node.answers["connections"] = Page(0, ())
    token = tmp_path / "token"
    token.write_text("admin-secret\n")
    result = await tidegate("connection", "list", "--url", aiohttp_url, "--token", f"@{token}")
    assert result.code == 0
    assert node.tokens == ["Bearer admin-secret"]
    await tidegate("connection", "list", "--url", aiohttp_url, environ={"TIDEGATE_TOKEN": "other"})
    assert node.tokens[-1] == "Bearer other"


@pytest.fixture
async def aiohttp_url(node):
    runner = web.AppRunner(node.app())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


@pytest.mark.parametrize(("status", "code"), [("pass", 0), ("warn", 0), ("fail", 1)])
async def test_health_ends_with_0_unless_the_node_fails(node, on_node, status, code):
    check = HealthCheck(status, "RabbitMQ is away", 3, "messages")
    node.answers["health"] = HealthReport(status, "1", "here", checks={"bus": [check]})
    result = await on_node("health")
    assert result.code == code
    assert "RabbitMQ is away" in result.out
    assert "3 messages" in result.out
    as_json = await on_node("health", "--json")
    assert as_json.json["checks"]["bus"][0]["observedUnit"] == "messages"


async def test_health_of_a_node_that_does_not_run_is_1_as_container_engines_want(
    tidegate, tmp_path
):
    assert (await tidegate("health", "--socket", str(tmp_path / "none"))).code == 1


async def test_an_incident_is_named(node, on_node):
    node.answers["twins"] = (500, Problem("Unexpected.", incident="i-42"))
    assert "i-42" in (await on_node("twins")).err


async def test_an_answer_of_another_version_is_an_error_not_a_crash(node, on_node):
    node.answers["twins"] = NodeView("n", "n", "public", "", "1")
    result = await on_node("twins", "--json")
    assert result.code == 1
    assert "same version" in result.error["remedy"]
