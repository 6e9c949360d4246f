"""What the other side's values are called, and were: a renamed one is known again by its id."""

from collections.abc import Callable, Mapping

from schemas.values import Millis
from service.store import remote_names
from service.store.remote_names import Seen
from service.store.store import Store

Names = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Field -> id -> how it was called, the newest name last; the id that was told last comes last."""
_LONGEST = 255


class RemoteNames:
    """Kept in the store, for a table has to outlive a restart."""

    def __init__(self, store: Store, *, now: Callable[[], Millis]) -> None:
        self._store, self._now = store, now
        self._known: dict[str, Names] = {}

    async def of(self, connection: str) -> Names:
        known = self._known.get(connection)
        if known is None:
            seen = await self._store.read(lambda c: remote_names.of(c, connection))
            known = self._known[connection] = together({}, seen)
        return known

    async def note(self, connection: str, told: Mapping[str, Mapping[str, str]]) -> None:
        """`told`: field -> name -> id, as the other side has just said."""
        known = await self.of(connection) if told else {}
        fresh = _news(known, told)
        if fresh:
            now = self._now()
            await self._store.write(lambda c: remote_names.add(c, connection, fresh, now))
            self._known[connection] = together(known, fresh)

    async def suppose(self, connection: str, told: Mapping[str, Mapping[str, str]]) -> None:
        """As `note`, but the store is not told."""
        known = await self.of(connection)
        self._known[connection] = together(known, _news(known, told))


def _news(known: Names, told: Mapping[str, Mapping[str, str]]) -> list[Seen]:
    return [
        Seen(field, id, name)
        for field, ids in told.items()
        for name, id in ids.items()
        if _fits(field, id, name) and known.get(field, {}).get(id, ())[-1:] != (name,)
    ]


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
