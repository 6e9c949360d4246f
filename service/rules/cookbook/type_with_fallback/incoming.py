"""Types by name; what has no counterpart becomes a Task."""

TYPES = {"Bug": "Bug", "User Story": "Story"}


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    return Wanted(type=map_value(TYPES, replica.type, "Task"), summary=replica.summary)
