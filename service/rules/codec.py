"""How rich text becomes Markdown for a rule that wants to change it."""

from typing import Protocol

from schemas.rich_text import RichText


class RichTextCodec(Protocol):
    def to_markdown(self, text: RichText) -> str: ...

    def from_markdown(self, markdown: str) -> RichText: ...
