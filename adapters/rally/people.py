"""Users: what Rally shows of them, and who is meant by what other sides know."""

from adapters.rally import errors, query, wire
from adapters.rally.client import RallyClient
from adapters.rally.memory import Memory
from adapters.rally.wire import Item
from adapters.rally.workspace import Workspace
from schemas.values import User

FETCH = "ObjectID,ObjectUUID,DisplayName,EmailAddress,UserName"
_WHAT = "search users"
_MOST_FOUND = 200


class People:
    def __init__(self, client: RallyClient, workspace: Workspace, memory: Memory) -> None:
        self._client = client
        self._workspace = workspace
        self._memory = memory

    async def find(self, words: str) -> tuple[User, ...]:
        if not words.strip():
            return ()
        fields = ("DisplayName", "EmailAddress", "UserName")
        wanted = query.any_of(*(query.text(field, "contains", words) for field in fields))
        found = await self._search(wanted)
        return tuple(user for item in found if (user := shown(item)) is not None)

    async def ref(self, field: str, wanted: User | str) -> str:
        """VALIDATION when none or more than one fits."""
        user = User(name=wanted) if isinstance(wanted, str) else wanted
        if user.id.isdigit():
            return f"/user/{user.id}"
        found = await self._fitting(user)
        if len(found) == 1:
            return wire.ref(found[0])
        how_many = "no user" if not found else f"{len(found)} users"
        raise errors.invalid(
            field,
            f"Rally has {how_many} for {user.email or user.name!r}",
            "Map this person to a Rally user in the incoming rule, or leave it out.",
        )

    async def mentioned(self, name: str) -> str:
        """The ObjectUUID of the one who is called so; '' when nobody or several are."""
        found = await self._fitting(User(name=name))
        return str(found[0].get("ObjectUUID", "")) if len(found) == 1 else ""

    async def _fitting(self, user: User) -> list[Item]:
        found = await self._memory.get(("user", user), lambda: self._ask(user))
        if len(found) != 1:
            # Somebody may be about to put that right.
            self._memory.forget(("user", user))
        return found

    async def _ask(self, user: User) -> list[Item]:
        if user.email:
            fields = ("EmailAddress", "UserName")
            found = await self._search(
                query.any_of(*(query.text(field, "=", user.email) for field in fields))
            )
            if found or not user.name:
                return found
        fields = ("DisplayName", "UserName")
        return await self._search(
            query.any_of(*(query.text(field, "=", user.name) for field in fields))
        )

    async def _search(self, wanted: str) -> list[Item]:
        asked = {
            "query": wanted,
            "fetch": FETCH,
            "order": "ObjectID",
            "start": "1",
            "pagesize": str(_MOST_FOUND),
            **await self._workspace.scope(),
        }
        return list((await self._client.find("/user", asked, what=_WHAT)).results)


def shown(item: Item | None) -> User | None:
    if not item:
        return None
    name = wire.texts(item, "DisplayName", "_refObjectName", "UserName", "EmailAddress")
    return User(name=name, email=wire.texts(item, "EmailAddress"), id=wire.oid(item))
