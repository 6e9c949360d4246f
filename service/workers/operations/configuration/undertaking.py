"""What is to be done so that the node has what is wanted, before anything of it is done."""

from collections.abc import Iterable

import msgspec

from schemas.configuration import ConfigurationProblem, ConfigurationStep, ConfiguredRules
from schemas.errors import TidegateError
from schemas.node import Connection, Connector
from schemas.rules import Diagnostic, Snippet
from schemas.triggers import TriggerSpec
from service.store.alm import ConnectionRow, ConnectorRow
from service.store.rule_snippets import SnippetVersion
from service.workers.operations.configuration.alm_holding import name_of
from service.workers.operations.configuration.holding import HeldConnection
from service.workers.roster import LiveConnection

Place = tuple[str, ...]


class ConnectorWork(msgspec.Struct, frozen=True):
    before: Connector | None
    after: Connector


class EndWork(msgspec.Struct, frozen=True):
    """One end of a connection: made where there is none before, else changed."""

    before: HeldConnection | None
    after: Connection
    triggers: dict[str, TriggerSpec]
    rules: ConfiguredRules | None
    """None: those of the node stay, and a new connection gets the default ones."""

    @property
    def name(self) -> str:
        return self.after.name

    @property
    def idle(self) -> bool:
        before = self.before
        return (
            before is not None
            and before.record == self.after
            and before.triggers == self.triggers
            and self.rules is None
        )


class SnippetWork(msgspec.Struct, frozen=True):
    before: SnippetVersion | None
    after: Snippet
    """Not saved yet, so it has no version."""


class Removal(msgspec.Struct, frozen=True):
    record: Connection
    twins: int


class AlmConnectorWork(msgspec.Struct, frozen=True):
    before: ConnectorRow | None
    after: ConnectorRow
    """Without a number while it is to be made."""


class AlmConnectionWork(msgspec.Struct, frozen=True):
    before: ConnectionRow | None
    after: ConnectionRow
    connector: ConnectorRow
    """As it will be."""
    connector_before: ConnectorRow | None

    @property
    def name(self) -> str:
        return name_of(self.after)

    @property
    def idle(self) -> bool:
        return self.before == self.after


class AlmRemoval(msgspec.Struct, frozen=True):
    name: str
    row: ConnectionRow
    twins: int


class Undertaking(msgspec.Struct):
    """Grows while it is thought through; with problems or findings nothing of it is done."""

    connectors: list[ConnectorWork] = []
    ends: list[EndWork] = []
    removed_connectors: list[Connector] = []
    removed: list[Removal] = []
    snippets: list[SnippetWork] = []
    removed_snippets: list[SnippetVersion] = []
    library: tuple[Snippet, ...] = ()
    """All snippets, as they will be."""
    renewed: list[LiveConnection] = []
    """Whose rules stay as they are, and reach a snippet that does not."""
    alm_connectors: list[AlmConnectorWork] = []
    alm_connections: list[AlmConnectionWork] = []
    """Those of the files; connections that follow a connector are not among them."""
    sd_elements: str = ""
    """Id of the connector that new ALM connections are over."""
    removed_alm: list[AlmRemoval] = []
    removed_alm_connectors: list[ConnectorRow] = []
    problems: list[ConfigurationProblem] = []
    findings: list[Diagnostic] = []
    warnings: list[Diagnostic] = []
    """These keep nothing from being done."""
    unchecked: dict[str, str] = {}
    untried: list[str] = []
    """What this caller may not have tried."""
    offered: frozenset[Place] = frozenset()
    """Secrets that whoever applies can tell."""
    awaited: list[Place] = []
    """Those of them that the node cannot keep: a mask stands for each."""
    steps: list[ConfigurationStep] = []
    kept: list[str] = []

    def refuse(self, place: Place, message: str, remedy: str = "") -> None:
        self.problems.append(ConfigurationProblem(place, message, remedy))

    def refuse_for(self, place: Place, error: TidegateError) -> None:
        self.refuse(place, error.message, error.remedy)

    def offered_in(self, place: Place) -> frozenset[Place]:
        """Below `params` of it."""
        head = (*place, "params")
        size = len(head)
        return frozenset(each[size:] for each in self.offered if each[:size] == head)

    def await_in(self, place: Place, coming: Iterable[Place]) -> None:
        self.awaited += ((*place, "params", *each) for each in sorted(coming))

    def awaits(self, kind: str, name: str) -> bool:
        """A secret of it, so that nothing can answer yet."""
        return any(place[:2] == (kind, name) for place in self.awaited)

    @property
    def possible(self) -> bool:
        return not self.problems and not self.findings
