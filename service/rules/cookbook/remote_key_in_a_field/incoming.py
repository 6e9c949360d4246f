"""The other side's key and address stand in fields here, from the first sync on."""


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    return Wanted(
        summary=replica.summary,
        fields={"customfield_10050": context.remote_key, "customfield_10051": context.remote_url},
    )
