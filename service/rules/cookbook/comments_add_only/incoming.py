"""New comments are added; later edits of them are not followed."""


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    return Wanted(summary=replica.summary, comments=[c for c in replica.comments if not c.changed])
