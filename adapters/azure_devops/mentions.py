"""Mentions: whoever is mentioned on the other side is found here by name, and only when there is no
doubt; else the mention is of nobody here, and still one when the text goes back."""

from collections import OrderedDict
from collections.abc import Callable

import msgspec

from adapters.azure_devops import wire
from adapters.azure_devops.client import AzureDevOpsClient
from adapters.azure_devops.users import find_identities, name_of
from adapters.rich_text.mapping import inlines, map_inlines
from schemas.errors import Fault, TrackerError
from schemas.rich_text import Inline, Mention, RichText
from schemas.values import Fields, Millis

_MOST = 1000
_REMEMBERED_FOR = 60 * 60 * 1000
_UNSEEN = (Fault.PERMISSION, Fault.CREDENTIALS, Fault.NOT_FOUND)
"""A token may be good for work items and not for people."""

_encode = msgspec.json.Encoder().encode


class Mentions:
    def __init__(self, client: AzureDevOpsClient, now: Callable[[], Millis]) -> None:
        self._client = client
        self._now = now
        self._known: OrderedDict[str, tuple[tuple[str, ...], Millis]] = OrderedDict()

    async def in_fields(self, fields: Fields) -> Fields:
        texts = {
            name: await self.in_text(value)
            for name, value in fields.items()
            if isinstance(value, RichText) and _may_mention(value)
        }
        return {**fields, **texts} if texts else fields

    async def in_text(self, text: RichText) -> RichText:
        """Costs a call per person who was not mentioned lately."""
        if not _may_mention(text):
            return text
        names = {part.name for part in inlines(text) if isinstance(part, Mention)}
        ids = {name: await self._ids(name) for name in names}

        def here(part: Inline) -> Inline:
            if not isinstance(part, Mention):
                return part
            fitting = ids[part.name]
            if part.id in fitting:
                return part
            return Mention(part.name, fitting[0] if len(fitting) == 1 else "")

        return map_inlines(text, here)

    async def _ids(self, name: str) -> tuple[str, ...]:
        found, until = self._known.get(name, ((), 0))
        if self._now() < until:
            return found
        found = tuple(one.id for one in await self._people(name) if name_of(one) == name)
        self._known[name] = (found, self._now() + _REMEMBERED_FOR)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return found

    async def _people(self, name: str) -> tuple[wire.FoundIdentity, ...]:
        try:
            return await find_identities(self._client, name)
        except TrackerError as error:
            if error.fault not in _UNSEEN:
                raise
            return ()


def _may_mention(text: RichText) -> bool:
    """Encoding is a fraction of a walk over a large tree."""
    return b'"mention"' in _encode(text)
