"""What the other side's values are called, and were: a renamed one is known again by its id."""

from collections.abc import Callable, Mapping

from schemas.values import Millis
from service.store import remote_names
from service.store.remote_names import Seen
from service.store.store import Store

Names = Mapping[str, dict[str, tuple[str, ...]]]
"""Field -> id -> how it was called, the newest name last; the id that was told last comes last."""
Told = Mapping[str, Mapping[str, str]]
"""Field -> name -> id, as a message has it."""
_LONGEST = 255


class RemoteNames:
    """Kept in the store, for a table has to outlive a restart.

    What a message tells holds at once, before a rule sees its replica. What it tells is only as
    young as what its sender knows of its own project (`ConnectorGround.ids`).
    """

    def __init__(self, store: Store, *, now: Callable[[], Millis]) -> None:
        self._store, self._now = store, now
        self._known: dict[str, Names] = {}

    async def of(self, connection: str) -> Names:
        known = self._known.get(connection)
        if known is None:
            seen = await self._store.read(lambda c: remote_names.of(c, connection))
            known = self._known[connection] = together({}, seen)
        return known

    async def note(self, connection: str, told: Told) -> None:
        """`told`: as the other side has just said."""
        if not told:
            return
        fresh = _news(await self.of(connection), told)
        if fresh:
            now = self._now()
            await self._store.write(lambda c: remote_names.add(c, connection, fresh, now))
            self._known[connection] = together(self._known[connection], fresh)


def as_told(known: Names, told: Told) -> Names:
    """As a replica had it that may be older than what was told since: its values keep the meaning
    that they were sent with."""
    fresh = _news(known, told)
    return together(known, fresh) if fresh else known


def _news(known: Names, told: Told) -> list[Seen]:
    return [
        Seen(field, id, name)
        for field, ids in told.items()
        for name, id in ids.items()
        if _fits(field, id, name) and not _is_called(known.get(field, {}), id, name)
    ]


def _is_called(ids: dict[str, tuple[str, ...]], id: str, name: str) -> bool:
    """Whether it is known to be. Of two with one name that neither got by a rename, both are, as
    are those of two projects; else the one that was told last took it from the other."""
    if ids.get(id, ())[-1:] != (name,):
        return False
    last = next(each for each in reversed(ids) if ids[each][-1] == name)
    return last == id or len(ids[last]) == 1


def together(known: Names, seen: list[Seen]) -> Names:
    made = {field: dict(ids) for field, ids in known.items()}
    for each in seen:
        ids = made.setdefault(each.field, {})
        before = (name for name in ids.pop(each.id, ()) if name != each.name)
        ids[each.id] = (*before, each.name)
    return made


def called_now(names: Names, field: str) -> dict[str, str]:
    """Id -> name. Two that trade names are told of one after the other: the later one has it."""
    holders = {called[-1]: id for id, called in names.get(field, {}).items()}
    return {id: name for name, id in holders.items()}


def id_of(names: Names, field: str, name: str) -> str:
    """The value that is called so now, else the one that was; '' for none."""
    ids = names.get(field, {})
    folded = name.casefold()
    now = [id for id, called in ids.items() if called[-1].casefold() == folded]
    once = [id for id, called in ids.items() if folded in map(str.casefold, called)]
    return next(reversed(once + now), "")


def _fits(*words: str) -> bool:
    return all(0 < len(word) <= _LONGEST for word in words)
