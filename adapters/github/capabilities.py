"""What GitHub's issues can do, for the engine, the API and the documentation."""

from adapters.port import Capabilities

SYSTEM = "github"
BLOCKS = "blocks"
BLOCKED_BY = "blocked_by"

CAPABILITIES = Capabilities(
    system=SYSTEM,
    title="GitHub",
    webhook_authentication=("hmac",),
    comment_edit=True,
    comment_delete=True,
    comment_internal=False,
    comment_marker=True,
    attachment_upload=False,
    attachment_delete=False,
    expected_version=False,
    version_exact=False,
    status="plain",
    set_fields=("labels", "links"),
    time_precision_ms=1000,
    parent=True,
    link_kinds=(BLOCKED_BY, BLOCKS),
    fields={
        "summary": "text",
        "description": "rich_text",
        "status": "option",
        "resolution": "option",
        "type": "option",
        "priority": "option",
        "labels": "labels",
        "milestone": "option",
        "assignee": "user",
        "reporter": "user",
        "parent": "issue",
        "links": "links",
    },
    read_only=("reporter",),
    custom_kinds=("text", "number", "date", "option", "options"),
    degraded={
        "attachments": "GitHub takes no files over its API: they can only stand as links in a text",
        "comments": "all comments are public: internal ones are refused",
        "priority": "a label that begins with the setting 'priority_prefix'",
        "type": "a label that begins with 'type_prefix', where the owner has no issue types",
        "status": "open or closed only",
        "reporter": "the connector's account; the other side's author can be named in the text",
        "assignee": "one; it replaces several that GitHub holds",
        "description": "at most 65,536 characters",
    },
)
