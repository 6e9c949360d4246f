"""The last move between two statuses is told, by what was sent before."""


def outgoing(issue: Issue, context: Context) -> Replica | None:
    before = context.previous.get("status")
    moved = before is not None and before != issue.status
    told = f"{before} -> {issue.status}" if moved else context.previous.get("last_move")
    return Replica(summary=issue.summary, status=issue.status, fields={"last_move": told})
