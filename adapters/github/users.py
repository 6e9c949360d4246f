"""People: by login, e-mail or name; whoever is to be assigned must be assignable there."""

import asyncio
from collections.abc import Callable

from adapters.github import answers, wire
from adapters.github.client import GitHubClient
from adapters.github.errors import invalid
from adapters.github.memory import Memory
from adapters.http import segment
from schemas.errors import Fault, TrackerError
from schemas.values import Millis, User

_MOST_FOUND = 20
_MOST_ASKED = 10
"""Profiles read for one search: a search tells logins alone."""


class Users:
    def __init__(self, client: GitHubClient, now: Callable[[], Millis]) -> None:
        self._client = client
        self._assignable: Memory[dict[str, str]] = Memory(now)
        self._found: Memory[tuple[User, ...]] = Memory(now)
        self._profiles: Memory[User] = Memory(now)

    async def find(self, query: str) -> tuple[User, ...]:
        # Quotes would end ours, and what follows could be an operator of the search.
        words = " ".join(query.replace('"', " ").split())[:200]
        return await self._found.get(words, lambda: self._search(words)) if words else ()

    async def assignable(self, repository: int) -> dict[str, str]:
        """Logins by their casefold."""
        return await self._assignable.get(str(repository), lambda: self._list(repository))

    async def logins(self, repository: int) -> frozenset[str]:
        return frozenset(await self.assignable(repository))

    async def login(self, repository: int, wanted: User | str, field: str) -> str:
        """GitHub's login for a reference; VALIDATION when none or more than one fits."""
        user = User(name=wanted) if isinstance(wanted, str) else wanted
        known = await self.assignable(repository)
        if user.id:
            # Other systems' ids do not come this far: this is one of GitHub's own.
            return known.get(user.id.casefold(), user.id)
        if not user.email and user.name.casefold() in known:
            return known[user.name.casefold()]
        found = await self.find(user.email or user.name)
        assignable = [one.id for one in found if _fits(one, user) and one.id.casefold() in known]
        if len(assignable) == 1:
            return assignable[0]
        how_many = f"{len(assignable)} users" if assignable else "nobody who can be assigned"
        raise invalid(
            f"GitHub has {how_many} for {user.email or user.name!r}.",
            field,
            "Map this person to a GitHub login in the incoming rule, or leave it out.",
        )

    async def _search(self, words: str) -> tuple[User, ...]:
        where = "in:email" if "@" in words else "in:login in:name in:email"
        query = {"q": f'"{words}" type:user {where}', "per_page": str(_MOST_FOUND)}
        found = await self._client.get(
            "/search/users", wire.found_users, query, what="search users"
        )
        asked = found.items[:_MOST_ASKED]
        profiles = await asyncio.gather(*(self.named(account) for account in asked))
        rest = (to_user(account) for account in found.items[_MOST_ASKED:])
        return tuple(user for user in (*profiles, *rest) if user)

    async def named(self, account: answers.Account | None) -> User | None:
        """With name and e-mail address, as far as they are public: issues tell logins alone."""
        if account is None:
            return None
        return await self._profiles.get(account.login, lambda: self._profile(account))

    async def _profile(self, account: answers.Account) -> User:
        path = f"/users/{segment(account.login)}"
        try:
            found = await self._client.get(path, wire.account, what="read a user")
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            return to_user(account)  # a bot, or an account that is hidden
        return to_user(found)

    async def _list(self, repository: int) -> dict[str, str]:
        found: dict[str, str] = {}
        pages = self._client.pages(
            f"/repositories/{repository}/assignees", wire.accounts, what="list whom to assign"
        )
        async for page in pages:
            found.update((account.login.casefold(), account.login) for account in page)
        return found


def to_user(found: answers.Account | None) -> User:
    """The login is what GitHub takes back, so it is the id. A deleted account is nobody."""
    if found is None:
        return User()
    return User(name=found.name or found.login, email=found.email or "", id=found.login)


def _fits(found: User, wanted: User) -> bool:
    if wanted.email:
        # Most people hide their address; a search by it that finds one person has found them.
        return not found.email or found.email.casefold() == wanted.email.casefold()
    return wanted.name.casefold() in (found.name.casefold(), found.id.casefold())
