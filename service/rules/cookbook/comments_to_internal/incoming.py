"""Comments of the other company are for this side's team alone."""


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    return Wanted(
        summary=replica.summary, comments=[as_internal(with_author(c)) for c in replica.comments]
    )
