"""How a simulated Jira is set up."""

import msgspec


class Webhook(msgspec.Struct, frozen=True):
    url: str
    secret: str = ""
    """Signs each body when set."""
    events: tuple[str, ...] = ()
    """Those that are sent; () sends all."""
    enabled: bool = True


class SimulatorConfig(msgspec.Struct, frozen=True, kw_only=True):
    projects: dict[str, str] = msgspec.field(default_factory=lambda: {"SIM": "Simulated project"})
    """Key -> name."""
    token: str = "simulator-token"  # noqa: S105 - a made-up account of a made-up server
    user: str = "tidegate"
    password: str = "simulator-password"  # noqa: S105
    webhooks: tuple[Webhook, ...] = ()
    service_desk: bool = False
    text_limit: int | None = None
    """Characters of a description or comment; real servers often have 32767."""
    page_cap: int = 1000
    """What a list gives at most, whatever was asked."""
    embedded_comments: int = 5000
    """How many comments an issue's own answer holds."""
    embed_comment_properties: bool = False
    """Whether they come with their properties; real servers leave them out."""
    search_properties: bool = True
    """Whether a search tells entity properties; older servers do not."""
    create_meta_by_type: bool = True
    """Whether what can be written is told for each type; servers before 8.4 tell all at once."""
    edit_screen_only: tuple[str, ...] = ()
    """Fields that stand on the screen for edits and not on the one for new issues."""
    time_tracking: bool = True
    epics: bool = True
    """Whether there is an epic link, which comes with Jira Software."""
    utc_offset: int = 0
    """Of the server's time zone, in minutes."""
    administrator: bool = True
    """Whether the account may see the registered webhooks."""
    permissions_denied: tuple[str, ...] = ()
    """Those that the account lacks: their calls are refused."""
