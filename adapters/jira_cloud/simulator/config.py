"""How a simulated Jira Cloud is set up."""

from hashlib import md5

from adapters.jira.simulator import SimulatorConfig


class CloudConfig(SimulatorConfig, frozen=True, kw_only=True):
    """`user` and `token` are the account's address before the `@` and its API token."""

    epics: bool = False
    text_limit: int | None = 32767
    cloud_id: str = "5f0c2a52-9b1d-4c6e-8f00-0123456789ab"
    client_id: str = "simulator-client"
    client_secret: str = "simulator-secret"  # noqa: S105 - a made-up account
    token_lifetime: int = 3600
    """Seconds for which a bearer token of a service account is good."""
    hidden: tuple[str, ...] = ()
    """Names of people whose address is not shown, as is usual."""
    index_lag: float = 0.0
    """Seconds by which the search is behind."""
    redirects_always: bool = False
    """Whether content is handed out by the media host even to those who ask for none."""
    anonymous_200: bool = False
    """Whether a wrong token passes for a visitor, as on some calls of the real one."""
    webhook_tries: int = 6
    webhook_pause: float = 0.0
    """Seconds between two deliveries of one webhook; the real one takes minutes."""
    webhook_twice: bool = False
    """Whether each webhook is delivered twice, as the real one does at times."""
    burst: int = 0
    """Calls a second to one endpoint; 0 knows no limit."""
    issue_writes: int = 0
    """Writes to one issue within two seconds, 20 at the real one; 0 knows no limit."""

    @property
    def email(self) -> str:
        return f"{self.user}@example.com"


def account_id(name: str) -> str:
    """As the ids of real accounts look."""
    return md5(name.encode(), usedforsecurity=False).hexdigest()[:24]
