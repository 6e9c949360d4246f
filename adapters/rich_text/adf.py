"""Atlassian Document Format, the JSON that Jira Cloud keeps rich text in (REST v3)."""

from adapters.rich_text.adf_parser import parse
from adapters.rich_text.adf_renderer import render

__all__ = ["parse", "render"]
