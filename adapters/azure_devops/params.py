"""The settings of one Azure DevOps connector."""

from collections.abc import Mapping
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from schemas.errors import ConfigurationError

_SECRETS = frozenset({"token", "webhook_password", "webhook_secret"})
_SERVICES_HOST = "dev.azure.com"


class AzureDevOpsParams(msgspec.Struct, frozen=True, kw_only=True):
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
    fields: dict[str, str] = {}
    """More neutral names, or other fields for them: {"due": "Custom.Deadline"}."""
    html_fields: tuple[str, ...] = ()
    """Reference names of text fields that hold HTML though Azure DevOps calls them plain."""
    description_fields: dict[str, str] = msgspec.field(
        default_factory=lambda: {"Bug": "Microsoft.VSTS.TCM.ReproSteps"}
    )
    """Types whose description is not System.Description."""
    time_zone: str = "UTC"
    """Where people pick dates, as in "Europe/Berlin": a day is kept as the moment of its begin."""
    connect_timeout: float = 10.0
    timeout: float = 30.0
    """Seconds for one call; within a download, for each part."""
    transfer_timeout: float = 3600.0
    """Seconds for one attachment, up or down."""
    concurrency: int = 8
    """Calls under way at once."""
    rate: float = 0.0
    """Calls a second; 0 leaves it to what Azure DevOps itself asks for."""
    patience: float = 2.0
    """Seconds that one call may wait out a rate limit before it gives up."""
    scan_lag: float = 5.0
    chunk_threshold: int = 100_000_000
    """Bytes from which an attachment goes up in chunks; Services takes 130 MB at once at most."""
    chunk_size: int = 10_000_000
    page_size: int = 200
    """Items or comments per page; Azure DevOps takes at most 200."""
    api_version: str = ""
    """Left empty, it is the newest that the server knows, from 7.1 down to 5.1."""
    comments_api_version: str = ""
    """Of the comments, which are a preview; found by itself."""

    def __repr__(self) -> str:
        shown = (
            f"{name}={'***' if name in _SECRETS else getattr(self, name)!r}"
            for name in self.__struct_fields__
        )
        return f"AzureDevOpsParams({', '.join(shown)})"

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


def parse_params(raw: Mapping[str, object]) -> AzureDevOpsParams:
    """Raises ConfigurationError naming the key that is unknown, missing or wrong."""
    known = AzureDevOpsParams.__struct_fields__
    unknown = sorted(set(raw) - set(known))
    if unknown:
        raise ConfigurationError(
            f"Azure DevOps connector: unknown setting {', '.join(unknown)}.",
            remedy=f"Known settings: {', '.join(known)}.",
        )
    missing = [name for name in ("url", "token") if not raw.get(name)]
    if missing:
        raise ConfigurationError(
            f"Azure DevOps connector: {', '.join(missing)} is missing.",
            remedy="Give the URL of the organisation or collection, and a personal access token.",
        )
    try:
        params = msgspec.convert(dict(raw), AzureDevOpsParams)
    except msgspec.ValidationError as error:
        raise ConfigurationError(
            f"Azure DevOps connector: {error}.", remedy="Correct the setting that is named."
        ) from None
    _check_values(params)
    return msgspec.structs.replace(params, url=params.url.rstrip("/"))


def _check_values(params: AzureDevOpsParams) -> None:
    for name in ("url", "identity_url", "webhook_url"):
        value = getattr(params, name)
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ConfigurationError(
                f"Azure DevOps connector: {name} is not a web address.",
                remedy="Write it like https://dev.azure.com/acme.",
            )
    if bool(params.webhook_user) != bool(params.webhook_password):
        raise ConfigurationError(
            "Azure DevOps connector: webhook_user and webhook_password belong together.",
            remedy="Give both, or use webhook_secret.",
        )
    try:
        params.zone()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigurationError(
            "Azure DevOps connector: time_zone is not known.",
            remedy="Write it like Europe/Berlin, or leave it out for UTC.",
        ) from None
    if not 1 <= params.page_size <= 200:
        raise ConfigurationError(
            "Azure DevOps connector: page_size is out of range.", remedy="Use 1 to 200."
        )
    positive = (
        "timeout",
        "connect_timeout",
        "transfer_timeout",
        "concurrency",
        "chunk_threshold",
        "chunk_size",
    )
    for name in positive:
        if getattr(params, name) <= 0:
            raise ConfigurationError(
                f"Azure DevOps connector: {name} must be above zero.",
                remedy="Leave it out to take the default.",
            )
