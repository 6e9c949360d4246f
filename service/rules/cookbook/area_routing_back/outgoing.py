"""The inverse of `area_routing`: a project names the area of the other side."""

AREAS = {"SHOP": "Shop", "PAY": "Shop / Checkout", "APP": "Mobile"}


def outgoing(issue: Issue, context: Context) -> Replica | None:
    return Replica(summary=issue.summary, area=must_map("project", AREAS, issue.project))
