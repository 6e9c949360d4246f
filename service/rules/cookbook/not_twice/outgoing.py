"""An issue that another partner already has does not leave a second time."""


def outgoing(issue: Issue, context: Context) -> Replica | None:
    partners = [label for label in issue.labels if label.startswith("partner-")]
    if partners and f"partner-{context.remote_side}" not in partners:
        return None
    return Replica(summary=issue.summary, status=issue.status)
