"""What the versions of Jira's API write each in its own way: rich text, and who somebody is."""

from collections.abc import Callable
from typing import Any

import msgspec

from adapters.jira import markup
from adapters.rich_text.beside import LARGE, convert, is_large
from schemas.rich_text import RichText


class Form(msgspec.Struct, frozen=True):
    parse: Callable[[Any], RichText]
    """Of what Jira tells, None for an empty text."""
    render: Callable[[RichText], Any]
    words: Callable[[str], Any]
    """A text without any markup, in a field of rich text."""
    account: str
    """Under this key an account is named."""

    async def rendered(self, rich: RichText) -> Any:
        """The same as `render`, beside the event loop where it takes long."""
        return await convert(self.render, rich, large=is_large(rich))

    def user(self, login: str | None) -> dict[str, str | None]:
        return {self.account: login}


WIKI = Form(markup.parse, markup.render, str, "name")
"""Version 2: wiki markup and user names."""


def is_heavy(told: Any) -> bool:
    """Whether reading it may hold up the event loop: a text, or a document as Jira tells it."""
    return len(told if isinstance(told, str) else msgspec.json.encode(told)) > LARGE
