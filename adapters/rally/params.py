"""The settings of one Rally connector."""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from adapters.http import AboveZero, AtLeastOne, FileParams, Form, NotNegative

_LARGEST_PAGE = 2000
_MOST_CALLS = 12
"""Rally slows an account down that has more calls under way."""


class RallyParams(FileParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
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
    task_parent: str = ""
    """Key of the user story, such as US7, that takes tasks which come without a parent."""
    marker_field: str = "c_ExternalID"
    """Custom text field for our marker; where a type lacks it, the marker is hidden in Notes."""
    source_field: str = ""
    """Custom field for the address of the other side's issue; '' leaves it out."""
    webhook_secret: str = ""
    """Last part of the address that webhooks call; Rally signs nothing."""
    webhook_url: str = ""
    """That whole address; with it the connector sees to it that Rally's webhooks are on."""
    request_timeout: AboveZero = 60.0
    scan_overlap: NotNegative = 60.0
    page_size: AtLeastOne = 200
    concurrency: Annotated[int, msgspec.Meta(ge=1, le=_MOST_CALLS)] = _MOST_CALLS
    """Calls under way at once, half of them uploads."""
    largest_file: AtLeastOne = 50_000_000
    """Bytes of an attachment that Rally takes."""


_FORM = Form(
    "Rally",
    RallyParams,
    example="https://rally1.rallydev.com",
    login="Put the API key into 'token'.",
)


def parse_params(raw: Mapping[str, object]) -> RallyParams:
    """Raises ConfigurationError that names the key, never the value of a secret."""
    params = _FORM.read(raw, {"url": "the address of Rally, such as https://rally1.rallydev.com"})
    # People copy it from their browser, with what shows there behind it.
    url = _FORM.address("url", params.url.partition("#")[0]).removesuffix("/slm")
    _FORM.token_or_password(
        params.token, params.user, params.password, "an API key with full access"
    )
    size = min(params.page_size, _LARGEST_PAGE)
    return msgspec.structs.replace(params, url=url, page_size=size)
