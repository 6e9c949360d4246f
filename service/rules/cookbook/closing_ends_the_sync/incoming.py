"""The closed issue is told once more, then each side goes its own way."""


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    return Wanted(
        summary=replica.summary,
        status=replica.status,
        stop_syncing=replica.status in ("Closed", "Rejected"),
    )
