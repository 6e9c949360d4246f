"""A table of areas chooses the project; the longest beginning wins."""

PROJECTS = {"Shop": "SHOP", "Shop / Checkout": "PAY", "Mobile": "APP"}


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    return Wanted(
        project=prefixed(PROJECTS, replica.area, context.project) or context.project,
        summary=replica.summary,
        area=replica.area,
    )
