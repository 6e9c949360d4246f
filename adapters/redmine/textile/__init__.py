"""Textile as Redmine reads it."""

from adapters.redmine.textile.fit import losses
from adapters.redmine.textile.parser import parse
from adapters.redmine.textile.renderer import render

__all__ = ["losses", "parse", "render"]
