"""Callers that speak no HTTP: told of without what they sent, once in a while."""

import logging
from collections.abc import Callable

import structlog
from aiohttp.http import HttpProcessingError

log = structlog.get_logger()


class _WithoutContent(logging.Filter):
    """aiohttp quotes what it could not read, with a traceback; that may hold credentials."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__()
        self._tell = tell

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, HttpProcessingError):
            return True
        self._tell(type(error).__name__)
        return False


def server_logger(door: str, tell: Callable[[str], None] | None = None) -> logging.Logger:
    """What aiohttp's server is to log with. `tell` is given the kind of each malformed request."""
    logger = logging.getLogger(f"aiohttp.server.{door}")
    for known in list(logger.filters):
        logger.removeFilter(known)
    logger.addFilter(_WithoutContent(tell or _log))
    return logger


def _log(cause: str) -> None:
    log.info("web.malformed_request", cause=cause)
