"""Mentions leave as plain names, so that nobody else is called there."""


def outgoing(issue: Issue, context: Context) -> Replica | None:
    comments = [with_body(c, markdown(c.body).replace("@", "")) for c in issue.comments]
    return Replica(summary=issue.summary, comments=comments)
