"""The settings of one Jira connector."""

from collections.abc import Mapping

import msgspec

from adapters.http import AtLeastOne, FileParams, Form, NotNegative


class JiraParams(FileParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Credentials are a personal access token, or user and password."""

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
    scan_overlap: NotNegative = 60.0
    scan_lag: NotNegative = 5.0
    concurrency: AtLeastOne = 32


_FORM = Form(
    "Jira",
    JiraParams,
    example="https://jira.example.com/jira",
    login="Put credentials into 'token', or into 'user' and 'password'.",
)


def parse_params(raw: Mapping[str, object]) -> JiraParams:
    """Raises ConfigurationError that names the key, never the value of a secret."""
    params = _FORM.read(raw, {"url": "the address of Jira, such as https://jira.example.com"})
    url = _FORM.address("url", params.url)
    _FORM.token_or_password(params.token, params.user, params.password, "a personal access token")
    return msgspec.structs.replace(params, url=url)
