"""A number and a severity there make one priority here."""

PRIORITY = {"1": "Highest", "2": "High", "3": "Medium", "4": "Low"}


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    severity = str(replica.fields.get("severity") or "")
    priority = "Highest" if severity.startswith("1") else map_value(PRIORITY, replica.priority)
    return Wanted(summary=replica.summary, priority=priority)
