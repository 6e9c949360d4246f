"""HTML as Azure DevOps, ALM and Rally keep it."""

from adapters.rich_text.html_parser import parse
from adapters.rich_text.html_renderer import render

__all__ = ["parse", "render"]
