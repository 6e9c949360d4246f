"""Statuses by name, one table for each type; names in another language stand beside."""

STATUS = {
    "Bug": {"新建": "To Do", "New": "To Do", "Resolved": "Done"},
    "Task": {"New": "Open", "Resolved": "Closed"},
}


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    table = STATUS.get(replica.type or "Task", STATUS["Task"])
    return Wanted(summary=replica.summary, status=must_map("status", table, replica.status))
