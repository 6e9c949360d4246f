"""The settings of one Azure DevOps connector."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from adapters.http import AtLeastOne, FileParams, Form, NotNegative

_SERVICES_HOST = "dev.azure.com"


class AzureDevOpsParams(FileParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: str
    """Organisation or collection: https://dev.azure.com/acme or https://host/DefaultCollection."""
    token: str
    """A personal access token; work items (read, write) and identity (read) are enough."""
    project: str = ""
    """Where items are created and scanned when nothing else is said."""
    webhook_user: str = ""
    webhook_password: str = ""
    """Basic credentials that the service hook subscriptions send."""
    webhook_secret: str = ""
    """Last part of the hook's URL; alone or together with the basic credentials."""
    webhook_url: str = ""
    """This node's address as the subscriptions have it: then their state is watched."""
    identity_url: str = ""
    """Where users are searched; found by itself for Services and Server."""
    default_type: str = "Task"
    """For an item that names no type, and for the create that `check` only validates."""
    fields: dict[str, str] = msgspec.field(default_factory=dict)
    """More neutral names, or other fields for them: {"due": "Custom.Deadline"}."""
    html_fields: tuple[str, ...] = ()
    """Reference names of text fields that hold HTML though Azure DevOps calls them plain."""
    description_fields: dict[str, str] = msgspec.field(
        default_factory=lambda: {"Bug": "Microsoft.VSTS.TCM.ReproSteps"}
    )
    """Types whose description is not System.Description."""
    time_zone: str = "UTC"
    """Where people pick dates, as in "Europe/Berlin": a day is kept as the moment of its begin."""
    concurrency: AtLeastOne = 32
    patience: NotNegative = 2.0
    """Seconds that one call may wait out a rate limit before it gives up."""
    scan_lag: NotNegative = 5.0
    chunk_threshold: AtLeastOne = 100_000_000
    """Bytes from which an attachment goes up in chunks; Services takes 130 MB at once at most."""
    chunk_size: AtLeastOne = 10_000_000
    page_size: Annotated[int, msgspec.Meta(ge=1, le=200)] = 200
    """Items or comments per page; Azure DevOps takes at most 200."""
    api_version: str = ""
    """Left empty, it is the newest that the server knows, from 7.1 down to 5.1."""
    comments_api_version: str = ""
    """Of the comments, which are a preview; found by itself."""

    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def identity_base(self) -> str:
        """Services keeps its identities on a host of their own; Server beside everything else."""
        if self.identity_url:
            return self.identity_url
        parts = urlsplit(self.url)
        if parts.hostname == _SERVICES_HOST:
            return f"https://vssps.{_SERVICES_HOST}{parts.path}"
        return self.url


_FORM = Form(
    "Azure DevOps",
    AzureDevOpsParams,
    example="https://dev.azure.com/acme",
    login="Leave out user, password, query and fragment; the token has its own setting.",
)
_REQUIRED = {
    "url": "the URL of the organisation or collection",
    "token": "a personal access token",
}


def parse_params(raw: Mapping[str, object]) -> AzureDevOpsParams:
    """Raises ConfigurationError that names the key, never the value of a secret."""
    params = _FORM.read(raw, _REQUIRED)
    url = _FORM.address("url", params.url)
    _FORM.token(params.token)
    for key in ("identity_url", "webhook_url"):
        _FORM.address(key, getattr(params, key))
    if bool(params.webhook_user) != bool(params.webhook_password):
        raise _FORM.refused(
            "The Azure DevOps connector has only one of 'webhook_user' and 'webhook_password'.",
            "Give both, or use 'webhook_secret'.",
        )
    try:
        params.zone()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _FORM.refused(
            "The setting 'time_zone' of the Azure DevOps connector is no time zone.",
            "Write it like Europe/Berlin, or leave it out for UTC.",
        ) from None
    return msgspec.structs.replace(params, url=url)
