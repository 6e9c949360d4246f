"""A summary is cut to what this tracker takes."""


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    return Wanted(summary=cut(replica.summary, 40))
