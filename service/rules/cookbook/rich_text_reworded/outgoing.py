"""A word is replaced and the formatting stays; unchanged text is passed on as it is."""


def outgoing(issue: Issue, context: Context) -> Replica | None:
    body = issue.description
    if "ACME-INTERNAL" in text(body):
        return Replica(
            summary=issue.summary, description=markdown(body).replace("ACME-INTERNAL", "the server")
        )
    return Replica(summary=issue.summary, description=body)
