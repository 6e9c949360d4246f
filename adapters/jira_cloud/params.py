"""The settings of one Jira Cloud connector."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from adapters.http import AtLeastOne, FileParams, Form, NotNegative

_ADDRESSES = ("url", "api_url", "auth_url")


class CloudParams(FileParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
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
    scan_overlap: NotNegative = 300.0
    """Seconds by which Jira's index may be late."""
    scan_lag: NotNegative = 15.0
    page_size: Annotated[int, msgspec.Meta(ge=1, le=5000)] = 100
    concurrency: AtLeastOne = 8

    @property
    def api(self) -> str:
        """What the paths of the API are added to."""
        return f"{self.api_url}/ex/jira/{self.cloud_id}" if self.cloud_id else self.url


_FORM = Form(
    "Jira Cloud",
    CloudParams,
    example="https://example.atlassian.net",
    login="Put credentials into 'email' and 'token'.",
)


def parse_params(raw: Mapping[str, object]) -> CloudParams:
    """Raises ConfigurationError that names the key, never the value of a secret."""
    params = _FORM.read(
        raw, {"url": "the address of the site, such as https://example.atlassian.net"}
    )
    trimmed = {}
    for key in _ADDRESSES:
        trimmed[key] = _FORM.address(key, getattr(params, key))
        if not trimmed[key]:
            raise _FORM.missing(key, "or leave it out to use the default")
    _check_credentials(params)
    return msgspec.structs.replace(params, **trimmed)


def _check_credentials(params: CloudParams) -> None:
    if params.token and (params.client_id or params.client_secret):
        raise _FORM.refused(
            "The Jira Cloud connector has both 'token' and 'client_id' or 'client_secret'.",
            "Keep 'email' and 'token', or the two of a service account.",
        )
    if not params.token:
        for key in ("client_id", "client_secret"):
            if not getattr(params, key):
                raise _FORM.missing("token", "an API token, with the 'email' of its account")
    if not (params.email and params.token) and not params.cloud_id:
        raise _FORM.missing("cloud_id", "or give 'email' and 'token', the API token of an account")
