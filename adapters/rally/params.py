"""The settings of one Rally connector."""

from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from schemas.errors import ConfigurationError

_ABOVE_ZERO = ("request_timeout", "transfer_timeout", "page_size", "concurrency", "largest_file")
_NOT_NEGATIVE = ("scan_overlap", "rate")
_LARGEST_PAGE = 2000
_MOST_CALLS = 12
"""Rally slows an account down that has more calls under way."""


class RallyParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Credentials are an API key, or user and password where a server of one's own takes them."""

    url: str
    """Base address, such as https://rally1.rallydev.com, without /slm."""
    token: str = ""
    """The API key of an account, which begins with an underscore."""
    user: str = ""
    password: str = ""
    workspace: str = ""
    """Name or ObjectID; '' takes the account's default workspace."""
    projects: tuple[str, ...] = ()
    """Names, paths (`Company / Team`) or ObjectIDs; none means every project of the workspace."""
    scope_down: bool = True
    """Projects below those of `projects` belong to them; which one it is stands in `area`."""
    defect_status: Literal["State", "ScheduleState", "FlowState"] = "State"
    story_status: Literal["ScheduleState", "FlowState"] = "ScheduleState"
    """What the status of a defect, or of a user story, is read from and written to."""
    marker_field: str = "c_ExternalID"
    """Custom text field for our marker; where a type lacks it, the marker is hidden in Notes."""
    source_field: str = ""
    """Custom field for the address of the other side's issue; '' leaves it out."""
    webhook_secret: str = ""
    """Last part of the address that webhooks call; Rally signs nothing."""
    webhook_url: str = ""
    """That whole address; with it the connector sees to it that Rally's webhooks are on."""
    request_timeout: float = 60.0
    transfer_timeout: float = 3600.0
    """Seconds for one attachment, up or down."""
    scan_overlap: float = 60.0
    page_size: int = 200
    concurrency: int = 12
    """Calls under way at once, half of them uploads."""
    rate: float = 0.0
    """Calls a second; 0 knows no limit."""
    largest_file: int = 50_000_000
    """Bytes of an attachment that Rally takes."""

    def __repr__(self) -> str:
        return f"RallyParams(url={self.url!r}, projects={self.projects!r})"


_KNOWN = frozenset(RallyParams.__struct_fields__)


def parse_params(raw: Mapping[str, object]) -> RallyParams:
    """Raises ConfigurationError that names the key, never the value of a secret."""
    for key in raw:
        if key not in _KNOWN:
            raise ConfigurationError(
                f"A Rally connector has no setting {key!r}.",
                remedy="Use one of: " + ", ".join(sorted(_KNOWN)) + ".",
            )
    if not raw.get("url"):
        raise _missing("url", "the address of Rally, such as https://rally1.rallydev.com")
    try:
        params = msgspec.convert(dict(raw), RallyParams)
    except msgspec.ValidationError as error:
        # The message tells types and the place only, never a value.
        raise ConfigurationError(
            f"A setting of the Rally connector is wrong: {error}.", remedy="Correct that setting."
        ) from None
    url = _checked_url(params.url)
    _check_credentials(params)
    _check_numbers(params)
    return msgspec.structs.replace(params, url=url, page_size=min(params.page_size, _LARGEST_PAGE))


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            "The setting 'url' of the Rally connector is no http or https address.",
            remedy="Write it as https://rally1.rallydev.com.",
        )
    if parts.username or parts.password or parts.query:
        raise ConfigurationError(
            "The setting 'url' of the Rally connector holds more than an address.",
            remedy="Put the API key into 'token'.",
        )
    # People copy it from their browser, with what shows there behind it.
    return url.partition("#")[0].rstrip("/").removesuffix("/slm")


def _check_credentials(params: RallyParams) -> None:
    if params.token and (params.user or params.password):
        raise ConfigurationError(
            "The Rally connector has both 'token' and 'user' or 'password'.",
            remedy="Keep the token, or keep user and password.",
        )
    if params.token:
        if not (params.token.isascii() and params.token.isprintable()):
            raise ConfigurationError(
                "The setting 'token' of the Rally connector is no API key.",
                remedy="Make a key under the account's API keys, and copy it.",
            )
        return
    for key, value in (("user", params.user), ("password", params.password)):
        if not value:
            raise _missing(key, "or give 'token', an API key with full access")


def _check_numbers(params: RallyParams) -> None:
    for key in _ABOVE_ZERO:
        if getattr(params, key) <= 0:
            raise _wrong_number(key, "above 0")
    for key in _NOT_NEGATIVE:
        if getattr(params, key) < 0:
            raise _wrong_number(key, "0 or more")
    if params.concurrency > _MOST_CALLS:
        raise _wrong_number("concurrency", f"at most {_MOST_CALLS}: Rally slows down who asks more")


def _wrong_number(key: str, what: str) -> ConfigurationError:
    return ConfigurationError(
        f"The setting {key!r} of the Rally connector must be {what}.",
        remedy="Leave it out to use the default.",
    )


def _missing(key: str, hint: str) -> ConfigurationError:
    return ConfigurationError(
        f"The Rally connector lacks the setting {key!r}.", remedy=f"Add it: {hint}."
    )
