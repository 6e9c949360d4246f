"""A file leaves once a comment that leaves names it."""


def outgoing(issue: Issue, context: Context) -> Replica | None:
    public = [c for c in issue.comments if not c.internal]
    words = " ".join(text(c.body) for c in public)
    return Replica(
        summary=issue.summary,
        comments=public,
        attachments=[a for a in issue.attachments if a.filename in words],
    )
