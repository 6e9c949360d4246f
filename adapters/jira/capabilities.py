"""What Jira Data Center can do, for the engine, the API and the documentation."""

from adapters.port import Capabilities
from schemas.metadata import FieldKind

SYSTEM = "jira"

FIELDS: dict[str, FieldKind] = {
    "summary": "text",
    "description": "rich_text",
    "environment": "rich_text",
    "status": "option",
    "resolution": "option",
    "priority": "option",
    "type": "option",
    "labels": "labels",
    "assignee": "user",
    "reporter": "user",
    "due": "date",
    "components": "options",
    "fix_versions": "options",
    "affected_versions": "options",
    "estimate": "duration",
    "remaining": "duration",
    "spent": "duration",
    "parent": "issue",
    "links": "links",
}
READ_ONLY = ("spent",)
LINK_KINDS = (
    "relates",
    "blocks",
    "blocked_by",
    "duplicates",
    "duplicated_by",
    "copied_to",
    "copied_from",
)
"""Of the types of links that every Jira brings; those of a Jira's own keep their name."""

CAPABILITIES = Capabilities(
    system=SYSTEM,
    title="Jira Data Center / Server",
    webhook_authentication=("hmac", "path"),
    comment_edit=True,
    comment_delete=True,
    comment_internal=True,
    comment_marker=True,
    attachment_upload=True,
    attachment_delete=True,
    expected_version=False,
    version_exact=True,
    status="transitions",
    set_fields=("labels", "components", "fix_versions", "affected_versions", "links"),
    parent=True,
    link_kinds=LINK_KINDS,
    worklogs=True,
    fields=FIELDS,
    read_only=READ_ONLY,
    custom_kinds=(
        "text",
        "rich_text",
        "number",
        "date",
        "datetime",
        "url",
        "option",
        "options",
        "cascading",
        "user",
        "users",
        "labels",
    ),
    degraded={
        "summary": "One line of at most 255 characters.",
        "labels": "White space becomes _.",
        "milestone": "Jira has none; fix_versions can take it.",
        "area": "Jira has none; components can take it.",
        "iteration": "Sprints are shown as a custom field and not written.",
        "reporter": "The account, where it may not modify reporters.",
        "resolution": "Set with a status that asks for it, else only if it stands on a screen.",
        "estimate": "Whole minutes.",
        "remaining": "Whole minutes.",
        "parent": "A sub-task stays under the parent it was made with; other issues hang under an"
        " epic.",
        "comments": "The account is the author.",
        "attachments": "The account is the author.",
        "worklogs": "The account is the author; whole minutes.",
    },
)
