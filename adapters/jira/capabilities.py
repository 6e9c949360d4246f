"""What Jira Data Center can do, for the engine, the API and the documentation."""

from adapters.port import Capabilities

SYSTEM = "jira"

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
    set_fields=("labels", "components", "fix_versions"),
)
