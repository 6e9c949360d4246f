"""Signed requests and the answers bound to them: section 7."""

import base64
import hashlib
from urllib.parse import urlsplit

from tests.contract.protocol.other.keys import holds
from tests.contract.protocol.other.pairing import Keys

_TAIL = 'alg="ed25519";tag="tidegate-peer-1"'


def digest_of(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def request_base(method: str, url: str, bound: tuple[str, str], parameters: str) -> bytes:
    parts = urlsplit(url)
    name, value = bound
    return (
        f'"@method": {method}\n"@authority": {parts.netloc}\n"@path": {parts.path}\n'
        f'"@query": ?\n"{name}": {value}\n"@signature-params": {parameters}'
    ).encode()


def sign_request(
    keys: Keys, method: str, url: str, bound: tuple[str, str], created: int, nonce: str
) -> dict[str, str]:
    parameters = (
        f'("@method" "@authority" "@path" "@query" "{bound[0]}");created={created};'
        f'expires={created + 60};nonce="{nonce}";keyid="{keys.node}";{_TAIL}'
    )
    signature = keys.sign(request_base(method, url, bound, parameters))
    return _headers(bound, parameters, signature)


def sign_answer(
    keys: Keys, status: int, bound: tuple[str, str], request: dict[str, str], created: int
) -> dict[str, str]:
    parameters = (
        f'("@status" "{bound[0]}" "signature";req;key="tidegate");created={created};'
        f'keyid="{keys.node}";{_TAIL}'
    )
    signature = keys.sign(_answer_base(status, bound, request, parameters))
    return _headers(bound, parameters, signature)


def check_answer(
    identity_key: bytes,
    status: int,
    bound: tuple[str, str],
    answer: dict[str, str],
    request: dict[str, str],
) -> None:
    """`answer`: its headers, by their names in lower case. Raises `InvalidSignature`."""
    parameters = answer["signature-input"].removeprefix("tidegate=")
    base = _answer_base(status, bound, request, parameters)
    holds(identity_key, base64.b64decode(answer["signature"][10:-1]), base)


def _answer_base(
    status: int, bound: tuple[str, str], request: dict[str, str], parameters: str
) -> bytes:
    signature = request["Signature"].removeprefix("tidegate=")
    return (
        f'"@status": {status}\n"{bound[0]}": {bound[1]}\n'
        f'"signature";req;key="tidegate": {signature}\n"@signature-params": {parameters}'
    ).encode()


def _headers(bound: tuple[str, str], parameters: str, signature: bytes) -> dict[str, str]:
    return {
        bound[0]: bound[1],
        "Signature-Input": f"tidegate={parameters}",
        "Signature": f"tidegate=:{base64.b64encode(signature).decode()}:",
    }
