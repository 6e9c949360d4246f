"""Time spent there is told here in words, for a tracker that keeps no records of it."""


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    shown = []
    for comment in replica.comments:
        if comment.work is None:
            shown.append(comment)
            continue
        hours = comment.work.seconds / 3600
        plain = with_body(
            comment, f"{comment.author.name} spent {hours:.1f} h. {text(comment.body)}"
        )
        plain.work = None
        shown.append(plain)
    return Wanted(summary=replica.summary, comments=shown)
