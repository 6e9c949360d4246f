"""The settings of one ALM connector: one project of one server."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from adapters.alm.ids import EntityType
from adapters.http import AboveZero, FileParams, Form, NotNegative

Format = Literal["json", "xml"]
DayOrder = Literal["dmy", "mdy"]

_LARGEST_PAGE = 2000


class AlmParams(FileParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
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
    fields: dict[str, str] = msgspec.field(default_factory=dict)
    """Fields of ours that ALM has no place for, in user fields: `due = "user-05"`."""
    defaults: dict[str, str] = msgspec.field(default_factory=dict)
    """Values of required fields that a new issue brings none for: `severity = "2-Medium"`."""
    marker_field: str = ""
    """User field of type string for our marker (`user-07`); '' hides it in the description."""
    source_field: str = ""
    """User field for the address of the other side's issue; '' leaves it out."""
    test_folder: str = ""
    """Id or name of the test plan folder for new tests; '' takes the topmost one."""
    issue_url: str = ""
    """Where a browser shows an issue, with {domain}, {project}, {type} and {id}; '' gives the
    REST address, for ALM has no address that all its versions and clients know."""
    format: Format = "json"
    """Of entities; what a server knows in XML only is asked for in XML by itself."""
    time_zone: str = ""
    """Of the server, such as Europe/Berlin; '' asks the server for its offset."""
    day_order: DayOrder = "dmy"
    """Of dates above comments, where they leave it open: they follow each person's own client."""
    hours_per_day: AboveZero = 8.0
    """ALM counts efforts in days."""
    request_timeout: AboveZero = 60.0
    scan_overlap: NotNegative = 60.0
    clock_check: NotNegative = 300.0
    """Seconds after which the server's offset is asked for again."""
    keep_alive: NotNegative = 600.0
    """Seconds without a call after which it is made sure that the session still lives."""

    def __repr__(self) -> str:
        return f"AlmParams(url={self.url!r}, domain={self.domain!r}, project={self.project!r})"


_FORM = Form(
    "ALM",
    AlmParams,
    example="https://alm.example.com/qcbin",
    login="Put credentials into 'client_id' and 'secret', or 'user' and 'password'.",
)
_REQUIRED = {
    "url": "the address of ALM, such as https://alm.example.com/qcbin",
    "project": "the project's name as the login page shows it",
}


def parse_params(raw: Mapping[str, object]) -> AlmParams:
    """Raises ConfigurationError that names the key, never the value of a secret."""
    params = _FORM.read(raw, _REQUIRED)
    url = _FORM.address("url", params.url)
    _check_credentials(params)
    if not params.entities or len(set(params.entities)) != len(params.entities):
        raise _FORM.refused(
            "The setting 'entities' of the ALM connector is empty or names one twice.",
            "Name what counts as an issue: defect, requirement, test.",
        )
    size = min(params.page_size, _LARGEST_PAGE)
    return msgspec.structs.replace(params, url=url, page_size=size)


def _check_credentials(params: AlmParams) -> None:
    by_key = bool(params.client_id or params.secret)
    if by_key and (params.user or params.password):
        raise _FORM.refused(
            "The ALM connector has both an API key and 'user' or 'password'.",
            "Keep 'client_id' and 'secret', or keep 'user' and 'password'.",
        )
    wanted = ("client_id", "secret") if by_key else ("user", "password")
    for key in wanted:
        if not getattr(params, key):
            raise _FORM.missing(key, "or sign in by an API key, with 'client_id' and 'secret'")
