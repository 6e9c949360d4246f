"""The settings of one GitHub connector."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from schemas.errors import ConfigurationError

GITHUB = "https://github.com"
_REPOSITORY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*/[A-Za-z0-9._-]+")
_ABOVE_ZERO = ("request_timeout", "transfer_timeout", "page_size", "concurrency")
_NOT_NEGATIVE = ("scan_overlap", "scan_lag", "write_rate")


class GitHubParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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
    request_timeout: float = 30.0
    transfer_timeout: float = 3600.0
    concurrency: int = 8
    write_rate: float = 1.0
    """Writes a second in the long run: more may meet GitHub's secondary limits. 0: no limit."""
    scan_overlap: float = 60.0
    scan_lag: float = 5.0
    page_size: int = 100

    def __repr__(self) -> str:
        return f"GitHubParams(url={self.url!r}, projects={self.projects!r})"

    @property
    def api(self) -> str:
        if self.api_url:
            return self.api_url
        parts = urlsplit(self.url)
        if self.url == GITHUB or (parts.hostname or "").endswith(".ghe.com"):
            return f"{parts.scheme}://api.{parts.netloc}"
        return self.url + "/api/v3"


_KNOWN = frozenset(GitHubParams.__struct_fields__)


def parse_params(raw: Mapping[str, object]) -> GitHubParams:
    """Raises ConfigurationError that names the key, never the value of a secret."""
    for key in raw:
        if key not in _KNOWN:
            raise ConfigurationError(
                f"A GitHub connector has no setting {key!r}.",
                remedy="Use one of: " + ", ".join(sorted(_KNOWN)) + ".",
            )
    try:
        params = msgspec.convert(dict(raw), GitHubParams)
    except msgspec.ValidationError as error:
        # The message tells types and the place only, never a value.
        raise ConfigurationError(
            f"A setting of the GitHub connector has the wrong type: {error}.",
            remedy="Correct that setting.",
        ) from None
    for key in ("url", "api_url"):
        _check_url(key, getattr(params, key))
    _check_credentials(params)
    _check_projects(params.projects)
    _check_numbers(params)
    url = (params.url or GITHUB).rstrip("/")
    return msgspec.structs.replace(params, url=url, api_url=params.api_url.rstrip("/"))


def _check_url(key: str, url: str) -> None:
    if not url:
        return
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            f"The setting {key!r} of the GitHub connector is no http or https address.",
            remedy="Write it as a browser shows it, such as https://github.example.com.",
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError(
            f"The setting {key!r} of the GitHub connector holds more than an address.",
            remedy="Put the token into 'token'.",
        )


def _check_credentials(params: GitHubParams) -> None:
    app = {
        "app_id": params.app_id,
        "app_private_key": params.app_private_key,
        "installation_id": params.installation_id,
    }
    if params.token and any(app.values()):
        raise ConfigurationError(
            "The GitHub connector has both 'token' and settings of an App.",
            remedy="Keep the token, or keep " + ", ".join(app) + ".",
        )
    if params.token:
        if not params.token.isascii() or not params.token.isprintable():
            raise ConfigurationError(
                "The setting 'token' of the GitHub connector holds what no token holds.",
                remedy="Copy the token again, without line ends.",
            )
        return
    for key, value in app.items():
        if not value:
            raise ConfigurationError(
                f"The GitHub connector lacks the setting {key!r}.",
                remedy=f"Add it, or give 'token' instead of {', '.join(app)}.",
            )


def _check_projects(projects: tuple[str, ...]) -> None:
    for name in projects:
        if _REPOSITORY.fullmatch(name) is None:
            raise ConfigurationError(
                f"{name!r} in 'projects' of the GitHub connector is no repository.",
                remedy="Write it as owner/name, such as octocat/hello-world.",
            )


def _check_numbers(params: GitHubParams) -> None:
    for key in _ABOVE_ZERO:
        if getattr(params, key) <= 0:
            raise _number(key, "above 0")
    for key in _NOT_NEGATIVE:
        if getattr(params, key) < 0:
            raise _number(key, "0 or more")
    if params.page_size > 100:
        raise _number("page_size", "at most 100")


def _number(key: str, bound: str) -> ConfigurationError:
    return ConfigurationError(
        f"The setting {key!r} of the GitHub connector must be {bound}.",
        remedy="Leave it out to use the default.",
    )
