"""The iteration of the other side is shown in a text field here."""


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    name = (replica.iteration or "").split(" / ")[-1]
    return Wanted(summary=replica.summary, fields={"customfield_sprint": name or None})
