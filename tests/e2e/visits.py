"""HTTP out of this process into another network namespace."""

import ctypes
import os
import socket
from typing import Any

import aiohttp

_NEW_NETWORK = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def visiting(namespace: str, **options: Any) -> aiohttp.ClientSession:
    """A session whose connections begin in that namespace; '' is where this process is."""
    if not namespace:
        return aiohttp.ClientSession(**options)

    def made_there(address: Any) -> socket.socket:
        family, kind, protocol, *_ = address
        return _socket_in(namespace, family, kind, protocol)

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(socket_factory=made_there), **options
    )


def _socket_in(namespace: str, family: int, kind: int, protocol: int) -> socket.socket:
    """It stays where it was made, wherever the thread goes on."""
    with open("/proc/thread-self/ns/net", "rb") as here:
        with open(f"/run/netns/{namespace}", "rb") as there:
            _enter(there.fileno())
        try:
            return socket.socket(family, kind, protocol)
        finally:
            _enter(here.fileno())


def _enter(network: int) -> None:
    if _libc.setns(network, _NEW_NETWORK):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
