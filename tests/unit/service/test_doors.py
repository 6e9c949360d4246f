from aiohttp import web

from service.config import Config, Limits, Listen, Node
from service.doors import doors, hardening_of


async def nothing(request: web.Request) -> web.Response:
    return web.Response()


HOOKS = [web.post("/hooks/x", nothing)]
PEERS = [web.get("/peer/v1/node", nothing)]


def opened(listen: Listen, peers: list[web.RouteDef] = PEERS) -> list[tuple[str, str, int]]:
    config = Config(node=Node(name="n"), listen=listen)
    return [(d.name, d.address, len(d.routes)) for d in doors(config, HOOKS, peers)]


def test_without_addresses_of_their_own_all_stand_together() -> None:
    assert opened(Listen(address="0.0.0.0:80")) == [("other", "0.0.0.0:80", 2)]


def test_each_door_can_have_its_own_address() -> None:
    listen = Listen(address="127.0.0.1:1", hooks="10.0.0.1:2", peers="0.0.0.0:3")
    assert opened(listen) == [("hooks", "10.0.0.1:2", 1), ("peers", "0.0.0.0:3", 1)]
    assert opened(Listen(address="127.0.0.1:1", peers="0.0.0.0:3")) == [
        ("hooks", "127.0.0.1:1", 1),
        ("peers", "0.0.0.0:3", 1),
    ]


def test_a_private_node_opens_none_for_peers() -> None:
    assert opened(Listen(address="127.0.0.1:1", peers="0.0.0.0:3"), []) == [
        ("hooks", "127.0.0.1:1", 1)
    ]


def test_limits_reach_the_door() -> None:
    hardening = hardening_of(Limits(connections=7, connections_per_address=3, idle_seconds=9))
    assert (hardening.connections, hardening.per_address, hardening.keepalive_seconds) == (7, 3, 9)
