"""Users, whom tasks name by e-mail address alone."""

from collections import OrderedDict

from adapters.sd_elements import answers, mapping
from adapters.sd_elements.client import SdElementsClient, all_of
from schemas.errors import Fault, TrackerError
from schemas.values import User

_REMEMBERED = 10_000


class People:
    def __init__(self, client: SdElementsClient) -> None:
        self._client = client
        self._known: OrderedDict[str, User] = OrderedDict()

    async def find(self, query: str) -> tuple[User, ...]:
        pages = self._client.pages(
            "/users/", answers.user_page, what="look for users", query={"search": query}
        )
        low = query.casefold()
        users = (mapping.to_user(found) for found in await all_of(pages))
        return tuple(u for u in users if low in u.email.casefold() or low in u.name.casefold())

    async def named(self, email: str) -> User | None:
        """With the name that is shown, asked for once. An account that may not look for others
        sees the address."""
        if not email:
            return None
        if email not in self._known:
            self._known[email] = await self._look_up(email)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return self._known[email]

    async def _look_up(self, email: str) -> User:
        try:
            found = await self.find(email)
        except TrackerError as error:
            if error.fault not in (Fault.PERMISSION, Fault.NOT_FOUND):
                raise
            found = ()
        bare = User(name=email, email=email, id=email)
        return next((user for user in found if user.email == email), bare)
