"""Users: found by what other sides know of them."""

from collections import OrderedDict
from collections.abc import Callable

from adapters.jira import wire
from adapters.jira.client import JiraClient
from adapters.jira.users import to_user
from schemas.errors import Fault, TrackerError
from schemas.values import Millis, User

_PAGE = 50
_MOST = 1000
_REMEMBERED_FOR = 10 * 60 * 1000
_NAMED_FOR = 60 * 60 * 1000


class Accounts:
    def __init__(self, client: JiraClient, now: Callable[[], Millis]) -> None:
        self._client = client
        self._now = now
        self._found: OrderedDict[User, tuple[str, Millis]] = OrderedDict()
        self._named: OrderedDict[str, tuple[User | None, Millis]] = OrderedDict()

    async def find(self, query: str) -> tuple[User, ...]:
        """Jira matches the start of user name, display name and e-mail address."""
        found: list[User] = []
        while len(found) < _MOST:
            page = await self._page(query, len(found))
            found.extend(page)
            if len(page) < _PAGE:
                break
        return tuple(found)

    async def login(self, field: str, wanted: User | str) -> str:
        """Jira's user name for a reference; VALIDATION when none or more than one fits."""
        user = User(name=wanted) if isinstance(wanted, str) else wanted
        if user.id:
            return user.id
        login, until = self._found.get(user, ("", 0))
        if self._now() < until:
            return login
        login = await self._only(field, user)
        self._found[user] = (login, self._now() + _REMEMBERED_FOR)
        if len(self._found) > _MOST:
            self._found.popitem(last=False)
        return login

    async def only_login(self, name: str) -> str:
        """'' when nobody fits, or more than one."""
        try:
            return await self.login("", User(name=name))
        except TrackerError as error:
            if error.fault is not Fault.VALIDATION:
                raise
            return ""

    async def named(self, login: str) -> User | None:
        """Who has this user name; None when nobody, or when our account may not see people."""
        found, until = self._named.get(login, (None, 0))
        if self._now() < until:
            return found
        found = await self._user("username", login)
        self._named[login] = (found, self._now() + _NAMED_FOR)
        if len(self._named) > _MOST:
            self._named.popitem(last=False)
        return found

    async def _only(self, field: str, user: User) -> str:
        query = user.email or user.name
        fitting = [each for each in await self.find(query) if _fits(each, user)]
        if not fitting and not user.email:
            # The key of an account stays when its user name changes; a search does not look at it.
            found = await self._user("key", query)
            fitting = [found] if found else []
        if len(fitting) == 1:
            return fitting[0].id
        how_many = "no user" if not fitting else f"{len(fitting)} users"
        raise TrackerError(
            Fault.VALIDATION,
            f"Jira has {how_many} for {query!r} in the field {field!r}.",
            remedy="Map this person to a Jira user name in the incoming rule, or leave it out.",
            field=field,
        )

    async def _user(self, kind: str, name: str) -> User | None:
        what = "read a user"
        try:
            body = await self._client.get("/user", {kind: name}, what=what)
        except TrackerError as error:
            if error.fault not in (Fault.NOT_FOUND, Fault.PERMISSION):
                raise
            return None
        return to_user(wire.read(wire.account, body, what))

    async def _page(self, query: str, start: int) -> list[User]:
        what = "search users"
        asked = {"username": query, "startAt": str(start), "maxResults": str(_PAGE)}
        body = await self._client.get("/user/search", asked, what=what)
        users = (to_user(item) for item in wire.read(wire.accounts, body, what))
        return [user for user in users if user]


def _fits(found: User, wanted: User) -> bool:
    if wanted.email:
        return found.email.casefold() == wanted.email.casefold()
    name = wanted.name.casefold()
    return name in (found.name.casefold(), found.id.casefold(), found.email.casefold())
