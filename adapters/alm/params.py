"""The settings of one ALM connector: one project of one server."""

from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from adapters.alm.ids import EntityType
from schemas.errors import ConfigurationError

Format = Literal["json", "xml"]
DayOrder = Literal["dmy", "mdy"]

_ABOVE_ZERO = ("request_timeout", "transfer_timeout", "page_size", "concurrency", "hours_per_day")
_NOT_NEGATIVE = ("scan_overlap", "keep_alive", "rate", "clock_check")
_LARGEST_PAGE = 2000


class AlmParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Credentials are an API key (`client_id` and `secret`), or user and password."""

    url: str
    """With the context path, such as https://alm.example.com/qcbin."""
    domain: str = "DEFAULT"
    project: str
    client_id: str = ""
    secret: str = ""
    user: str = ""
    password: str = ""
    entities: tuple[EntityType, ...] = ("defect",)
    """What counts as an issue here; the first is meant by a bare number."""
    fields: dict[str, str] = {}
    """Fields of ours that ALM has no place for, in user fields: `due = "user-05"`."""
    defaults: dict[str, str] = {}
    """Values of required fields that a new issue brings none for: `severity = "2-Medium"`."""
    marker_field: str = ""
    """User field of type string for our marker (`user-07`); '' hides it in the description."""
    source_field: str = ""
    """User field for the address of the other side's issue; '' leaves it out."""
    test_folder: str = ""
    """Id of the test plan folder for new tests; '' takes the topmost one."""
    issue_url: str = ""
    """Where a browser shows an issue, with {domain}, {project}, {type} and {id}; '' gives the
    REST address, for ALM has no address that all its versions and clients know."""
    format: Format = "json"
    """Of entities; what a server knows in XML only is asked for in XML by itself."""
    time_zone: str = ""
    """Of the server, such as Europe/Berlin; '' asks the server for its offset."""
    day_order: DayOrder = "dmy"
    """Of dates above comments, where they leave it open: they follow each person's own client."""
    hours_per_day: float = 8.0
    """ALM counts efforts in days."""
    request_timeout: float = 60.0
    transfer_timeout: float = 3600.0
    """Seconds for one attachment, up or down."""
    scan_overlap: float = 60.0
    clock_check: float = 300.0
    """Seconds after which the server's offset is asked for again."""
    keep_alive: float = 600.0
    """Seconds without a call after which it is made sure that the session still lives."""
    page_size: int = 100
    concurrency: int = 4
    rate: float = 0.0
    """Calls a second; 0 knows no limit."""

    def __repr__(self) -> str:
        return f"AlmParams(url={self.url!r}, domain={self.domain!r}, project={self.project!r})"


_KNOWN = frozenset(AlmParams.__struct_fields__)


def parse_params(raw: Mapping[str, object]) -> AlmParams:
    """Raises ConfigurationError that names the key, never the value of a secret."""
    for key in raw:
        if key not in _KNOWN:
            raise ConfigurationError(
                f"An ALM connector has no setting {key!r}.",
                remedy="Use one of: " + ", ".join(sorted(_KNOWN)) + ".",
            )
    if not raw.get("url"):
        raise _missing("url", "the address of ALM, such as https://alm.example.com/qcbin")
    if not raw.get("project"):
        raise _missing("project", "the project's name as the login page shows it")
    try:
        params = msgspec.convert(dict(raw), AlmParams)
    except msgspec.ValidationError as error:
        # The message tells types and the place only, never a value.
        raise ConfigurationError(
            f"A setting of the ALM connector is wrong: {error}.",
            remedy="Correct that setting. Entities are: defect, requirement, test.",
        ) from None
    _check_url(params.url)
    _check_credentials(params)
    _check_rest(params)
    return msgspec.structs.replace(
        params, url=params.url.rstrip("/"), page_size=min(params.page_size, _LARGEST_PAGE)
    )


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            "The setting 'url' of the ALM connector is no http or https address.",
            remedy="Write it with the context path, such as https://alm.example.com/qcbin.",
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError(
            "The setting 'url' of the ALM connector holds more than an address.",
            remedy="Put credentials into 'client_id' and 'secret', or 'user' and 'password'.",
        )


def _check_credentials(params: AlmParams) -> None:
    by_key = bool(params.client_id or params.secret)
    if by_key and (params.user or params.password):
        raise ConfigurationError(
            "The ALM connector has both an API key and 'user' or 'password'.",
            remedy="Keep 'client_id' and 'secret', or keep 'user' and 'password'.",
        )
    wanted = ("client_id", "secret") if by_key else ("user", "password")
    for key in wanted:
        if not getattr(params, key):
            raise _missing(key, "or sign in by an API key, with 'client_id' and 'secret'")


def _check_rest(params: AlmParams) -> None:
    if not params.entities or len(set(params.entities)) != len(params.entities):
        raise ConfigurationError(
            "The setting 'entities' of the ALM connector is empty or names one twice.",
            remedy="Name what counts as an issue: defect, requirement, test.",
        )
    for key in _ABOVE_ZERO:
        if getattr(params, key) <= 0:
            raise ConfigurationError(
                f"The setting {key!r} of the ALM connector must be above 0.",
                remedy="Leave it out to use the default.",
            )
    for key in _NOT_NEGATIVE:
        if getattr(params, key) < 0:
            raise ConfigurationError(
                f"The setting {key!r} of the ALM connector must not be negative.",
                remedy="Leave it out to use the default.",
            )


def _missing(key: str, hint: str) -> ConfigurationError:
    return ConfigurationError(
        f"The ALM connector lacks the setting {key!r}.", remedy=f"Add it: {hint}."
    )
