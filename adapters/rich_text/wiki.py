"""Jira's wiki markup."""

from adapters.rich_text.wiki_parser import parse
from adapters.rich_text.wiki_renderer import render

__all__ = ["parse", "render"]
