"""What the versions of Jira's API write each in its own way: rich text, and who somebody is."""

from collections.abc import Callable
from typing import Any

import msgspec

from adapters.jira import markup
from schemas.rich_text import RichText


class Form(msgspec.Struct, frozen=True):
    parse: Callable[[Any], RichText]
    """Of what Jira tells, None for an empty text."""
    render: Callable[[RichText], Any]
    words: Callable[[str], Any]
    """A text without any markup, in a field of rich text."""
    account: str
    """Under this key an account is named."""

    def user(self, login: str | None) -> dict[str, str | None]:
        return {self.account: login}


WIKI = Form(markup.parse, markup.render, str, "name")
"""Version 2: wiki markup and user names."""
