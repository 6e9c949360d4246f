"""The settings of one Jira Cloud connector."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from schemas.errors import ConfigurationError

_ABOVE_ZERO = ("request_timeout", "transfer_timeout", "page_size", "concurrency")
_NOT_NEGATIVE = ("scan_overlap", "scan_lag", "rate")
_ADDRESSES = ("url", "api_url", "auth_url")
_MOST = 5000


class CloudParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Credentials are `email` and `token` (an API token), `token` alone (a bearer token), or
    `client_id` and `client_secret` of a service account. The latter two, and API tokens with
    scopes, need `cloud_id`, for they are taken at Atlassian's gateway only."""

    url: str
    """The site as people open it, such as https://example.atlassian.net."""
    email: str = ""
    token: str = ""
    client_id: str = ""
    client_secret: str = ""
    cloud_id: str = ""
    """Of the site, as its `/_edge/tenant_info` tells; '' calls the site itself."""
    api_url: str = "https://api.atlassian.com"
    """Atlassian's gateway."""
    auth_url: str = "https://auth.atlassian.com"
    """Where a service account gets its tokens."""
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
    request_timeout: float = 30.0
    transfer_timeout: float = 3600.0
    """Seconds for one attachment, up or down."""
    scan_overlap: float = 300.0
    """Seconds by which Jira's index may be late."""
    scan_lag: float = 15.0
    page_size: int = 100
    concurrency: int = 8
    """Calls under way at once."""
    rate: float = 0.0
    """Calls a second; 0 knows no limit."""

    @property
    def api(self) -> str:
        """What the paths of the API are added to."""
        return f"{self.api_url}/ex/jira/{self.cloud_id}" if self.cloud_id else self.url

    def __repr__(self) -> str:
        return f"CloudParams(url={self.url!r}, projects={self.projects!r})"


_KNOWN = frozenset(CloudParams.__struct_fields__)


def parse_params(raw: Mapping[str, object]) -> CloudParams:
    """Raises ConfigurationError that names the key, never the value of a secret."""
    for key in raw:
        if key not in _KNOWN:
            raise ConfigurationError(
                f"A Jira Cloud connector has no setting {key!r}.",
                remedy="Use one of: " + ", ".join(sorted(_KNOWN)) + ".",
            )
    if not raw.get("url"):
        raise _missing("url", "the address of the site, such as https://example.atlassian.net")
    try:
        params = msgspec.convert(dict(raw), CloudParams)
    except msgspec.ValidationError as error:
        # The message tells types and the place only, never a value.
        raise ConfigurationError(
            f"A setting of the Jira Cloud connector has the wrong type: {error}.",
            remedy="Correct that setting.",
        ) from None
    for key in _ADDRESSES:
        _check_address(key, getattr(params, key))
    _check_credentials(params)
    _check_numbers(params)
    trimmed = {key: getattr(params, key).rstrip("/") for key in _ADDRESSES}
    return msgspec.structs.replace(params, **trimmed)


def _check_address(key: str, value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            f"The setting {key!r} of the Jira Cloud connector is no http or https address.",
            remedy="Write it as a browser shows it, such as https://example.atlassian.net.",
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError(
            f"The setting {key!r} of the Jira Cloud connector holds more than an address.",
            remedy="Put credentials into 'email' and 'token'.",
        )


def _check_credentials(params: CloudParams) -> None:
    if params.token and (params.client_id or params.client_secret):
        raise ConfigurationError(
            "The Jira Cloud connector has both 'token' and 'client_id' or 'client_secret'.",
            remedy="Keep 'email' and 'token', or the two of a service account.",
        )
    if not params.token:
        for key in ("client_id", "client_secret"):
            if not getattr(params, key):
                raise _missing("token", "an API token, with the 'email' of its account")
    if not (params.email and params.token) and not params.cloud_id:
        raise _missing("cloud_id", "or give 'email' and 'token', the API token of an account")


def _check_numbers(params: CloudParams) -> None:
    for key in _ABOVE_ZERO:
        if getattr(params, key) <= 0:
            raise _out_of_bounds(key, "must be above 0")
    for key in _NOT_NEGATIVE:
        if getattr(params, key) < 0:
            raise _out_of_bounds(key, "must not be negative")
    if params.page_size > _MOST:
        raise _out_of_bounds("page_size", f"must be at most {_MOST}")


def _out_of_bounds(key: str, how: str) -> ConfigurationError:
    return ConfigurationError(
        f"The setting {key!r} of the Jira Cloud connector {how}.",
        remedy="Leave it out to use the default.",
    )


def _missing(key: str, hint: str) -> ConfigurationError:
    return ConfigurationError(
        f"The Jira Cloud connector lacks the setting {key!r}.", remedy=f"Add it: {hint}."
    )
