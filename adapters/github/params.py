"""The settings of one GitHub connector."""

import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from adapters.http import AtLeastOne, FileParams, Form, NotNegative

GITHUB = "https://github.com"
_REPOSITORY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*/[A-Za-z0-9._-]+")


class GitHubParams(FileParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Credentials are a token, or a GitHub App with its key and installation."""

    url: str = GITHUB
    """As people open it; of an Enterprise Server its own address."""
    api_url: str = ""
    """'' follows from `url`."""
    token: str = ""
    app_id: str = ""
    """The App's client id or number."""
    app_private_key: str = ""
    """PEM, as GitHub gave it."""
    installation_id: int = 0
    webhook_hmac_secret: str = ""
    webhook_url: str = ""
    """Our own address as GitHub calls it; by it our webhook is found, to have what failed sent
    again. '' leaves that out."""
    projects: tuple[str, ...] = ()
    """Repositories as `owner/name`."""
    priority_prefix: str = "priority: "
    """Of labels that say a priority; '' leaves priorities out."""
    type_prefix: str = "type: "
    """Of labels that say a type, where the owner has no issue types; '' leaves types out then."""
    concurrency: AtLeastOne = 8
    write_rate: NotNegative = 1.0
    """Writes a second in the long run: more may meet GitHub's secondary limits. 0: no limit."""
    scan_overlap: NotNegative = 60.0
    scan_lag: NotNegative = 5.0
    page_size: Annotated[int, msgspec.Meta(ge=1, le=100)] = 100

    @property
    def api(self) -> str:
        if self.api_url:
            return self.api_url
        parts = urlsplit(self.url)
        if self.url == GITHUB or (parts.hostname or "").endswith(".ghe.com"):
            return f"{parts.scheme}://api.{parts.netloc}"
        return self.url + "/api/v3"


_FORM = Form(
    "GitHub",
    GitHubParams,
    example="https://github.example.com",
    login="Put the token into 'token'.",
)


def parse_params(raw: Mapping[str, object]) -> GitHubParams:
    """Raises ConfigurationError that names the key, never the value of a secret."""
    params = _FORM.read(raw, {})
    url = _FORM.address("url", params.url) or GITHUB
    api_url = _FORM.address("api_url", params.api_url)
    _check_credentials(params)
    for name in params.projects:
        if _REPOSITORY.fullmatch(name) is None:
            raise _FORM.refused(
                f"{name!r} in 'projects' of the GitHub connector is no repository.",
                "Write it as owner/name, such as octocat/hello-world.",
            )
    return msgspec.structs.replace(params, url=url, api_url=api_url)


def _check_credentials(params: GitHubParams) -> None:
    app = {
        "app_id": params.app_id,
        "app_private_key": params.app_private_key,
        "installation_id": params.installation_id,
    }
    if params.token and any(app.values()):
        raise _FORM.refused(
            "The GitHub connector has both 'token' and settings of an App.",
            "Keep the token, or keep " + ", ".join(app) + ".",
        )
    if params.token:
        _FORM.token(params.token)
        return
    for key, value in app.items():
        if not value:
            raise _FORM.missing(key, f"or give 'token' instead of {', '.join(app)}")
