"""People by a table, then by a look-up here, then a default; the text names who reported it."""

PEOPLE = {"ann@globex.example": "ann.lee@acme.example"}
DEFAULT = "triage@acme.example"


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    assignee = replica.assignee
    if assignee is not None and not assignee.email:
        assignee = User(email=DEFAULT)
    return Wanted(
        summary=replica.summary,
        description=reported(replica),
        assignee=map_user(PEOPLE, assignee),
    )
