"""Accounts: known by ids that mean something at Atlassian only, their addresses mostly hidden."""

import re
from collections import OrderedDict
from collections.abc import Callable

from adapters.jira import users, wire
from adapters.jira.client import JiraClient
from adapters.rich_text.mapping import inlines, map_inlines
from schemas.errors import Fault, TrackerError
from schemas.rich_text import Inline, Mention, RichText
from schemas.values import Millis, User

_PAGE = 50
_MOST = 1000
_REMEMBERED_FOR = 10 * 60 * 1000
_WHAT = "search users"
_ACCOUNT = re.compile(r"[0-9a-f]{24}|[0-9a-z]{2,10}:[0-9a-zA-Z:-]{8,120}")
"""The two shapes that ids of accounts have."""


class People:
    """Finds whom other sides mean. Jira finds an account by its address also when it hides it."""

    def __init__(
        self, client: JiraClient, projects: tuple[str, ...], now: Callable[[], Millis]
    ) -> None:
        self._client = client
        self._projects = projects
        self._now = now
        self._found: OrderedDict[User, tuple[tuple[User, ...], Millis]] = OrderedDict()

    async def find(self, query: str) -> tuple[User, ...]:
        return tuple(await self._search("/user/search", {"query": query}))

    async def account(self, field: str, wanted: User | str) -> str:
        """Jira's id for a reference; VALIDATION when none or more than one fits."""
        user = User(name=wanted) if isinstance(wanted, str) else wanted
        if user.id:
            return user.id
        fitting = await self._meant(user)
        if len(fitting) == 1:
            return fitting[0].id
        how_many = "no user" if not fitting else f"{len(fitting)} users"
        raise TrackerError(
            Fault.VALIDATION,
            f"Jira has {how_many} for {user.email or user.name!r} in the field {field!r}.",
            remedy="Map this person to the id of an Atlassian account, or leave it out. Accounts"
            " that hide their address are found by name or id only.",
            field=field,
        )

    async def mentioned(self, rich: RichText) -> RichText:
        """The text with its mentions made those of accounts here; others become words."""
        people: dict[Mention, str] = {}
        for part in inlines(rich):
            if isinstance(part, Mention) and part not in people:
                people[part] = await self._mention(part)
        if not people:
            return rich

        def exchanged(part: Inline) -> Inline:
            return Mention(part.name, people[part]) if isinstance(part, Mention) else part

        return map_inlines(rich, exchanged)

    async def _mention(self, mention: Mention) -> str:
        if _ACCOUNT.fullmatch(mention.id):
            return mention.id
        fitting = await self._meant(User(name=mention.name)) if mention.name else ()
        return fitting[0].id if len(fitting) == 1 else ""

    async def _meant(self, wanted: User) -> tuple[User, ...]:
        found, until = self._found.get(wanted, ((), 0))
        if self._now() < until:
            return found
        found = await self._fitting(wanted)
        self._found[wanted] = (found, self._now() + _REMEMBERED_FOR)
        self._found.move_to_end(wanted)
        if len(self._found) > _MOST:
            self._found.popitem(last=False)
        return found

    async def _fitting(self, wanted: User) -> tuple[User, ...]:
        if wanted.email:
            found = await self.find(wanted.email)
            exact = [user for user in found if user.email.casefold() == wanted.email.casefold()]
            if exact:
                return tuple(exact)
            hidden = [user for user in found if not user.email]
            if len(hidden) == 1:
                return tuple(hidden)
        if not wanted.name:
            return ()
        named = _named(await self.find(wanted.name), wanted.name)
        if len(named) > 1 and self._projects:
            # Of several with one name, who may work here is the likelier one.
            asked = {"query": wanted.name, "projectKeys": ",".join(self._projects)}
            path = "/user/assignable/multiProjectSearch"
            able = _named(await self._search(path, asked), wanted.name)
            return able or named
        return named

    async def _search(self, path: str, query: dict[str, str]) -> list[User]:
        found: list[User] = []
        while len(found) < _MOST:
            asked = {**query, "startAt": str(len(found)), "maxResults": str(_PAGE)}
            body = await self._client.get(path, asked, what=_WHAT)
            page = wire.read(wire.accounts, body, _WHAT)
            found += [user for item in page if (user := users.to_user(item))]
            if len(page) < _PAGE:
                break
        return found


def _named(found: "list[User] | tuple[User, ...]", name: str) -> tuple[User, ...]:
    folded = name.casefold()
    return tuple(user for user in found if user.name.casefold() == folded)
