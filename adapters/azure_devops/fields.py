"""What kind of value each field holds: asked for when an item shows one that is not known yet."""

import asyncio
from collections.abc import Iterable

from adapters.azure_devops import wire
from adapters.azure_devops.client import AzureDevOpsClient, Call
from adapters.azure_devops.params import AzureDevOpsParams
from adapters.azure_devops.references import BOOKKEEPING, KINDS, NEUTRAL, NOISE
from schemas.metadata import FieldKind

_TYPES: dict[str, FieldKind] = {
    "string": "text",
    "plainText": "text",
    "html": "rich_text",
    "history": "rich_text",
    "integer": "number",
    "double": "number",
    "boolean": "boolean",
    "dateTime": "datetime",
    "treePath": "path",
    "identity": "user",
    "picklistString": "option",
    "picklistInteger": "option",
    "picklistDouble": "option",
}


class FieldDirectory:
    """A field never changes its kind, so what was learnt stays true."""

    def __init__(self, client: AzureDevOpsClient, params: AzureDevOpsParams) -> None:
        self._client = client
        self._kinds: dict[str, FieldKind] = dict(KINDS)
        described = params.description_fields.values()
        self._kinds |= dict.fromkeys((*params.html_fields, *described), "rich_text")
        for name, reference in params.fields.items():
            if name in NEUTRAL:
                self._kinds[reference] = NEUTRAL[name][1]
        self._settled = self._kinds.keys() | BOOKKEEPING
        self._lock = asyncio.Lock()

    def kind(self, reference: str) -> FieldKind:
        return self._kinds.get(reference, "text")

    async def learn(self, references: Iterable[str]) -> None:
        """Costs nothing but for fields that were never seen before."""
        if self._is_known(references):
            return
        async with self._lock:
            if self._is_known(references):
                return
            for definition in await self.definitions():
                self._kinds.setdefault(definition.reference_name, kind_of(definition))
            self._settled = self._settled | self._kinds.keys() | set(references)

    async def definitions(self) -> tuple[wire.FieldDefinition, ...]:
        call = Call(what="list the fields", path="/_apis/wit/fields")
        return (await self._client.fetch(call, wire.field_definitions)).value

    def _is_known(self, references: Iterable[str]) -> bool:
        return all(
            one in self._settled or one.startswith(NOISE) or "." not in one for one in references
        )


def kind_of(definition: wire.FieldDefinition) -> FieldKind:
    if definition.is_identity:
        return "user"
    if definition.is_picklist:
        return "option"
    return _TYPES.get(definition.type, "text")
