"""The settings of one Redmine connector."""

from collections.abc import Mapping
from typing import Literal, get_args
from urllib.parse import urlsplit

import msgspec

from schemas.errors import ConfigurationError
from schemas.metadata import FieldKind

_ABOVE_ZERO = ("request_timeout", "transfer_timeout", "page_size", "concurrency")
_NOT_NEGATIVE = ("scan_overlap", "login_check", "rate")
_LARGEST_PAGE = 100


class RedmineParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Credentials are an API key, or user and password."""

    url: str
    """Base address as people open it, context path included."""
    token: str = ""
    """The API key of an account, from its page "My account"."""
    user: str = ""
    password: str = ""
    projects: tuple[str, ...] = ()
    """Identifiers that scans look at; none means all that the account sees."""
    text_format: Literal["textile", "markdown"] = "textile"
    """As set under Administration, Settings, General, Text formatting: the API does not tell."""
    marker_field: str = ""
    """Custom field for our marker (`cf_7`, or its name); '' hides it in the description."""
    source_field: str = ""
    """Custom field for the address of the other side's issue; '' leaves it out."""
    activity: str = ""
    """Of new time entries; '' takes Redmine's default, else the first one."""
    custom_kinds: dict[str, FieldKind] = {}
    """Kinds of custom fields (`cf_7` = "user"), for accounts that may not read definitions."""
    request_timeout: float = 30.0
    transfer_timeout: float = 3600.0
    """Seconds for one attachment, up or down."""
    scan_overlap: float = 60.0
    login_check: float = 60.0
    """Seconds after which it is made sure again that Redmine still knows the account."""
    page_size: int = _LARGEST_PAGE
    concurrency: int = 4
    rate: float = 0.0
    """Calls a second; 0 knows no limit."""

    def __repr__(self) -> str:
        return f"RedmineParams(url={self.url!r}, projects={self.projects!r})"


_KNOWN = frozenset(RedmineParams.__struct_fields__)


def parse_params(raw: Mapping[str, object]) -> RedmineParams:
    """Raises ConfigurationError that names the key, never the value of a secret."""
    for key in raw:
        if key not in _KNOWN:
            raise ConfigurationError(
                f"A Redmine connector has no setting {key!r}.",
                remedy="Use one of: " + ", ".join(sorted(_KNOWN)) + ".",
            )
    if not raw.get("url"):
        raise _missing("url", "the address of Redmine, such as https://redmine.example.com")
    try:
        params = msgspec.convert(dict(raw), RedmineParams)
    except msgspec.ValidationError as error:
        # The message tells types and the place only, never a value.
        raise ConfigurationError(
            f"A setting of the Redmine connector is wrong: {error}.",
            remedy="Correct that setting. Kinds of custom fields are: "
            + ", ".join(get_args(FieldKind))
            + ".",
        ) from None
    _check_url(params.url)
    _check_credentials(params)
    _check_numbers(params)
    return msgspec.structs.replace(
        params, url=params.url.rstrip("/"), page_size=min(params.page_size, _LARGEST_PAGE)
    )


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            "The setting 'url' of the Redmine connector is no http or https address.",
            remedy="Write it as a browser shows it, such as https://example.com/redmine.",
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError(
            "The setting 'url' of the Redmine connector holds more than an address.",
            remedy="Put credentials into 'token', or into 'user' and 'password'.",
        )


def _check_credentials(params: RedmineParams) -> None:
    if params.token and (params.user or params.password):
        raise ConfigurationError(
            "The Redmine connector has both 'token' and 'user' or 'password'.",
            remedy="Keep the token, or keep user and password.",
        )
    if params.token:
        if not (params.token.isascii() and params.token.isprintable()):
            raise ConfigurationError(
                "The setting 'token' of the Redmine connector is no API key.",
                remedy="Copy the key from the page 'My account' of the account.",
            )
        return
    for key, value in (("user", params.user), ("password", params.password)):
        if not value:
            raise _missing(key, "or give 'token', the API key of an account")


def _check_numbers(params: RedmineParams) -> None:
    for key in _ABOVE_ZERO:
        if getattr(params, key) <= 0:
            raise ConfigurationError(
                f"The setting {key!r} of the Redmine connector must be above 0.",
                remedy="Leave it out to use the default.",
            )
    for key in _NOT_NEGATIVE:
        if getattr(params, key) < 0:
            raise ConfigurationError(
                f"The setting {key!r} of the Redmine connector must not be negative.",
                remedy="Leave it out to use the default.",
            )


def _missing(key: str, hint: str) -> ConfigurationError:
    return ConfigurationError(
        f"The Redmine connector lacks the setting {key!r}.", remedy=f"Add it: {hint}."
    )
