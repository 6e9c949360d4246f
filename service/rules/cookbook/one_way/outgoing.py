"""This side listens and tells nothing."""


def outgoing(issue: Issue, context: Context) -> Replica | None:
    return None
