"""This side listens and tells nothing."""


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    return Wanted(summary=replica.summary, description=replica.description, status=replica.status)
