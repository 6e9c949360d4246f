"""What Azure DevOps can do."""

from adapters.azure_devops.links import LINK_KINDS
from adapters.azure_devops.references import NEUTRAL
from adapters.port import Capabilities

SYSTEM = "azure-devops"

CAPABILITIES = Capabilities(
    system=SYSTEM,
    title="Azure DevOps",
    webhook_authentication=("basic", "path"),
    comment_edit=True,
    comment_delete=True,
    comment_internal=False,
    comment_marker=False,
    attachment_upload=True,
    attachment_delete=True,
    expected_version=True,
    # An edited comment, a link or an attachment may leave the revision as it is.
    version_exact=False,
    status="plain",
    set_fields=("labels", "links"),
    parent=True,
    link_kinds=LINK_KINDS,
    fields={
        **{name: kind for name, (_, kind) in NEUTRAL.items()},
        "description": "rich_text",
        "parent": "issue",
        "links": "links",
        "children": "links",
    },
    read_only=("reporter", "children"),
    custom_kinds=(
        "text",
        "rich_text",
        "number",
        "boolean",
        "datetime",
        "option",
        "user",
    ),
    degraded={
        "summary": "one line of at most 255 characters; a longer one is cut and ends with …",
        "labels": "';' and ',' part tags, so inside of one they become '_'; tags that differ by"
        " case only are one",
        "due": "a day without a time",
        "resolution": "the reason of a resolved or closed state; it is written with its state, and"
        " leaves with it",
        "reporter": "the connector's account; the other side's author can be named in the text",
        "description": "HTML; in Markdown where somebody made it so, and then without what that"
        " cannot say",
        "comments": "all are visible to whoever sees the work item: internal ones become"
        " visible; the account is the author",
        "components": "Azure DevOps has none; an area, labels or a custom field can take them",
        "fix_versions": "Azure DevOps has none; an iteration, labels or a custom field can take"
        " them",
        "affected_versions": "Azure DevOps has none; the field Microsoft.VSTS.Build.FoundIn or a"
        " custom one can take one",
        "milestone": "Azure DevOps has none; an iteration can take it",
        "worklogs": "Azure DevOps keeps sums of hours only: 'spent' and 'remaining'",
        "links": "of the kinds that 'link_kinds' names; one per kind and work item, and none may"
        " close a circle",
    },
)
