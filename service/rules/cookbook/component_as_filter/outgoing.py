"""Issues of one component leave; what arrives gets that component."""

COMPONENT = "Globex"


def outgoing(issue: Issue, context: Context) -> Replica | None:
    if COMPONENT not in issue.components:
        return None
    return Replica(summary=issue.summary, fix_versions=issue.fix_versions)
