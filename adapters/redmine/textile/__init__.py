"""Textile as Redmine reads it."""

from adapters.redmine.textile.parser import parse
from adapters.redmine.textile.settled import losses, render

__all__ = ["losses", "parse", "render"]
