"""What the management API asks of the daemon about snippets."""

from typing import Protocol

from schemas.api import Page, PageQuery
from schemas.snippets import (
    SnippetPut,
    SnippetRollback,
    SnippetSaved,
    SnippetVersionView,
    SnippetView,
)


class Snippets(Protocol):
    """`name` is a snippet's. Raises `InputError` as `Operations` does."""

    async def all(self, query: PageQuery) -> Page[SnippetView]: ...

    async def one(self, name: str) -> SnippetView: ...

    async def edited(self, name: str) -> SnippetView:
        """What a save begins from: version 0 where there is none yet."""
        ...

    async def versions(self, name: str, query: PageQuery) -> Page[SnippetVersionView]: ...

    async def save(self, name: str, body: SnippetPut, author: str) -> SnippetSaved:
        """Saves nothing, and answers with findings, where it or a rule does not pass the check."""
        ...

    async def roll_back(self, name: str, body: SnippetRollback, author: str) -> SnippetSaved: ...

    async def remove(self, name: str, author: str) -> None: ...
