"""A field that names another issue of the other side shows that issue's key here."""


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    theirs = replica.fields.get("epic")
    ours = local_key_of(theirs)
    return Wanted(
        summary=replica.summary,
        fields={"customfield_10014": ours or theirs},
    )
