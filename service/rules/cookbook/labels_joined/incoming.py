"""The other side's labels join ours; spaces become underscores; ours are not taken away."""


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    theirs = [as_label(label) for label in replica.labels]
    ours = issue.labels if issue else []
    return Wanted(summary=replica.summary, labels=[*ours, *theirs])
