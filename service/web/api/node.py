"""The node as a whole: tokens, audit, bulk work, queue, and what trackers know."""

from aiohttp import web

from schemas.node_routes import (
    AUDIT,
    METADATA,
    PROJECTS,
    QUEUE,
    TASK,
    TASK_CANCEL,
    TASK_RESUME,
    TASK_ROWS,
    TASK_START,
    TASKS,
    TOKEN,
    TOKEN_CREATE,
    TOKEN_REVOKE,
    TOKENS,
)
from service.web.api.binding import bind, bind_as
from service.web.operations import Operations


def routes(operations: Operations) -> list[web.RouteDef]:
    return [
        bind(TOKENS, lambda path, query, body: operations.tokens(query)),
        bind_as(
            TOKEN_CREATE,
            lambda caller, path, query, body: operations.create_token(body, caller.name),
        ),
        bind(TOKEN, lambda path, query, body: operations.token(path["token"])),
        bind(
            TOKEN_REVOKE,
            lambda path, query, body: operations.revoke_token(path["token"]),
            before=lambda path: operations.token(path["token"]),
        ),
        bind(AUDIT, lambda path, query, body: operations.audit(query)),
        bind_as(
            TASKS, lambda caller, path, query, body: operations.tasks(query, caller.connections)
        ),
        bind_as(
            TASK_START, lambda caller, path, query, body: operations.start_task(body, caller.name)
        ),
        bind(TASK, lambda path, query, body: operations.task(path["task"])),
        bind(TASK_ROWS, lambda path, query, body: operations.task_rows(path["task"], query)),
        bind(TASK_CANCEL, lambda path, query, body: operations.cancel_task(path["task"])),
        bind(TASK_RESUME, lambda path, query, body: operations.resume_task(path["task"])),
        bind(QUEUE, lambda path, query, body: operations.queue()),
        bind(PROJECTS, lambda path, query, body: operations.projects(path["connector"], query)),
        bind(
            METADATA,
            lambda path, query, body: operations.metadata(path["connector"], query),
        ),
    ]
