"""What Redmine can do, for the engine, the API and the documentation."""

from adapters.port import Capabilities

SYSTEM = "redmine"

LINK_WORDS = {
    "relates": "relates",
    "duplicates": "duplicates",
    "duplicated_by": "duplicated",
    "blocks": "blocks",
    "blocked_by": "blocked",
    "precedes": "precedes",
    "follows": "follows",
    "copied_to": "copied_to",
    "copied_from": "copied_from",
}
"""Kinds of links, and Redmine's own words for them."""
LINK_KINDS = tuple(LINK_WORDS)

CAPABILITIES = Capabilities(
    system=SYSTEM,
    title="Redmine",
    webhook_authentication=(),
    comment_edit=True,
    comment_delete=True,
    comment_internal=True,
    comment_marker=True,
    attachment_upload=True,
    attachment_delete=True,
    expected_version=False,
    version_exact=False,
    status="plain",
    set_fields=("components", "fix_versions", "links"),
    webhooks=False,
    time_precision_ms=1000,
    parent=True,
    link_kinds=LINK_KINDS,
    worklogs=True,
    fields={
        "summary": "text",
        "description": "rich_text",
        "status": "option",
        "priority": "option",
        "type": "option",
        "assignee": "user",
        "reporter": "user",
        "components": "options",
        "fix_versions": "options",
        "due": "date",
        "start_date": "date",
        "done_ratio": "number",
        "private": "boolean",
        "estimate": "duration",
        "spent": "duration",
        "parent": "issue",
        "links": "links",
    },
    read_only=("reporter", "spent"),
    custom_kinds=(
        "text",
        "rich_text",
        "number",
        "boolean",
        "date",
        "url",
        "option",
        "options",
        "user",
        "users",
    ),
    degraded={
        "labels": "Redmine has no labels; a custom field with several values can take them.",
        "resolution": "Redmine has no resolution beside the status.",
        "components": "An issue has one category at most.",
        "fix_versions": "An issue has one target version at most.",
        "affected_versions": "Redmine has none; a custom field of the kind 'version' can take one.",
        "reporter": "The account is the author of what it writes.",
        "remaining": "Redmine keeps the share that is done, as 'done_ratio', instead.",
        "comments": "The account is the author; an edit keeps no time of its own.",
        "worklogs": "A day without a time, in hundredths of an hour, with plain text of 1,024"
        " characters; the account is the author.",
        "edits of comments": "They raise no date in Redmine: the full scan finds them.",
        "removed attachments, links and time": "They raise no date: the full scan finds them.",
    },
)
