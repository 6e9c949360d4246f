"""What no rule can decide waits for a person, with words that tell why."""


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    if "contract" in replica.labels and replica.assignee is None:
        stop("A contract issue needs an owner before it is taken over.")
    return Wanted(summary=replica.summary, assignee=replica.assignee)
