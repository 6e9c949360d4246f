"""Only comments that begin with [public] leave, without that word."""

MARK = "[public]"


def outgoing(issue: Issue, context: Context) -> Replica | None:
    shown = []
    for comment in issue.comments:
        if text(comment.body).startswith(MARK):
            words = markdown(comment.body)
            shown.append(with_body(comment, words[words.index("]") + 1 :].strip()))
    return Replica(summary=issue.summary, comments=shown)
