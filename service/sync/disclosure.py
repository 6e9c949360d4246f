"""The disclosure contract: what is not on the list does not leave, whatever the rule says."""

import msgspec

from schemas.rules import Outgoing

DEFAULT = frozenset(
    {
        "summary",
        "description",
        "status",
        "resolution",
        "priority",
        "type",
        "labels",
        "components",
        "fix_versions",
        "affected_versions",
        "milestone",
        "area",
        "iteration",
        "assignee",
        "reporter",
        "due",
        "estimate",
        "remaining",
        "spent",
        "parent",
        "links",
        "comments",
        "attachments",
        "worklogs",
        "key",
        "url",
    }
)


class Disclosed(msgspec.Struct, frozen=True):
    outgoing: Outgoing
    withheld: tuple[str, ...]
    """What the rule let out and the contract did not."""


def disclose(outgoing: Outgoing, allowed: frozenset[str]) -> Disclosed:
    withheld = [name for name in outgoing.fields if name not in allowed]
    comments, attachments = outgoing.comments, outgoing.attachments
    if comments and "comments" not in allowed:
        withheld.append("comments")
        comments = ()
    if attachments and "attachments" not in allowed:
        withheld.append("attachments")
        attachments = ()
    if not withheld:
        return Disclosed(outgoing, ())
    fields = {name: value for name, value in outgoing.fields.items() if name in allowed}
    kept = msgspec.structs.replace(
        outgoing, fields=fields, comments=comments, attachments=attachments
    )
    return Disclosed(kept, tuple(sorted(withheld)))
