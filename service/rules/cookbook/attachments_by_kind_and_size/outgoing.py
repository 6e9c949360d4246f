"""Pictures and logs below 10 MB leave."""

ENDINGS = (".png", ".jpg", ".log", ".txt")
LARGEST = 10_000_000


def outgoing(issue: Issue, context: Context) -> Replica | None:
    files = [
        a for a in issue.attachments if a.filename.lower().endswith(ENDINGS) and a.size < LARGEST
    ]
    return Replica(summary=issue.summary, attachments=files)
