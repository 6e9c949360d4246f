"""A comment that says #fixed moves the issue."""


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    said = " ".join(text(c.body) for c in replica.comments)
    comments = [with_author(c) for c in replica.comments]
    if "#fixed" in said:
        return Wanted(summary=replica.summary, status="Done", comments=comments)
    return Wanted(summary=replica.summary, comments=comments)
