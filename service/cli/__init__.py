"""The command `tidegate`."""

from service.cli.program import main

__all__ = ["main"]
