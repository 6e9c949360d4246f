"""What leaves ACME."""


def outgoing(issue: Issue, context: Context) -> Replica | None:
    if "private" in issue.labels:
        return None
    return Replica(
        summary=issue.summary,
        description=issue.description,
        status=issue.status,
        comments=[comment for comment in issue.comments if not comment.internal],
    )
