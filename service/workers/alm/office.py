"""What the work on ALM connections shares: the store, the node's settings, its SD Elements."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from adapters.sd_elements.tracker import SdElementsTracker
from schemas.errors import FieldsRefused, InputError
from schemas.values import Millis
from service.config.model import Alm
from service.store import alm
from service.store.alm import ConnectionRow, ConnectorRow
from service.workers.alm import catalogue, params
from service.workers.alm.catalogue import System
from service.workers.roster import LiveConnection, OpenConnector

if TYPE_CHECKING:
    # The operations are built on this.
    from service.workers.operations.desk import Desk

SYSTEM = "sd-elements"


class Office:
    """`owner` is this daemon, `socket` its own."""

    def __init__(self, desk: "Desk", config: Alm, socket: str, owner: str) -> None:
        self.desk = desk
        self.config = config
        self.socket = socket
        self.owner = owner

    def now(self) -> Millis:
        return self.desk.now()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.config.time_zone)

    def sd_elements(self) -> OpenConnector:
        """The connector whose projects ALM connections are about."""
        return self.sd_elements_among(self.desk.roster.connectors.values())

    def sd_elements_among(self, opened: Iterable[OpenConnector]) -> OpenConnector:
        known = [each for each in opened if each.record.system == SYSTEM]
        if self.config.connector:
            known = [each for each in known if each.record.name == self.config.connector]
        if len(known) == 1:
            return known[0]
        if known:
            names = ", ".join(sorted(each.record.name for each in known))
            what, remedy = (
                "This node has several connectors to SD Elements.",
                f"Name one of them in the setting alm.connector: {names}.",
            )
        else:
            what, remedy = (
                "This node has no connector to SD Elements.",
                "Add one: tidegate connector add sde sd-elements https://sde.example.com --param"
                " token=@token.txt",
            )
        raise InputError(what, status=409, remedy=remedy)

    async def connector(self, id: int) -> ConnectorRow | None:
        store = self.desk.store
        return await store.read(lambda c: alm.connector(c, store.vault, id))

    async def connection(self, id: int) -> ConnectionRow | None:
        store = self.desk.store
        return await store.read(lambda c: alm.connection(c, store.vault, id))

    def end(self, row: ConnectionRow) -> LiveConnection | None:
        """At SD Elements; the other is its counterpart."""
        return self.desk.roster.connections.get(row.own)


def system_of(row: ConnectorRow) -> System:
    return catalogue.find(row.system)


def together(connector: ConnectorRow, row: ConnectionRow) -> params.Params:
    """The params that count for a connection."""
    return params.of_connection(connector.params, row.params)


def surveyed(opened: OpenConnector) -> SdElementsTracker:
    if not isinstance(opened.tracker, SdElementsTracker):
        raise InputError(
            f"The connector {opened.record.name!r} is not one to SD Elements.",
            status=409,
            remedy="Name one that is in the setting alm.connector.",
        )
    return opened.tracker


def number_of(given: int | str, what: str) -> int:
    """Raises `InputError` 404 for what is no id."""
    word = str(given)
    if not word.isascii() or not word.isdecimal() or len(word) > 16:
        raise not_found(what, word)
    return int(word)


def not_found(what: str, id: object) -> InputError:
    return InputError(f"There is no {what} {id}.", status=404, remedy="List them.")


def moment(at: Millis | None) -> str | None:
    if at is None:
        return None
    shown = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
    return shown.replace("+00:00", "Z")


def refuse(problems: params.Problems) -> None:
    if problems:
        raise FieldsRefused({"params": problems})
