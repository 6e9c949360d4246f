"""Issues under sync, and those that are parked."""

from aiohttp import web

from schemas.record_routes import CONFLICT, CONFLICT_RESTORE, CONFLICTS, DISCLOSURES, LEDGER
from schemas.routes import (
    ERROR,
    ERROR_IGNORE,
    ERROR_RETRY,
    ERRORS,
    ERRORS_IGNORE,
    ERRORS_RETRY,
    SYNC,
    TWIN,
    TWIN_START,
    TWIN_STOP,
    TWINS,
)
from service.web.api.binding import Path, bind
from service.web.operations import Operations


def routes(operations: Operations) -> list[web.RouteDef]:
    return [
        bind(SYNC, lambda path, query, body: operations.sync(body)),
        bind(TWINS, lambda path, query, body: operations.twins(query)),
        bind(TWIN, lambda path, query, body: operations.twin(*_key(path))),
        bind(ERRORS, lambda path, query, body: operations.errors(query)),
        bind(ERRORS_RETRY, lambda path, query, body: operations.retry_all(body)),
        bind(ERROR, lambda path, query, body: operations.error(*_key(path))),
        bind(TWIN_STOP, lambda path, query, body: operations.stop_twin(*_key(path), body)),
        bind(TWIN_START, lambda path, query, body: operations.start_twin(*_key(path))),
        bind(ERRORS_IGNORE, lambda path, query, body: operations.ignore_all(body)),
        bind(ERROR_IGNORE, lambda path, query, body: operations.ignore(*_key(path))),
        bind(ERROR_RETRY, lambda path, query, body: operations.retry(*_key(path), body)),
        bind(CONFLICTS, lambda path, query, body: operations.conflicts(query)),
        bind(CONFLICT, lambda path, query, body: operations.conflict(*_conflict(path))),
        bind(CONFLICT_RESTORE, lambda path, query, body: operations.restore(*_conflict(path))),
        bind(
            DISCLOSURES,
            lambda path, query, body: operations.disclosures(path["connection"], query),
        ),
        bind(LEDGER, lambda path, query, body: operations.ledger(query)),
    ]


def _conflict(path: Path) -> tuple[str, str]:
    return path["connection"], path["conflict"]


def _key(path: Path) -> tuple[str, str]:
    return path["connection"], path["twin"]
