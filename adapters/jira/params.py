"""The settings of one Jira connector."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from schemas.errors import ConfigurationError


class JiraParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Credentials are a personal access token, or user and password."""

    url: str
    """Base address as people open it, context path included."""
    token: str = ""
    user: str = ""
    password: str = ""
    webhook_secret: str = ""
    """Last part of the webhook's path."""
    webhook_hmac_secret: str = ""
    projects: tuple[str, ...] = ()
    """Keys that scans look at; none means all that the account sees."""
    internal_role: str = ""
    """Project role that internal comments are restricted to; '' uses Service Management's flag."""
    resolution: str = "Done"
    """Set when a transition demands a resolution and nobody named one."""
    custom_fields: tuple[str, ...] | None = None
    """Ids of custom fields to read; None reads all."""
    parent_field: str = ""
    """Custom field that holds the key of an issue's epic; '' finds Jira's own epic link."""
    request_timeout: float = 30.0
    transfer_timeout: float = 3600.0
    """Seconds for one attachment, up or down."""
    scan_overlap: float = 60.0
    scan_lag: float = 5.0
    page_size: int = 100
    concurrency: int = 16
    """Calls under way at once."""
    rate: float = 0.0
    """Calls a second; 0 knows no limit."""

    def __repr__(self) -> str:
        return f"JiraParams(url={self.url!r}, projects={self.projects!r})"


_KNOWN = frozenset(JiraParams.__struct_fields__)


def parse_params(raw: Mapping[str, object]) -> JiraParams:
    """Raises ConfigurationError that names the key, never the value of a secret."""
    for key in raw:
        if key not in _KNOWN:
            raise ConfigurationError(
                f"A Jira connector has no setting {key!r}.",
                remedy="Use one of: " + ", ".join(sorted(_KNOWN)) + ".",
            )
    if not raw.get("url"):
        raise _missing("url", "the address of Jira, such as https://jira.example.com")
    try:
        params = msgspec.convert(dict(raw), JiraParams)
    except msgspec.ValidationError as error:
        # The message tells types and the place only, never a value.
        raise ConfigurationError(
            f"A setting of the Jira connector has the wrong type: {error}.",
            remedy="Correct that setting.",
        ) from None
    _check_url(params.url)
    _check_credentials(params)
    _check_numbers(params)
    return msgspec.structs.replace(params, url=params.url.rstrip("/"))


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            "The setting 'url' of the Jira connector is no http or https address.",
            remedy="Write it as a browser shows it, such as https://jira.example.com/jira.",
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError(
            "The setting 'url' of the Jira connector holds more than an address.",
            remedy="Put credentials into 'token', or into 'user' and 'password'.",
        )


def _check_credentials(params: JiraParams) -> None:
    if params.token and (params.user or params.password):
        raise ConfigurationError(
            "The Jira connector has both 'token' and 'user' or 'password'.",
            remedy="Keep the token, or keep user and password.",
        )
    if params.token:
        return
    for key, value in (("user", params.user), ("password", params.password)):
        if not value:
            raise _missing(key, "or give 'token', a personal access token")


def _check_numbers(params: JiraParams) -> None:
    for key in ("request_timeout", "transfer_timeout", "page_size", "concurrency"):
        if getattr(params, key) <= 0:
            raise ConfigurationError(
                f"The setting {key!r} of the Jira connector must be above 0.",
                remedy="Leave it out to use the default.",
            )
    for key in ("scan_overlap", "scan_lag", "rate"):
        if getattr(params, key) < 0:
            raise ConfigurationError(
                f"The setting {key!r} of the Jira connector must not be negative.",
                remedy="Leave it out to use the default.",
            )


def _missing(key: str, hint: str) -> ConfigurationError:
    return ConfigurationError(
        f"The Jira connector lacks the setting {key!r}.", remedy=f"Add it: {hint}."
    )
