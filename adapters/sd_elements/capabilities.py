"""What SD Elements can do, for the engine, the API and the documentation."""

from adapters.port import Capabilities

SYSTEM = "sd-elements"

CAPABILITIES = Capabilities(
    system=SYSTEM,
    title="SD Elements",
    webhook_authentication=(),
    comment_edit=True,
    comment_delete=True,
    comment_internal=False,
    comment_marker=False,
    attachment_upload=False,
    attachment_delete=False,
    expected_version=False,
    # A note, a tag or a reference may leave the task's date as it is.
    version_exact=False,
    status="plain",
    set_fields=("labels", "references"),
    webhooks=False,
    fields={
        "summary": "text",
        "description": "rich_text",
        "status": "option",
        "meaning": "text",
        "priority": "option",
        "type": "option",
        "phase": "option",
        "verification": "text",
        "assignee": "user",
        "labels": "labels",
        "references": "labels",
        "artifact_proxy": "text",
        "alm_reference": "text",
        "automatic_note": "text",
        "status_note": "text",
        "accepted": "boolean",
        "how_tos": "text",
    },
    read_only=("meaning", "verification", "accepted", "how_tos"),
    degraded={
        "attachments": "SD Elements has none: files stay on the other side.",
        "summary": "Only tasks made in the project can be renamed; those of the library cannot.",
        "description": "Only of tasks made in the project.",
        "priority": "Only of tasks made in the project.",
        "phase": "Only of tasks made in the project.",
        "assignee": "By e-mail address; the first of those that share a task.",
        "reporter": "SD Elements does not tell who made a task.",
        "references": "Written where the setting 'alm_connection' names a connection there.",
        "mentions": "They arrive as the person's name.",
        "inline images": "They arrive as the file's name, for there are no files.",
        "comments": "The account is the author, and they show as made by a tool.",
    },
)
