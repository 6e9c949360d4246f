"""Of the links only those that block leave."""


def outgoing(issue: Issue, context: Context) -> Replica | None:
    return Replica(
        summary=issue.summary, links=[link for link in issue.links if link.startswith("blocks ")]
    )
