"""What arrives from Globex."""


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    return Wanted(
        project=context.project,
        summary=replica.summary,
        description=replica.description,
        status=mapped("status", replica.status),
        comments=[with_author(comment) for comment in replica.comments],
    )
