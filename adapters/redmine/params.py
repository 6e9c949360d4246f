"""The settings of one Redmine connector."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from adapters.http import AtLeastOne, FileParams, Form, NotNegative
from schemas.metadata import FieldKind

_LARGEST_PAGE = 100


class RedmineParams(FileParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Credentials are an API key, or user and password."""

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
    custom_kinds: dict[str, FieldKind] = msgspec.field(default_factory=dict)
    """Kinds of custom fields (`cf_7` = "user"), for accounts that may not read definitions."""
    scan_overlap: NotNegative = 60.0
    login_check: NotNegative = 60.0
    """Seconds after which it is made sure again that Redmine still knows the account."""
    page_size: AtLeastOne = _LARGEST_PAGE


_FORM = Form(
    "Redmine",
    RedmineParams,
    example="https://example.com/redmine",
    login="Put credentials into 'token', or into 'user' and 'password'.",
)


def parse_params(raw: Mapping[str, object]) -> RedmineParams:
    """Raises ConfigurationError that names the key, never the value of a secret."""
    params = _FORM.read(raw, {"url": "the address of Redmine, such as https://redmine.example.com"})
    url = _FORM.address("url", params.url)
    _FORM.token_or_password(params.token, params.user, params.password, "the API key of an account")
    size = min(params.page_size, _LARGEST_PAGE)
    return msgspec.structs.replace(params, url=url, page_size=size)
