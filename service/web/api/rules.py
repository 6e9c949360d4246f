"""The life of rules: versions, drafts, replays and dry runs."""

from collections.abc import Awaitable

from aiohttp import web

from schemas.access import Caller
from schemas.rule_life import DraftView, DryRunBody
from schemas.rule_routes import (
    RULE_DRAFT,
    RULE_DRAFT_DISCARD,
    RULE_DRAFT_PUT,
    RULE_VERSION,
    RULE_VERSIONS,
    RULES_DIFF,
    RULES_DRY_RUN,
    RULES_PUBLISH,
    RULES_RECORDER,
    RULES_RECORDER_EMPTY,
    RULES_REPLAY,
    RULES_ROLLBACK,
)
from service.web.api.binding import Path, bind, bind_as
from service.web.api.permission import check_rank
from service.web.operations import Operations


def routes(operations: Operations) -> list[web.RouteDef]:
    rules = operations.rule_life

    def draft(path: Path) -> Awaitable[DraftView]:
        return rules.draft(_name(path))

    return [
        bind(RULE_VERSIONS, lambda path, query, body: rules.versions(_name(path), query)),
        bind(RULE_VERSION, lambda path, query, body: rules.version(_name(path), path["version"])),
        bind(RULE_DRAFT, lambda path, query, body: draft(path), edition=_edition),
        bind_as(
            RULE_DRAFT_PUT,
            lambda caller, path, query, body: rules.save_draft(_name(path), body, caller.name),
            before=draft,
            edition=_edition,
        ),
        bind(RULE_DRAFT_DISCARD, lambda path, query, body: rules.discard(_name(path))),
        bind_as(
            RULES_PUBLISH,
            lambda caller, path, query, body: rules.publish(_name(path), body, caller.name),
            status=lambda saved: 200 if saved.version is not None else 422,
        ),
        bind_as(
            RULES_ROLLBACK,
            lambda caller, path, query, body: rules.roll_back(_name(path), body, caller.name),
            status=lambda saved: 200 if saved.version is not None else 422,
        ),
        bind(RULES_DIFF, lambda path, query, body: rules.diff(_name(path), query)),
        bind(RULES_RECORDER, lambda path, query, body: rules.recorder(_name(path))),
        bind(RULES_RECORDER_EMPTY, lambda path, query, body: rules.forget(_name(path))),
        bind(RULES_REPLAY, lambda path, query, body: rules.replay(_name(path), body)),
        bind_as(
            RULES_DRY_RUN,
            lambda caller, path, query, body: rules.dry_run(
                _name(path), _permitted(caller, body), caller.name
            ),
        ),
    ]


def _permitted(caller: Caller, body: DryRunBody) -> DryRunBody:
    """What a rule lets out that is not published may leave only if an admin says so."""
    if body.ask_there and (body.draft or body.outgoing is not None or body.incoming is not None):
        check_rank(caller, "admin")
    return body


def _edition(draft: DraftView) -> str:
    return f"{draft.based_on}-{draft.saved}"


def _name(path: Path) -> str:
    return path["connection"]
