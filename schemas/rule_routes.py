"""The part of the route table that is about the life of rules."""

from typing import Any

from schemas.api import Page, PageQuery
from schemas.routing import Route, delete, listed, post, put, read
from schemas.rule_life import (
    DiffQuery,
    DraftPut,
    DraftView,
    DryRun,
    DryRunBody,
    PublishBody,
    RecorderView,
    ReplayBody,
    ReplayReport,
    RollbackBody,
    RulesDiff,
    RulesSaved,
    RuleVersionDetail,
    RuleVersionView,
)

_RULES = "/connections/{connection}/rules"

RULE_VERSIONS = listed(
    "rule_versions",
    f"{_RULES}/versions",
    "Every version of the rules, the newest first",
    PageQuery,
    Page[RuleVersionView],
)
RULE_VERSION = read(
    "rule_version", f"{_RULES}/versions/{{version}}", "One version", RuleVersionDetail
)
RULE_DRAFT = read(
    "rule_draft", f"{_RULES}/draft", "The draft, with what its check finds", DraftView,
    edition="told",
)  # fmt: skip
RULE_DRAFT_PUT = put(
    "rule_draft_put",
    f"{_RULES}/draft",
    "Save a draft; it decides nothing until it is published",
    DraftPut,
    DraftView,
    role="admin",
    edition="needed",
)
RULE_DRAFT_DISCARD = delete(
    "rule_draft_discard", f"{_RULES}/draft", "Throw the draft away", role="admin"
)
RULES_PUBLISH = post(
    "rules_publish",
    f"{_RULES}/publish",
    "Make the draft the version that decides; 422 with the findings when it does not pass",
    PublishBody,
    RulesSaved,
    role="admin",
)
RULES_ROLLBACK = post(
    "rules_rollback",
    f"{_RULES}/rollback",
    "Publish an earlier version again, as a new one",
    RollbackBody,
    RulesSaved,
    role="admin",
)
RULES_DIFF = listed(
    "rules_diff", f"{_RULES}/diff", "How two versions, or the draft, differ", DiffQuery, RulesDiff
)
RULES_RECORDER = read(
    "rules_recorder", f"{_RULES}/recorder", "What is kept of the rules' inputs", RecorderView
)
RULES_RECORDER_EMPTY: Route[None, None, None] = delete(
    "rules_recorder_empty", f"{_RULES}/recorder", "Forget the recorded inputs", role="admin"
)
RULES_REPLAY = post(
    "rules_replay",
    f"{_RULES}/replay",
    "Run a draft over the recorded inputs, and show what would have come out differently",
    ReplayBody,
    ReplayReport,
    role="operator",
    changes=False,
)
RULES_DRY_RUN = post(
    "rules_dry_run",
    f"{_RULES}/dry-run",
    "Reconcile an issue without writing: replica, wanted state and the exact writes; of the other"
    " side's too, if its node is asked and answers",
    DryRunBody,
    DryRun,
    role="operator",
    changes=False,
)

RULE_ROUTES: tuple[Route[Any, Any, Any], ...] = (
    RULE_VERSIONS,
    RULE_VERSION,
    RULE_DRAFT,
    RULE_DRAFT_PUT,
    RULE_DRAFT_DISCARD,
    RULES_PUBLISH,
    RULES_ROLLBACK,
    RULES_DIFF,
    RULES_RECORDER,
    RULES_RECORDER_EMPTY,
    RULES_REPLAY,
    RULES_DRY_RUN,
)
