"""GitHub Flavored Markdown."""

from adapters.rich_text.markdown_parser import parse
from adapters.rich_text.markdown_renderer import render

__all__ = ["parse", "render"]
