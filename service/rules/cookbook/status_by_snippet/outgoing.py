"""Both rules, and those of other connections, take the statuses from one snippet."""

from snippets.statuses import told


def outgoing(issue: Issue, context: Context) -> Replica | None:
    return Replica(summary=issue.summary, status=told(issue.status))
