"""HTTP message signatures (RFC 9421, Ed25519) over requests, and over answers bound to them.

Exactly one form is spoken: the components, parameters and their order are fixed, so that nothing is
left to negotiate. A body is covered by its Content-Digest (RFC 9530); a stream, whose digest is not
known beforehand, by the `Tidegate-Stream` header from which all its chunks are authenticated.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import msgspec
from yarl import URL

from schemas.errors import InputError, PeerError
from schemas.values import Millis
from service.peers.identity import NodeIdentity, Signer, node_id, signature_holds

DIGEST = "content-digest"
STREAM = "tidegate-stream"
LIFETIME = 60
"""Seconds for which a request's signature is good."""
_AHEAD = 5
"""Seconds by which the caller's clock may be ahead."""

_TAG = "tidegate-peer-1"
_REQUEST = '("@method" "@authority" "@path" "@query" "{bound}")'
_ANSWER = '("@status" "{bound}" "signature";req;key="tidegate")'
_INPUT = re.compile(
    r"tidegate=(?P<params>\((?P<covered>[^)]*)\);created=(?P<created>\d{1,12});"
    r'expires=(?P<expires>\d{1,12});nonce="(?P<nonce>[A-Za-z0-9_-]{16,64})";'
    r'keyid="(?P<keyid>[a-z2-7]{26})";alg="ed25519";tag="tidegate-peer-1")'
)
_KEY_ID = re.compile(r'keyid="(?P<keyid>[a-z2-7]{26})"')
_SIGNATURE = re.compile(r"tidegate=:(?P<signature>[A-Za-z0-9+/]{86}==):")


Speaker = NodeIdentity | Signer


class Target(NamedTuple):
    """Where a request goes, as its signature names it."""

    method: str
    authority: str
    path: str


class Bound(NamedTuple):
    """The header that stands for the content: its digest, or the stream's head."""

    name: str
    value: str


class Signed(NamedTuple):
    """A signature as it arrived; nothing of it is believed before `check`."""

    key_id: str
    nonce: str
    created: int
    expires: int
    signature: str
    base: bytes


class Place(msgspec.Struct, frozen=True):
    """The authority and path prefix of a node's public URL."""

    authority: str
    prefix: str

    def target(self, method: str, path: str) -> Target:
        return Target(method, self.authority, self.prefix + path)


@lru_cache(maxsize=1024)
def place(public_url: str) -> Place:
    url = URL(public_url)
    host = (url.raw_host or "").lower()
    if ":" in host:
        host = f"[{host}]"
    authority = host if url.is_default_port() else f"{host}:{url.port}"
    return Place(authority, url.raw_path.rstrip("/"))


def content_digest(body: bytes) -> Bound:
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    return Bound(DIGEST, f"sha-256=:{digest}:")


def sign_request(
    identity: Speaker, target: Target, bound: Bound, *, now: Millis, nonce: str
) -> dict[str, str]:
    """The headers to send. `Signature` is what the answer will be bound to."""
    created = now // 1000
    params = (
        f"{_REQUEST.format(bound=bound.name)};created={created};expires={created + LIFETIME};"
        f'nonce="{nonce}";keyid="{identity.id}";alg="ed25519";tag="{_TAG}"'
    )
    return _signed_headers(identity, _request_base(target, bound, params), bound, params)


def read_request(headers: Mapping[str, str], target: Target, bound_name: str) -> Signed:
    """Raises `InputError` 401 when there is no signature of our form over this target."""
    found = _INPUT.fullmatch(headers.get("Signature-Input", ""))
    bound = Bound(bound_name, headers.get(bound_name, ""))
    if found is None or found["covered"] != _REQUEST.format(bound=bound_name)[1:-1]:
        raise unauthorised()
    return Signed(
        found["keyid"],
        found["nonce"],
        int(found["created"]),
        int(found["expires"]),
        _signature_text(headers),
        _request_base(target, bound, found["params"]),
    )


def check_request(signed: Signed, identity_key: bytes, *, now: Millis) -> None:
    """Raises `InputError` 401: bare when forged, `ClockSkew` when only the time is off."""
    if not is_genuine(signed, identity_key):
        raise unauthorised()
    check_time(signed, now=now)


def is_genuine(signed: Signed, identity_key: bytes) -> bool:
    return signature_holds(identity_key, base64.b64decode(signed.signature), signed.base)


def check_time(signed: Signed, *, now: Millis) -> None:
    """Raises `ClockSkew`."""
    seconds = now // 1000
    in_time = signed.created - _AHEAD <= seconds <= signed.expires
    if not in_time or signed.expires - signed.created > LIFETIME:
        raise ClockSkew(now)


def sign_answer(
    identity: Speaker, status: int, bound: Bound, request_signature: str, *, now: Millis
) -> dict[str, str]:
    params = (
        f"{_ANSWER.format(bound=bound.name)};created={now // 1000};"
        f'keyid="{identity.id}";alg="ed25519";tag="{_TAG}"'
    )
    base = _answer_base(status, bound, request_signature, params)
    return _signed_headers(identity, base, bound, params)


def check_answer(
    headers: Mapping[str, str],
    status: int,
    bound: Bound,
    *,
    identity_key: bytes,
    request_signature: str,
) -> None:
    """Raises `PeerError` unless the pinned key signed this answer to this very request."""
    params = headers.get("Signature-Input", "").removeprefix("tidegate=")
    expected = _ANSWER.format(bound=bound.name)
    try:
        signature = base64.b64decode(_signature_text(headers))
    except InputError as error:
        raise _forged_answer() from error
    base = _answer_base(status, bound, request_signature, params)
    if not params.startswith(expected) or not signature_holds(identity_key, signature, base):
        raise _forged_answer()


def key_of(key_id: str, keys: tuple[bytes, ...]) -> bytes:
    """The pinned key that a signature names; the first when it names none of them."""
    return next((key for key in keys if node_id(key) == key_id), keys[0])


def answering_key(headers: Mapping[str, str], keys: tuple[bytes, ...]) -> bytes:
    """The pinned key by which an answer says that it is signed."""
    if len(keys) == 1:
        return keys[0]
    found = _KEY_ID.search(headers.get("Signature-Input", ""))
    return key_of(found["keyid"] if found else "", keys)


def request_signature(headers: Mapping[str, str]) -> str:
    return _signature_text(headers)


def unauthorised() -> InputError:
    return InputError("Not authorised.", status=401)


class ClockSkew(InputError):
    """Genuine, but signed at another time than now: late, or by a wrong clock."""

    def __init__(self, server_time: Millis) -> None:
        super().__init__(
            "The request was signed at a time that is too far from this node's clock.",
            status=401,
            remedy="Set the clocks of both nodes by a time server (NTP).",
        )
        self.server_time = server_time


def _forged_answer() -> PeerError:
    return PeerError(
        "The answer is not signed by the paired node.",
        remedy="Check that the peer's URL leads to its node and nothing in between alters answers.",
    )


def _signed_headers(identity: Speaker, base: bytes, bound: Bound, params: str) -> dict[str, str]:
    signature = base64.b64encode(identity.sign(base)).decode()
    return {
        bound.name: bound.value,
        "Signature-Input": f"tidegate={params}",
        "Signature": f"tidegate=:{signature}:",
    }


def _signature_text(headers: Mapping[str, str]) -> str:
    found = _SIGNATURE.fullmatch(headers.get("Signature", ""))
    if found is None:
        raise unauthorised()
    try:
        base64.b64decode(found["signature"], validate=True)
    except binascii.Error as error:
        raise unauthorised() from error
    return found["signature"]


def _request_base(target: Target, bound: Bound, params: str) -> bytes:
    # No peer endpoint takes a query; an empty one is written as "?".
    return (
        f'"@method": {target.method}\n"@authority": {target.authority}\n"@path": {target.path}\n'
        f'"@query": ?\n"{bound.name}": {bound.value}\n"@signature-params": {params}'
    ).encode("utf-8", "surrogateescape")


def _answer_base(status: int, bound: Bound, request_signature: str, params: str) -> bytes:
    return (
        f'"@status": {status}\n"{bound.name}": {bound.value}\n'
        f'"signature";req;key="tidegate": :{request_signature}:\n"@signature-params": {params}'
    ).encode("utf-8", "surrogateescape")
