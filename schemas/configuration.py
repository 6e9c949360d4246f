"""What a node is set up with, as one document: exported, planned and applied as a whole."""

from typing import Annotated, Any, Literal

import msgspec

from schemas.alm import Frequency, Params, ProjectId, Title
from schemas.api import ConnectionName, Name, SideName, Source, Text
from schemas.connection_api import SettingsBody
from schemas.node import Mode
from schemas.rules import Diagnostic
from schemas.snippets import SNIPPET_NAME
from schemas.triggers import TriggerSpec

_Word = Annotated[
    str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*(?!\n)$")
]
"""A connection's name; it becomes that of a folder."""
_Snippet = Annotated[str, msgspec.Meta(pattern=SNIPPET_NAME)]
_Named = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
_Removed = Annotated[str, msgspec.Meta(min_length=1, max_length=511)]


class ConfiguredConnector(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True
):
    system: Name
    params: dict[str, Any] = {}
    """Secrets are masked; a masked one that is given stays as the node holds it."""


class ConfiguredRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    outgoing: Source
    incoming: Source
    snippets: Annotated[dict[_Snippet, Source], msgspec.Meta(max_length=200)] = {}
    """In place of the node's snippets: rules that were rolled back keep those of then."""


class ConfiguredConnection(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True
):
    connector: Name
    local_side: SideName
    remote_side: SideName
    type: Literal["public", "private", "local"] = "local"
    mode: Mode = "basic"
    counterpart: ConnectionName = ""
    """Of a local connection: the name of its other end."""
    description: Text = ""
    settings: SettingsBody = SettingsBody()
    triggers: dict[_Named, TriggerSpec] = {}
    rules: ConfiguredRules | None = None
    """In script mode; without them those of the node stay."""


class ConfiguredAlmConnector(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True
):
    system: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    inaccessible: bool = False
    """The tracker cannot be reached by the server of SD Elements."""
    params: Params = {}
    """Secrets as those of other connectors."""


class ConfiguredAlmConnection(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True
):
    """`project` and `alias` together are its name: another of them is another connection."""

    alias: Title
    project: ProjectId
    """Of SD Elements."""
    connector: Title
    """Name of the ALM connector."""
    frequency: Frequency = "manually"
    debug_mode: bool = False
    params: Params = {}
    """Its own; those of the connector stand there."""

    @property
    def name(self) -> str:
        return alm_name(self.project, self.alias)


def alm_name(project: int | str, alias: str) -> str:
    return f"{project}/{alias}"


class Configuration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """By name. What a remote agent of SD Elements made for itself is no part of it."""

    connectors: Annotated[dict[Name, ConfiguredConnector], msgspec.Meta(max_length=10_000)] = {}
    connections: Annotated[dict[_Word, ConfiguredConnection], msgspec.Meta(max_length=20_000)] = {}
    snippets: Annotated[dict[_Snippet, Source], msgspec.Meta(max_length=10_000)] = {}
    """Files that rules import, whose names they are."""
    alm_connectors: Annotated[
        dict[Title, ConfiguredAlmConnector], msgspec.Meta(max_length=10_000)
    ] = {}
    alm_connections: Annotated[
        tuple[ConfiguredAlmConnection, ...], msgspec.Meta(max_length=20_000)
    ] = ()


class ConfigurationView(msgspec.Struct, frozen=True):
    edition: str
    """Changes with whatever is set up, secrets too."""
    configuration: Configuration
    unnamed: tuple[str, ...] = ()
    """On the node and left out, for others have the same name."""


SecretPlace = Annotated[tuple[_Named, ...], msgspec.Meta(min_length=4, max_length=16)]
"""Names from the outside in, such as `connectors`, `jira`, `params`, `token`."""


class WantedBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    wanted: Configuration
    prune: bool = False
    """Remove what is on the node and not in `wanted`."""
    check: bool = True
    """Ask the trackers whether projects, values, queries and credentials are right."""


class PlanBody(WantedBody, frozen=True, forbid_unknown_fields=True):
    awaited: Annotated[tuple[SecretPlace, ...], msgspec.Meta(max_length=100_000)] = ()
    """Masked secrets that whoever applies can tell. Where the node holds none that it could keep,
    the rest is checked, and that tracker is not tried."""


class ApplyBody(WantedBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    edition: Text
    """Of the plan: when the node has another one by now, nothing is applied."""
    message: Text = ""
    """Why, for the history of the rules."""
    removing: dict[_Removed, Annotated[int, msgspec.Meta(ge=0)]] = {}
    """Connections that are removed, and how many issues under sync the plan named for each. An ALM
    connection by its project and alias, such as `17/The shop`."""


class Alteration(msgspec.Struct, frozen=True):
    """Of one field. A secret is masked before and after."""

    at: tuple[str, ...]
    before: Any = None
    after: Any = None


class ConfigurationChange(msgspec.Struct, frozen=True):
    kind: Literal["connector", "connection", "snippet", "alm_connector", "alm_connection"]
    name: str
    act: Literal["create", "change", "remove"]
    fields: tuple[Alteration, ...] = ()
    outgoing: str = ""
    """How the rule changes, as a unified diff."""
    incoming: str = ""
    twins: int = 0
    """Issues under sync whose pairs are forgotten when it is removed."""
    source: str = ""
    """How the snippet changes, or those that a connection's rules have for themselves, as a
    unified diff."""
    used_by: tuple[str, ...] = ()
    """Connections whose rules stay as they are, and have a new version with the new snippet."""


class ConfigurationProblem(msgspec.Struct, frozen=True):
    """What keeps all of it from being applied."""

    place: tuple[str, ...]
    """Names from the outside in, such as `connections`, `acme-globex`, `settings`, `project`."""
    message: str
    remedy: str = ""


class ConfigurationStep(msgspec.Struct, frozen=True):
    """What no file can do: a connection with another company begins with an invitation."""

    connection: str
    message: str
    remedy: str


class ConfigurationPlan(msgspec.Struct, frozen=True):
    edition: str
    """Of what the node has; whoever applies this plan gives it back."""
    changes: tuple[ConfigurationChange, ...]
    problems: tuple[ConfigurationProblem, ...]
    findings: tuple[Diagnostic, ...]
    """Of the check of rules and snippets."""
    steps: tuple[ConfigurationStep, ...]
    kept: tuple[str, ...]
    """On the node and not in `wanted`; only `prune` removes them."""
    warnings: tuple[Diagnostic, ...] = ()
    """Fields and values in rules that their tracker does not know; they prevent nothing."""
    unchecked: dict[str, str] = {}
    """By connection: why its rules could not be compared with its tracker."""
    untried: tuple[str, ...] = ()
    """What was not tried, for the caller may not: new addresses and credentials, queries."""
    awaited: tuple[tuple[str, ...], ...] = ()
    """Secrets that have to come with the apply; what they are for was not tried."""


class ConfigurationApplied(msgspec.Struct, frozen=True):
    """Nothing is applied while there are problems or findings."""

    applied: bool
    edition: str
    changes: tuple[ConfigurationChange, ...]
    problems: tuple[ConfigurationProblem, ...] = ()
    findings: tuple[Diagnostic, ...] = ()
    steps: tuple[ConfigurationStep, ...] = ()
    kept: tuple[str, ...] = ()
    versions: dict[str, int] = {}
    """The new version of the rules, by connection."""
    freed: int = 0
    """Issues that waited for a value which the tables now answer, and go on."""
    warnings: tuple[Diagnostic, ...] = ()
    unchecked: dict[str, str] = {}
