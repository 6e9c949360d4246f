"""Issues of one component leave; what arrives gets that component."""

COMPONENT = "Globex"


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    return Wanted(
        summary=replica.summary, components=[COMPONENT], fix_versions=replica.fix_versions
    )
