"""The priority of the other side counts at the first sync; after that it is decided here."""


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    if issue is None:
        return Wanted(summary=replica.summary, priority=replica.priority)
    return Wanted(summary=replica.summary)
