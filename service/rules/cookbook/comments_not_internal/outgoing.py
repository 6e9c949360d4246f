"""What this side's team keeps to itself stays here."""


def outgoing(issue: Issue, context: Context) -> Replica | None:
    return Replica(summary=issue.summary, comments=[c for c in issue.comments if not c.internal])
