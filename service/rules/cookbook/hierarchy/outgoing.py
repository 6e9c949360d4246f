"""The parent and the epic travel as twins; a child waits until its parent is here."""


def outgoing(issue: Issue, context: Context) -> Replica | None:
    return Replica(summary=issue.summary, type=issue.type, parent=issue.parent)
