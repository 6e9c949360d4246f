"""Both rules, and those of other connections, take the statuses from one snippet."""

from snippets.statuses import HERE


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    return Wanted(summary=replica.summary, status=must_map("status", HERE, replica.status))
