"""A custom field with hours there is an estimate here, and no field of it is lost."""


def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    hours = replica.fields.get("effort_hours")
    return Wanted(
        summary=replica.summary,
        due=replica.due,
        estimate=None if hours is None else round(hours * 3600),
    )
