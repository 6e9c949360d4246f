"""Users: what Redmine shows of them, and who is meant by what other sides know."""

from collections import OrderedDict
from collections.abc import Callable, Iterable

from adapters.redmine import errors, wire
from adapters.redmine.client import RedmineClient, segment
from schemas.errors import Fault, TrackerError
from schemas.values import Millis, User

_MOST = 20_000
_MOST_FOUND = 1000
_KEPT = 60 * 60 * 1000
_FOUND_KEPT = 10 * 60 * 1000
_PAGE = 100


class People:
    def __init__(
        self,
        client: RedmineClient,
        projects: tuple[str, ...],
        now: Callable[[], Millis],
    ) -> None:
        self._client = client
        self._projects = projects
        self._now = now
        self._known: OrderedDict[int, tuple[User, Millis]] = OrderedDict()
        self._meant: OrderedDict[User, tuple[int, Millis]] = OrderedDict()

    async def learn(self, refs: Iterable[wire.Ref | None]) -> None:
        """Issues tell ids and names only. Asks for each person's address once an hour."""
        for number in {ref.id for ref in refs if ref}:
            await self.named(number)

    def shown(self, ref: wire.Ref | None) -> User | None:
        if ref is None:
            return None
        known, _ = self._known.get(ref.id, (User(), 0))
        return User(name=ref.name, email=known.email, id=str(ref.id))

    async def named(self, number: int) -> User:
        """For fields that tell an id only."""
        known, until = self._known.get(number, (User(), 0))
        if self._now() < until:
            return known
        found = await self._user(number)
        user = _to_user(found) if found else User(id=str(number))
        self._known[number] = (user, self._now() + _KEPT)
        self._known.move_to_end(number)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return user

    async def find(self, query: str) -> tuple[User, ...]:
        """By login, name and e-mail address for administrators; else members by their name."""
        if (await self._client.login.user()).admin:
            return tuple(map(_to_user, await self._search(query)))
        return await self._members(query)

    async def meant(self, field: str, wanted: User | str) -> int:
        """Redmine's id for a reference; VALIDATION when none or more than one fits."""
        user = User(name=wanted) if isinstance(wanted, str) else wanted
        if user.id.isdigit():
            return int(user.id)
        number, until = self._meant.get(user, (0, 0))
        if self._now() < until:
            return number
        number = await self._only(field, user)
        self._meant[user] = (number, self._now() + _FOUND_KEPT)
        if len(self._meant) > _MOST_FOUND:
            self._meant.popitem(last=False)
        return number

    async def _only(self, field: str, user: User) -> int:
        query = user.email or user.name
        fitting = await self._fitting(query, user)
        if len(fitting) != 1 and user.email and user.name:
            # Redmine hides addresses from whoever is no administrator.
            fitting = await self._fitting(user.name, User(user.name))
        if len(fitting) == 1:
            return fitting.pop()
        how_many = "no user" if not fitting else f"{len(fitting)} users"
        raise errors.refused(
            Fault.VALIDATION,
            f"Redmine has {how_many} for {query!r} in the field {field!r}.",
            remedy="Map this person to a Redmine user in the incoming rule, or leave it out."
            " Only administrators' accounts can look users up by e-mail address.",
            field=field,
        )

    async def _fitting(self, query: str, wanted: User) -> set[int]:
        if (await self._client.login.user()).admin:
            found = await self._search(query)
            return {item.id for item in found if _fits(_to_user(item), wanted, item.login)}
        return {int(user.id) for user in await self._members(query) if _fits(user, wanted)}

    async def _user(self, number: int) -> wire.User | None:
        try:
            found = await self._client.get(
                f"/users/{number}.json", wire.one_user, what="read a user"
            )
        except TrackerError as error:
            # A group, somebody who is locked, or one whom we may not see.
            if error.fault not in (Fault.NOT_FOUND, Fault.PERMISSION):
                raise
            return None
        return found.user

    async def _search(self, query: str) -> list[wire.User]:
        found: list[wire.User] = []
        while len(found) < _MOST_FOUND:
            asked = {"name": query, "offset": str(len(found)), "limit": str(_PAGE)}
            page = await self._client.get(
                "/users.json", wire.users, what="search users", query=asked
            )
            found.extend(page.users)
            if not page.users or len(found) >= page.total_count:
                break
        return found

    async def _members(self, query: str) -> tuple[User, ...]:
        folded = query.casefold()
        found: dict[int, User] = {}
        for project in self._projects:
            for ref in await self._members_of(project):
                if folded in ref.name.casefold():
                    found[ref.id] = User(name=ref.name, id=str(ref.id))
        return tuple(found.values())

    async def _members_of(self, project: str) -> list[wire.Ref]:
        members: list[wire.Ref] = []
        seen = 0
        while True:
            page = await self._client.get(
                f"/projects/{segment(project)}/memberships.json",
                wire.memberships,
                what="list the members",
                query={"offset": str(seen), "limit": str(_PAGE)},
            )
            members += [item.user for item in page.memberships if item.user]
            seen += len(page.memberships)
            if not page.memberships or seen >= page.total_count:
                return members


def _to_user(found: wire.User) -> User:
    name = f"{found.firstname} {found.lastname}".strip() or found.login
    return User(name=name, email=found.mail or "", id=str(found.id))


def _fits(found: User, wanted: User, login: str = "") -> bool:
    if wanted.email:
        return found.email.casefold() == wanted.email.casefold()
    names = {found.name.casefold(), found.email.casefold(), login.casefold()}
    return wanted.name.casefold() in names - {""}
