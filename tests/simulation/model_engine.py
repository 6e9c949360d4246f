"""Rules of the simulated connection: a status mapping, and what each side keeps to itself."""

import msgspec

from schemas.errors import RuleError
from schemas.issue import Comment, Issue
from schemas.replica import Replica
from schemas.rich_text import RichText, to_plain
from schemas.rules import (
    Diagnostic,
    Outgoing,
    OutgoingComment,
    RuleContext,
    RuleSet,
    Snippet,
    Wanted,
    WantedComment,
)
from schemas.values import Fields
from service.rules.port import Direction

SHY = "shy"
"""Comments that begin so are let out by the second version of the rules only."""


class Mapping(msgspec.Struct, frozen=True):
    """How the other side's status is read, and whether its labels are taken at all."""

    status_in: dict[str, str]
    refuses_labels: bool = False


def passes(comment: Comment, rules_version: int) -> bool:
    shy = to_plain(comment.body).startswith(SHY)
    return not comment.internal and (rules_version > 1 or not shy)


class ModelEngine:
    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping

    async def outgoing(self, rules: RuleSet, issue: Issue, context: RuleContext) -> Outgoing | None:
        """Lets the secret field out: to hold it back is up to the disclosure contract."""
        return Outgoing(
            fields={n: v for n, v in issue.fields.items() if n != "type"},
            comments=tuple(
                OutgoingComment(c.id, c.body, c.internal, c.work)
                for c in issue.comments or ()
                if passes(c, rules.version)
            ),
            attachments=tuple(f.id for f in issue.attachments or ()),
        )

    async def incoming(
        self, rules: RuleSet, replica: Replica, issue: Issue | None, context: RuleContext
    ) -> Wanted | None:
        fields: Fields = dict(replica.fields)
        if "status" in fields:
            try:
                fields["status"] = self.mapping.status_in[str(fields["status"])]
            except KeyError as error:
                raise RuleError(f"status {error} has no counterpart") from error
        if self.mapping.refuses_labels:
            fields.pop("labels", None)
        comments = []
        for comment in replica.comments:
            assert isinstance(comment.body, RichText)
            comments.append(WantedComment(comment.id, comment.body, work=comment.work))
        return Wanted(fields, tuple(comments), tuple(f.id for f in replica.attachments))

    async def check(
        self, direction: Direction, source: str, file: str, library: tuple[Snippet, ...] = ()
    ) -> tuple[Diagnostic, ...]:
        return ()

    async def check_snippet(
        self, snippet: Snippet, library: tuple[Snippet, ...]
    ) -> tuple[Diagnostic, ...]:
        return ()

    async def close(self) -> None:
        return None
