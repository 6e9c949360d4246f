"""The closed issue is told once more, then each side goes its own way."""


def outgoing(issue: Issue, context: Context) -> Replica | None:
    return Replica(
        summary=issue.summary,
        status=issue.status,
        stop_syncing=issue.status in ("Closed", "Rejected"),
    )
