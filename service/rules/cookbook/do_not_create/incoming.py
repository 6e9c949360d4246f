"""Only issues that are already paired are kept in step; new ones are not made."""


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    if issue is None:
        return None
    return Wanted(summary=replica.summary, status=replica.status)
