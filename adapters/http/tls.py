"""Certificates of a company's own: checked always, against a private authority where one is set."""

import ssl
from collections.abc import Callable, Mapping

from schemas.errors import ConfigurationError

_AUTHORITY = "tls_ca"
_CERTIFICATE = "tls_certificate"
_KEY = "tls_key"

TLS_SETTINGS = frozenset({_AUTHORITY, _CERTIFICATE, _KEY})
"""Settings of a connector that belong to its session and not to its adapter."""


def tls_context(params: Mapping[str, object]) -> ssl.SSLContext | None:
    """For a connector's HTTP session; None when it sets nothing of `TLS_SETTINGS`.

    `tls_ca` is a PEM text or the path of a PEM file, trusted besides the system's authorities;
    `tls_certificate` and `tls_key` are paths of PEM files by which this node shows who it is.
    """
    authority, certificate, key = (_text(params, name) for name in (_AUTHORITY, _CERTIFICATE, _KEY))
    if not (authority or certificate or key):
        return None
    if bool(certificate) != bool(key):
        raise ConfigurationError(
            f"A connector has only one of {_CERTIFICATE!r} and {_KEY!r}.",
            remedy="Give both, or none.",
        )
    context = ssl.create_default_context()
    if authority:
        _load(_AUTHORITY, lambda: _trust(context, authority))
    if certificate:
        _load(_CERTIFICATE, lambda: context.load_cert_chain(certificate, key, password=""))
    return context


def _trust(context: ssl.SSLContext, authority: str) -> None:
    if "-----BEGIN" in authority:
        context.load_verify_locations(cadata=authority)
    else:
        context.load_verify_locations(cafile=authority)


def _text(params: Mapping[str, object], name: str) -> str:
    value = params.get(name, "")
    if not isinstance(value, str):
        raise ConfigurationError(
            f"The setting {name!r} of a connector must be a text.", remedy="Correct that setting."
        )
    return value.strip()


def _load(name: str, load: Callable[[], None]) -> None:
    try:
        load()
    except (OSError, ValueError) as error:
        # An SSLError is an OSError; neither tells anything of a key's content.
        raise ConfigurationError(
            f"The setting {name!r} of a connector cannot be used ({type(error).__name__}).",
            remedy="Name a readable file in PEM form; the key must fit and have no passphrase.",
            setting=name,
        ) from error
