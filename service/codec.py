"""Gives rules their Markdown: the adapters' converter behind the rules' port."""

from adapters.rich_text import markdown
from schemas.rich_text import RichText


class MarkdownCodec:
    def to_markdown(self, text: RichText) -> str:
        return markdown.render(text)

    def from_markdown(self, markdown_text: str) -> RichText:
        return markdown.parse(markdown_text)
