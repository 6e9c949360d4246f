"""Who a person of the other side is here: by the connection's table, by e-mail, by name, else the
default. Nobody's issue waits because a person is unknown."""

from collections.abc import Callable

from schemas.errors import Fault, TrackerError
from schemas.node import ConnectionSettings
from schemas.values import Millis, User
from service.workers.remembered import Remembered
from service.workers.roster import OpenConnector

LASTS: Millis = 600_000
_MOST = 20_000
_UNKNOWN = frozenset(
    {Fault.NOT_FOUND, Fault.GONE, Fault.PERMISSION, Fault.VALIDATION, Fault.CONFIGURATION}
)
Query = tuple[str, str]
"""A connector's id, and what is searched for."""


class People:
    """Of all connectors."""

    def __init__(self, *, now: Callable[[], Millis]) -> None:
        self._found = Remembered[Query, tuple[User, ...]](now=now, lasts=LASTS, most=_MOST)

    def of(self, opened: OpenConnector, settings: ConnectionSettings) -> "ConnectionPeople":
        return ConnectionPeople(self, opened, settings)

    async def search(self, opened: OpenConnector, words: str) -> tuple[User, ...]:
        """Raises `TrackerError` when the tracker cannot be asked now."""

        async def ask() -> tuple[User, ...]:
            try:
                return await opened.tracker.find_users(words)
            except TrackerError as error:
                if error.fault in _UNKNOWN:
                    return ()
                raise

        return await self._found.get((opened.record.id, words.casefold()), ask)

    def forget(self, connector: str) -> None:
        self._found.forget(lambda query: query[0] == connector)


class ConnectionPeople:
    """With the table of one connection; a `bench.Persons`."""

    def __init__(self, people: People, opened: OpenConnector, settings: ConnectionSettings) -> None:
        self._people, self._opened, self._settings = people, opened, settings

    async def who_is(self, user: User) -> User | None:
        named = self._by_table(user)
        if named:
            return await self._named(named)
        found = await self._by_email(user.email) if user.email else None
        if found is None and user.name:
            found = await self._by_name(user.name)
        if found is None and self._settings.default_user:
            found = await self._named(self._settings.default_user)
        return found

    def in_table(self, user: User) -> bool:
        return bool(self._by_table(user))

    async def one_of_ours(self, user: User) -> User | None:
        return await self._named(user.email or user.id or user.name)

    def _by_table(self, user: User) -> str:
        table = self._settings.users
        if not table:
            return ""
        folded = {theirs.casefold(): ours for theirs, ours in table.items()}
        known = (folded.get(words.casefold()) for words in (user.email, user.name) if words)
        return next(filter(None, known), "")

    async def _named(self, words: str) -> User | None:
        """By our e-mail, name or id."""
        folded = words.casefold()
        found = await self._people.search(self._opened, words)
        for user in found:
            if words == user.id or folded == user.email.casefold():
                return user
        by_name = _only([user for user in found if folded == user.name.casefold()])
        return by_name or (_hidden(found) if "@" in words else None)

    async def _by_email(self, email: str) -> User | None:
        found = await self._people.search(self._opened, email)
        for user in found:
            if user.email.casefold() == email.casefold():
                return user
        return _hidden(found)

    async def _by_name(self, name: str) -> User | None:
        found = await self._people.search(self._opened, name)
        return _only([user for user in found if user.name.casefold() == name.casefold()])


def _hidden(found: tuple[User, ...]) -> User | None:
    """Trackers find by an address that they do not show."""
    return found[0] if len(found) == 1 and not found[0].email else None


def _only(found: list[User]) -> User | None:
    """Of two who are called alike nobody can tell."""
    return found[0] if len(found) == 1 else None
