"""A resolution there decides status and resolution here."""

ENDS = {
    "Fixed": ("Done", "Done"),
    "Duplicate": ("Done", "Duplicate"),
    "Won't Do": ("Rejected", "Won't Do"),
}


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    if replica.resolution is None:
        return Wanted(summary=replica.summary, status="Open", resolution=CLEAR)
    status, resolution = ENDS.get(replica.resolution, ("Done", "Done"))
    return Wanted(summary=replica.summary, status=status, resolution=resolution)
