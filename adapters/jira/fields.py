"""The custom fields of one Jira: which there are, and of which kind."""

import asyncio
from collections.abc import Callable, Collection

import msgspec

from adapters.jira import kinds, wire
from adapters.jira.answers import FieldInfo, FieldSchema
from adapters.jira.client import JiraClient
from schemas.metadata import FieldKind
from schemas.values import Millis

_LASTS = 60 * 60 * 1000
_AGAIN = 60 * 1000
"""A field that is not known may be a new one; it is asked for at most this often."""
_WHAT = "list the fields"


class Known(msgspec.Struct, frozen=True):
    schemas: dict[str, FieldSchema] = {}
    kinds: dict[str, FieldKind] = {}
    """Those whose kind is known; others are read as what they look like."""
    without_content: frozenset[str] = frozenset()
    parent: str = ""
    """The field that holds the key of an issue's epic."""


class CustomFields:
    """Told once an hour. `parent` names the field that holds the epic; '' finds it by its type."""

    def __init__(self, client: JiraClient, now: Callable[[], Millis], parent: str = "") -> None:
        self._client = client
        self._now = now
        self._parent = parent
        self._known = Known()
        self._told_at: Millis | None = None
        self._lock = asyncio.Lock()

    async def known(self, wanted: Collection[str] = ()) -> Known:
        """`wanted` are ids of which something must be known, as far as Jira tells it."""
        if self._is_due(wanted):
            async with self._lock:
                if self._is_due(wanted):
                    self._known = await self._ask()
                    self._told_at = self._now()
        return self._known

    def _is_due(self, wanted: Collection[str]) -> bool:
        if self._told_at is None:
            return True
        age = self._now() - self._told_at
        if age >= _LASTS:
            return True
        return age >= _AGAIN and not self._known.schemas.keys() >= set(wanted)

    async def _ask(self) -> Known:
        infos = wire.read(wire.field_infos, await self._client.get("/field", what=_WHAT), _WHAT)
        told = {info.id: kinds.kind_of(info.schema) for info in infos}
        return Known(
            schemas={info.id: info.schema for info in infos},
            kinds={key: kind for key, kind in told.items() if kind is not None},
            without_content=frozenset(i.id for i in infos if not kinds.has_content(i.schema)),
            parent=self._parent or _epic_link(infos),
        )


def _epic_link(infos: tuple[FieldInfo, ...]) -> str:
    links = (i.id for i in infos if kinds.custom_type(i.schema) == kinds.EPIC_LINK)
    return next(links, "")
