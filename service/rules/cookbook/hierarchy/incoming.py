"""The parent and the epic travel as twins; a child waits until its parent is here."""


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    return Wanted(summary=replica.summary, type=replica.type, parent=replica.parent)
