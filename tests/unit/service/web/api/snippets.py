"""Pretended operations about snippets."""

from typing import Any

from schemas import api, snippets
from schemas.rules import Diagnostic

SNIPPET = snippets.SnippetView("statuses", 3, "TO_THEM = {}", "ann", "first", 5)


class FakeSnippets:
    def __init__(self, calls: list[Any]) -> None:
        self.calls = calls

    async def all(self, query: api.PageQuery) -> Any:
        return api.Page(1, (SNIPPET,))

    async def one(self, name: str) -> snippets.SnippetView:
        return SNIPPET

    async def edited(self, name: str) -> snippets.SnippetView:
        return SNIPPET

    async def versions(self, name: str, query: api.PageQuery) -> Any:
        row = snippets.SnippetVersionView(3, "TO_THEM = {}", "ann", "first", 5, False)
        return api.Page(1, (row,))

    async def save(self, name: str, body: snippets.SnippetPut, author: str) -> Any:
        self.calls.append(("save_snippet", name, body, author))
        if "(" in body.source:
            found = Diagnostic("snippets/statuses.py", 1, 2, "never closed")
            return snippets.SnippetSaved(None, (found,))
        return snippets.SnippetSaved(4, (), ("acme-globex",))

    async def roll_back(self, name: str, body: snippets.SnippetRollback, author: str) -> Any:
        self.calls.append(("roll_back_snippet", name, body, author))
        return snippets.SnippetSaved(4)

    async def remove(self, name: str, author: str) -> None:
        self.calls.append(("remove_snippet", name, author))
