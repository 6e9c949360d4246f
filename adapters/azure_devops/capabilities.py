"""What Azure DevOps can do."""

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
)
