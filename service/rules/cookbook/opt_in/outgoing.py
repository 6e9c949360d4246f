"""Whoever works in the tracker switches the sync on, by a field of the issue."""


def outgoing(issue: Issue, context: Context) -> Replica | None:
    if issue.fields.get("Share with Globex") != "Yes":
        return None
    return Replica(summary=issue.summary, description=issue.description)
