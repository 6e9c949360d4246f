"""The settings of one SD Elements connector."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from schemas.errors import ConfigurationError


class SdElementsParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: str
    """Base address as people open it, context path included."""
    token: str
    projects: tuple[str, ...] = ()
    """Ids of the projects that scans look at; none means all that the account sees."""
    alm_connection: int = 0
    """Number of the connection in SD Elements under which references to issues elsewhere are
    kept; 0 writes none."""
    request_timeout: float = 30.0
    page_size: int = 100
    concurrency: int = 4
    scan_overlap: float = 60.0

    def __repr__(self) -> str:
        return f"SdElementsParams(url={self.url!r}, projects={self.projects!r})"


_KNOWN = frozenset(SdElementsParams.__struct_fields__)


def parse_params(raw: Mapping[str, object]) -> SdElementsParams:
    """Raises ConfigurationError that names the key, never the value of a secret."""
    for key in raw:
        if key not in _KNOWN:
            raise ConfigurationError(
                f"An SD Elements connector has no setting {key!r}.",
                remedy="Use one of: " + ", ".join(sorted(_KNOWN)) + ".",
            )
    for key, hint in (
        ("url", "the address of SD Elements, such as https://sde.example.com"),
        ("token", "an API token of the account that Tidegate is to use"),
    ):
        if not raw.get(key):
            raise ConfigurationError(
                f"The SD Elements connector lacks the setting {key!r}.", remedy=f"Add it: {hint}."
            )
    try:
        params = msgspec.convert(dict(raw), SdElementsParams)
    except msgspec.ValidationError as error:
        # The message tells types and the place only, never a value.
        raise ConfigurationError(
            f"A setting of the SD Elements connector has the wrong type: {error}.",
            remedy="Correct that setting.",
        ) from None
    _check_url(params.url)
    _check_numbers(params)
    return msgspec.structs.replace(params, url=params.url.rstrip("/"))


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            "The setting 'url' of the SD Elements connector is no http or https address.",
            remedy="Write it as a browser shows it, such as https://sde.example.com.",
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError(
            "The setting 'url' of the SD Elements connector holds more than an address.",
            remedy="Leave out user, password, query and fragment; the token has its own setting.",
        )


def _check_numbers(params: SdElementsParams) -> None:
    for key, least in (("request_timeout", 0.001), ("page_size", 1), ("concurrency", 1)):
        if getattr(params, key) < least:
            raise ConfigurationError(
                f"The setting {key!r} of the SD Elements connector must be above 0.",
                remedy="Leave it out to use the default.",
            )
    for key in ("alm_connection", "scan_overlap"):
        if getattr(params, key) >= 0:
            continue
        raise ConfigurationError(
            f"The setting {key!r} of the SD Elements connector must not be negative.",
            remedy="Leave it out to use the default.",
        )
