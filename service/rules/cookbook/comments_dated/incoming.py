"""Each comment begins with who wrote it, where to write to, and when."""


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    shown = []
    for comment in replica.comments:
        when = moment(comment.created).strftime("%Y-%m-%d %H:%M")
        line = f"{comment.author.name} <{comment.author.email}>, {when} UTC:"
        body = comment.body
        shown.append(
            with_body(comment, f"{line}\n\n{body}" if isinstance(body, str) else body.prepend(line))
        )
    return Wanted(summary=replica.summary, comments=shown)
