"""A GitHub App's login: a signed assertion, exchanged for a token of one hour."""

import base64
from collections.abc import Callable

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from schemas.errors import ConfigurationError
from schemas.values import Millis

_BACKDATED = 60
"""Seconds by which GitHub's clock may be behind ours."""
_VALID = 540
"""GitHub takes ten minutes at most."""
_encode = msgspec.json.Encoder().encode


class AppKey:
    def __init__(self, app_id: str, private_key: str, now: Callable[[], Millis]) -> None:
        self._app_id = app_id
        self._now = now
        self._key = _load(private_key)

    def assertion(self) -> str:
        """A JSON web token, RS256, that says: we are this App."""
        now = self._now() // 1000
        claims = {"iat": now - _BACKDATED, "exp": now + _VALID, "iss": self._app_id}
        head = _part(_encode({"alg": "RS256", "typ": "JWT"})) + "." + _part(_encode(claims))
        signature = self._key.sign(head.encode(), padding.PKCS1v15(), hashes.SHA256())
        return head + "." + _part(signature)


def _load(text: str) -> rsa.RSAPrivateKey:
    try:
        # Copied into one line, a key has its line ends written out.
        key = serialization.load_pem_private_key(text.replace("\\n", "\n").encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ConfigurationError(
            "The setting 'app_private_key' of the GitHub connector is no RSA key.",
            remedy="Paste the PEM file that GitHub gave when the App's key was made.",
            setting="app_private_key",
        )
    return key


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
