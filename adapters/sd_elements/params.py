"""The settings of one SD Elements connector."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from adapters.http import Form, HttpParams, NotNegative


class SdElementsParams(HttpParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    token: str
    projects: tuple[str, ...] = ()
    """Ids of the projects that scans look at; none means all that the account sees."""
    alm_connection: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Number of the connection in SD Elements under which references to issues elsewhere are
    kept; 0 writes none."""
    scan_overlap: NotNegative = 60.0


_FORM = Form(
    "SD Elements",
    SdElementsParams,
    example="https://sde.example.com",
    login="Leave out user, password, query and fragment; the token has its own setting.",
)
_REQUIRED = {
    "url": "the address of SD Elements, such as https://sde.example.com",
    "token": "an API token of the account that Tidegate is to use",
}


def parse_params(raw: Mapping[str, object]) -> SdElementsParams:
    """Raises ConfigurationError that names the key, never the value of a secret."""
    params = _FORM.read(raw, _REQUIRED)
    _FORM.token(params.token)
    return msgspec.structs.replace(params, url=_FORM.address("url", params.url))
