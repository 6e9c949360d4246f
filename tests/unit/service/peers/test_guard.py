import socket

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver

from schemas.errors import AddressRefused, InputError, refused_address
from service.peers.guard import AddressPolicy, check_peer_url, guarded_connector

EVERYTHING = AddressPolicy.of(("0.0.0.0/0", "::/0"))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:10.1.2.3",
        "::127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "fe80::1%eth0",
        "fc00::1",
        "224.0.0.1",
        "ff02::1",
        "255.255.255.255",
        "nonsense",
    ],
)
def test_addresses_that_are_not_public_are_refused(address):
    assert not AddressPolicy().permits(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111"])
def test_public_addresses_are_permitted(address):
    assert AddressPolicy().permits(address)


def test_an_allowed_network_is_permitted_in_each_of_its_forms():
    policy = AddressPolicy.of(("10.0.0.0/8",))
    assert policy.permits("10.1.2.3")
    assert policy.permits("::ffff:10.1.2.3")
    assert not policy.permits("192.168.0.1")


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::",
     "fd00:ec2::254", "fe80::1", "168.63.129.16", "100.100.100.200"],
)  # fmt: skip
def test_metadata_services_cannot_be_allowed(address):
    assert not EVERYTHING.permits(address)


def test_a_network_that_is_none_is_refused():
    with pytest.raises(InputError, match="Not a network"):
        AddressPolicy.of(("10.0.0.0/33",))


class Resolver(AbstractResolver):
    """Answers otherwise each time, as rebinding does."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)

    async def resolve(self, host, port=0, family=0):
        address = self.addresses.pop(0)
        return [
            {"hostname": host, "host": address, "port": port, "family": 2, "proto": 0, "flags": 0}
        ]

    async def close(self):
        pass


async def failure(policy, url, resolver=None):
    connector = guarded_connector(policy, resolver=resolver)
    async with aiohttp.ClientSession(connector=connector) as session:
        with pytest.raises(aiohttp.ClientError) as caught:
            await session.get(url, timeout=aiohttp.ClientTimeout(total=5))
    error = caught.value
    return error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433", "0x7f000001", "127.1"],
)
async def test_no_form_of_a_loopback_url_gets_a_socket(host):
    error = await failure(AddressPolicy(), f"http://{host}:9/")
    assert isinstance(error, AddressRefused | aiohttp.InvalidURL)


async def test_a_name_with_a_forbidden_address_is_refused_with_a_remedy():
    error = await failure(AddressPolicy(), "http://evil.example:9/", Resolver("10.0.0.1"))
    assert isinstance(error, AddressRefused)
    assert "peers.allow_networks" in str(error)


async def test_a_name_that_changes_its_address_is_caught_each_time():
    policy = AddressPolicy.of(("127.0.0.0/8",))
    resolver = Resolver("127.0.0.1", "10.0.0.1")
    assert isinstance(
        await failure(policy, "http://e.example:9/", resolver), ConnectionRefusedError
    )
    assert isinstance(await failure(policy, "http://e.example:9/", resolver), AddressRefused)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("https://sync.example.com/", "https://sync.example.com"),
        (" https://Sync.Example.com:8443/tidegate/ ", "https://sync.example.com:8443/tidegate"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_a_usable_url_is_stored_in_one_form(given, stored):
    assert check_peer_url(given, http_hosts=frozenset({"127.0.0.1"})) == stored


@pytest.mark.parametrize(
    "url",
    ["", "sync.example.com", "ftp://x.example", "http://x.example", "https://u:p@x.example",
     "https://x.example/?q=1", "https://x.example/#f", "https://", "https://x.example:99999"],
)  # fmt: skip
def test_other_urls_are_refused(url):
    with pytest.raises(InputError, match="cannot be used"):
        check_peer_url(url)


TRACKERS = AddressPolicy.of_trackers(())


@pytest.mark.parametrize(
    "address",
    ["10.1.2.3", "172.16.0.9", "192.168.1.1", "100.64.0.1", "fd12::1", "::ffff:10.1.2.3",
     "8.8.8.8"],
)  # fmt: skip
def test_a_tracker_may_stand_in_the_own_house(address):
    assert TRACKERS.permits(address)
    assert AddressPolicy.of_trackers(("127.0.0.0/8",)).permits("127.0.0.1")


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.9.9.9", "::1", "::", "0.0.0.0", "::ffff:127.0.0.1", "::127.0.0.1",
     "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::", "169.254.169.254",
     "::ffff:169.254.169.254", "fe80::1", "fd00:ec2::254", "224.0.0.1", "240.0.0.1"],
)  # fmt: skip
def test_a_tracker_is_never_this_host_nor_a_metadata_service(address):
    assert not TRACKERS.permits(address)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433", "0x7f000001", "127.1",
     "0177.0.0.1", "localhost", "localhost.", "\uff11\uff12\uff17.0.0.1", "[::]",
     "[64:ff9b::7f00:1]", "169.254.169.254"],
)  # fmt: skip
async def test_no_form_of_a_forbidden_tracker_gets_a_socket(host):
    error = await failure(TRACKERS, f"http://{host}:9/")
    # Not every resolver knows `localhost.`; none may lead to a socket.
    assert isinstance(error, AddressRefused | aiohttp.InvalidURL | socket.gaierror)


async def test_a_refusal_tells_what_an_administrator_can_do():
    error = await failure(TRACKERS, "http://127.0.0.1:9/")
    assert "trackers.allow_networks" in str(error)
    assert "--allow-network" in str(error)


def test_only_a_refused_address_is_told_as_one():
    assert refused_address(OSError("other")) == ""
