"""Seals secrets with a key that is not in the database."""

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.errors import ConfigurationError

KEY_BYTES = 32
_ID_BYTES = 8
_NONCE_BYTES = 12
_FORM = b"\x01"

RandomBytes = Callable[[int], bytes]


class Vault:
    """AES-256-GCM under several keys: the first seals, all of them open.

    A sealed value is form (1 byte), key id (8), nonce (12), ciphertext with tag. Table, row and
    column are authenticated, so that a sealed value cannot be moved to another place.
    """

    def __init__(
        self, keys: Sequence[bytes], *, random_bytes: RandomBytes = secrets.token_bytes
    ) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ConfigurationError(
                f"The vault needs at least one key of {KEY_BYTES} bytes.",
                remedy="Point to a key file that Tidegate made, or let it make a new one.",
            )
        self._ciphers = {_key_id(key): AESGCM(key) for key in keys}
        self._newest = _key_id(keys[0])
        self._random_bytes = random_bytes

    def __repr__(self) -> str:
        return f"Vault({len(self._ciphers)} keys)"

    def seal(self, plain: bytes, *, table: str, row: str, column: str) -> bytes:
        nonce = self._random_bytes(_NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(nonce, plain, _place(table, row, column))
        return _FORM + self._newest + nonce + sealed

    def open(self, sealed: bytes, *, table: str, row: str, column: str) -> bytes:
        """Raises `ConfigurationError` when no key fits or the value was tampered with."""
        start = len(_FORM) + _ID_BYTES
        cipher = self._ciphers.get(sealed[len(_FORM) : start])
        if cipher is None or sealed[: len(_FORM)] != _FORM:
            raise _unopenable(table, column, "its key is not in the key file")
        nonce, body = sealed[start : start + _NONCE_BYTES], sealed[start + _NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, body, _place(table, row, column))
        except (InvalidTag, ValueError) as error:
            raise _unopenable(table, column, "it was altered or moved") from error

    def is_newest(self, sealed: bytes) -> bool:
        """False for a value that an older key sealed: seal it again to retire that key."""
        return sealed[len(_FORM) : len(_FORM) + _ID_BYTES] == self._newest


def load_or_create_key(
    path: Path, *, random_bytes: RandomBytes = secrets.token_bytes
) -> tuple[bytes, ...]:
    """The keys of the file, newest first: one base64 line each, `#` begins a comment.

    An absent file is made with one new key, readable by its owner alone.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _load(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    key = random_bytes(KEY_BYTES)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(key) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return (key,)


def _load(path: Path) -> tuple[bytes, ...]:
    try:
        with path.open("rb") as file:
            # World bits only: service managers hand credentials over with group read.
            if os.fstat(file.fileno()).st_mode & 0o007:
                raise ConfigurationError(
                    f"Everybody on this machine can use the key file {path}.",
                    remedy=f"Run: chmod 600 {path}. If others may have read it, make a new key.",
                )
            lines = file.read().splitlines()
    except OSError as error:
        raise _unreadable(path, error) from error
    keys = tuple(_parse(path, line) for line in map(bytes.strip, lines) if line[:1] not in b"#")
    if not keys:
        raise _malformed(path)
    return keys


def _parse(path: Path, line: bytes) -> bytes:
    try:
        key = base64.b64decode(line, validate=True)
    except binascii.Error:
        # The cause would show the line; a key never stands in an error.
        raise _malformed(path) from None
    if len(key) != KEY_BYTES:
        raise _malformed(path)
    return key


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"tidegate key id\x00" + key).digest()[:_ID_BYTES]


def _place(table: str, row: str, column: str) -> bytes:
    return "\x00".join((table, row, column)).encode()


def _unopenable(table: str, column: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"A sealed value of {table}.{column} cannot be opened: {why}.",
        remedy="Restore the key file that belongs to this database, or enter the secret again.",
    )


def _malformed(path: Path) -> ConfigurationError:
    return ConfigurationError(
        f"The key file {path} must hold one base64 key of {KEY_BYTES} bytes per line.",
        remedy="Restore the file from its backup. Only for a new database: remove it.",
    )


def _unreadable(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"The key file {path} cannot be used: {error.strerror}.",
        remedy="Let the daemon's user read it, and write into its folder when it is to be made.",
    )
