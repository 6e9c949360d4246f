"""The project's users: what is shown of them, and who is meant by what other sides know."""

import asyncio
from collections.abc import Callable, Mapping

from adapters.alm import errors
from adapters.alm.client import AlmClient
from schemas.errors import Fault
from schemas.values import Millis, User

_KEPT = 10 * 60 * 1000


class People:
    def __init__(self, client: AlmClient, now: Callable[[], Millis]) -> None:
        self._client = client
        self._now = now
        self._known: Mapping[str, User] = {}
        self._until: Millis = -1
        self._login = ""
        self._lock = asyncio.Lock()

    async def myself(self) -> User:
        """Of an API key ALM alone knows whose it is."""
        if not self._login:
            root = await self._client.site_xml(
                "/rest/is-authenticated", "AuthenticationInfo", what="tell the own account"
            )
            self._login = (root.findtext("Username") or "").strip()
        return await self.shown(self._login)

    async def shown(self, login: str) -> User:
        known = await self._all()
        return known.get(login.casefold(), User(name=login, id=login))

    async def find(self, query: str) -> tuple[User, ...]:
        folded = query.casefold()
        known = await self._all()
        return tuple(
            user
            for user in known.values()
            if folded in f"{user.name}\n{user.email}\n{user.id}".casefold()
        )

    async def login_of(self, field: str, wanted: User | str) -> str:
        """VALIDATION when none or more than one fits."""
        user = User(name=wanted) if isinstance(wanted, str) else wanted
        fitting = _fitting(await self._all(), user)
        if len(fitting) != 1:
            self._until = -1
            fitting = _fitting(await self._all(), user)
        if len(fitting) == 1:
            return fitting[0]
        how_many = "no user" if not fitting else f"{len(fitting)} users"
        shown = user.id or user.email or user.name
        raise errors.refused(
            Fault.VALIDATION,
            f"The ALM project has {how_many} for {shown!r} in the field {field!r}.",
            remedy="Map this person to a user of the project in the rule, or leave it out.",
            field=field,
        )

    async def _all(self) -> Mapping[str, User]:
        async with self._lock:
            if self._now() >= self._until:
                self._known = await self._ask()
                self._until = self._now() + _KEPT
            return self._known

    async def _ask(self) -> Mapping[str, User]:
        root = await self._client.xml("/customization/users", "Users", what="list the users")
        found = (
            User(
                name=item.get("FullName") or item.get("Name", ""),
                email=(item.findtext("email") or "").strip(),
                id=item.get("Name", ""),
            )
            for item in root.iterchildren("User")
        )
        return {user.id.casefold(): user for user in found if user.id}


def _fitting(known: Mapping[str, User], wanted: User) -> list[str]:
    """By the strongest mark that is told."""
    if wanted.id and wanted.id.casefold() in known:
        return [known[wanted.id.casefold()].id]
    if wanted.email:
        email = wanted.email.casefold()
        by_mail = [user.id for user in known.values() if user.email.casefold() == email]
        if by_mail or not wanted.name:
            return by_mail
    name = wanted.name.casefold()
    by_name = [user.id for user in known.values() if user.name.casefold() == name]
    return by_name or [user.id for login, user in known.items() if login == name]
