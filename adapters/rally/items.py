"""Reading one issue, and telling a deleted one from one that was never seen."""

import re

import msgspec

from adapters.rally import errors, query, wire
from adapters.rally.client import RallyClient
from adapters.rally.kinds import BY_ELEMENT, TYPES, Kind
from adapters.rally.mapping import kind_of
from adapters.rally.memory import Memory
from adapters.rally.schema import Schema
from adapters.rally.wire import Item
from adapters.rally.workspace import Workspace
from schemas.errors import Fault, TrackerError

READ = "read the issue"
_LOOK = "look into the recycle bin"
_FORMATTED = re.compile(r"[A-Za-z]{1,10}[0-9]{1,18}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


class Owner(msgspec.Struct, frozen=True):
    """What is needed to write to an issue."""

    kind: Kind
    oid: str

    @property
    def ref(self) -> str:
        return f"/{self.kind.path}/{self.oid}"


class Items:
    def __init__(
        self, client: RallyClient, schema: Schema, workspace: Workspace, memory: Memory
    ) -> None:
        self._client = client
        self._schema = schema
        self._workspace = workspace
        self._memory = memory

    async def get(self, key_or_id: str, fetch: str = "") -> Item:
        """By ObjectID or FormattedID, of whatever type. GONE when it lies in the recycle bin."""
        wanted = key_or_id.strip()
        by_id = _NUMBER.fullmatch(wanted) is not None
        if not by_id and _FORMATTED.fullmatch(wanted) is None:
            raise _missing(wanted)
        condition = (
            query.number("ObjectID", "=", int(wanted))
            if by_id
            else query.text("FormattedID", "=", wanted.upper())
        )
        asked = {
            "types": TYPES,
            "query": condition,
            "fetch": fetch or await self._schema.fetch(),
            "pagesize": "20",
            **await self._workspace.scope(),
        }
        for item in (await self._client.find("/artifact", asked, what=READ)).results:
            # Rally compares the number in a FormattedID alone, whatever its letters.
            told = wire.oid(item) if by_id else str(item.get("FormattedID", wanted)).upper()
            if told == (wanted if by_id else wanted.upper()):
                return self.seen(item)
        raise await self._absent(wanted, by_id)

    def seen(self, item: Item) -> Item:
        """Remembers of which type an issue is, for that never changes."""
        element = str(item.get("_type"))
        if element in BY_ELEMENT:
            self._memory.put(("type", wire.oid(item)), element)
        return item

    async def owner(self, issue_id: str) -> Owner:
        element = self._memory.held(("type", issue_id))
        if element is None:
            item = await self.get(issue_id, "ObjectID,FormattedID")
            return Owner(kind_of(item), wire.oid(item))
        return Owner(BY_ELEMENT[element], issue_id)

    async def _absent(self, wanted: str, by_id: bool) -> Exception:
        condition = (
            query.number("ItemOID", "=", int(wanted))
            if by_id
            else query.text("ID", "=", wanted.upper())
        )
        asked = {
            "query": condition,
            "fetch": "ID,ItemOID,Name",
            "pagesize": "1",
            **await self._workspace.scope(),
        }
        try:
            found = await self._client.find("/recyclebinentry", asked, what=_LOOK)
        except TrackerError as error:
            if error.fault not in (Fault.VALIDATION, Fault.PERMISSION):
                raise
            # An older server cannot be asked like this: then nobody says that it was deleted.
            return _missing(wanted)
        if found.results:
            name = found.results[0].get("ID") or wanted
            return errors.refused(Fault.GONE, f"{name} lies in Rally's recycle bin.")
        return _missing(wanted)


def _missing(wanted: str) -> Exception:
    return errors.refused(
        Fault.NOT_FOUND,
        f"Rally shows no issue {wanted[:60]!r} to the connector's account.",
        remedy="Give the number of an issue, such as DE17, that the account may see.",
    )
