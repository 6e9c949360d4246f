"""Who may call: a token, or an App that shows a signed assertion and gets a token."""

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from adapters.github.moments import iso
from adapters.github.simulator.config import SimulatorConfig
from adapters.github.simulator.model import Refused

_LONGEST = 600
"""Seconds that an assertion may be valid."""


class Logins:
    def __init__(self, config: SimulatorConfig, now: Callable[[], int]) -> None:
        self._config = config
        self._now = now
        self._issued: dict[str, int] = {}
        """Token -> until when it holds (milliseconds)."""

    def check(self, headers: Mapping[str, str]) -> None:
        """A token of either kind, or an assertion. Raises Refused 401."""
        given = _given(headers)
        if given.count(".") == 2:
            self._check_assertion(given)
            return
        own = hmac.compare_digest(given.encode(), self._config.token.encode())
        if not own and self._now() >= self._issued.get(given, 0):
            raise Refused(401, "Bad credentials")

    def install(self, headers: Mapping[str, str], installation: int) -> dict[str, Any]:
        app = self._config.app
        self._check_assertion(_given(headers))
        if app is None or installation != app.installation_id:
            raise Refused(404, "Not Found")
        token = f"ghs_{installation}_{len(self._issued) + 1}"
        self._issued[token] = until = self._now() + app.lasts * 1000
        return {
            "token": token,
            "expires_at": iso(until),
            "permissions": {"issues": app.issues, "metadata": "read"},
            "repository_selection": "all",
        }

    def revoke(self) -> None:
        self._issued = dict.fromkeys(self._issued, 0)

    @property
    def issued(self) -> int:
        return len(self._issued)

    def _check_assertion(self, text: str) -> None:
        app = self._config.app
        signed, _, signature = text.rpartition(".")
        try:
            claims = json.loads(_bytes(signed.partition(".")[2]))
            key = serialization.load_pem_public_key(app.public_key.encode() if app else b"")
            if not isinstance(key, rsa.RSAPublicKey):
                raise Refused(401, "A JSON web token could not be decoded")
            key.verify(_bytes(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        except (ValueError, InvalidSignature):
            raise Refused(401, "A JSON web token could not be decoded") from None
        now = self._now() / 1000
        in_time = claims["iat"] <= now < claims["exp"] <= claims["iat"] + _LONGEST
        if app is None or claims["iss"] != app.app_id or not in_time:
            raise Refused(401, "'Expiration time' claim ('exp') is too far in the future")


LOGINS: web.AppKey[Logins] = web.AppKey("logins", Logins)


def _given(headers: Mapping[str, str]) -> str:
    kind, _, given = headers.get("Authorization", "").partition(" ")
    if kind.lower() not in ("bearer", "token") or not given:
        raise Refused(401, "Requires authentication")
    return given


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
