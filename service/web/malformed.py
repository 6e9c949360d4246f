"""Callers that speak no HTTP: one quiet line each, without what they sent."""

import logging

import structlog
from aiohttp.http import HttpProcessingError

log = structlog.get_logger()


class _WithoutContent(logging.Filter):
    """aiohttp quotes what it could not read, with a traceback; that may hold credentials."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, HttpProcessingError):
            return True
        log.info("web.malformed_request", cause=type(error).__name__)
        return False


def server_logger() -> logging.Logger:
    """What aiohttp's server is to log with."""
    logger = logging.getLogger("aiohttp.server")
    if not any(isinstance(known, _WithoutContent) for known in logger.filters):
        logger.addFilter(_WithoutContent())
    return logger
