"""What a rule is given, in the shape that crosses into the sandbox.

Plain values in tuples cross fastest: each object costs both processes, and what the sandbox has to
take apart costs it more. The prelude makes the rule's objects from them.
"""

from typing import Any

from schemas.issue import Attachment, Comment, Issue
from schemas.replica import Replica, ReplicaAttachment, ReplicaComment
from schemas.rich_text import RichText, to_plain
from schemas.rules import RuleContext
from schemas.values import Digest, Fields, User
from service.rules.codec import RichTextCodec

Handle = RichText | Digest
Crossing = tuple[Any, ...]
"""Head, fields, places of formatted fields, users, comments, attachments."""


class Given:
    """What one run was given. Rich text stays here; the sandbox holds its place in `handles`."""

    def __init__(self, fields: Fields, codec: RichTextCodec) -> None:
        self.fields = fields
        """Of the side that the rule reads from."""
        self.codec = codec
        self.handles: list[Handle] = []
        self.rich_fields = {"description"}
        self.comments: set[str] = set()
        self.attachments: set[str] = set()
        self.held_before: frozenset[str] = frozenset()
        """Comments of which the receiving side has an earlier wording."""

    def plain(self) -> list[str]:
        return [to_plain(h) if isinstance(h, RichText) else "" for h in self.handles]

    def markdown(self) -> list[str]:
        to_markdown = self.codec.to_markdown
        return [to_markdown(h) if isinstance(h, RichText) else "" for h in self.handles]

    def issue(self, issue: Issue) -> Crossing:
        """A rule may return parts of what was prepared last: prepare its source last."""
        self.comments.clear()
        self.attachments.clear()
        ref = issue.ref
        comments = [self._comment(c, c.body) for c in issue.comments or ()]
        attachments = [self._attachment(a) for a in issue.attachments or ()]
        head = (ref.key, ref.url, issue.project)
        return self._crossing(head, issue.fields, comments, attachments)

    def replica(self, replica: Replica) -> Crossing:
        """Comments whose body is a digest did not change; they are not shown."""
        self.comments.clear()
        self.attachments.clear()
        comments = [
            self._comment(c, c.body) for c in replica.comments if not isinstance(c.body, Digest)
        ]
        attachments = [self._attachment(a) for a in replica.attachments]
        removed = (list(replica.removed_comments), list(replica.removed_attachments))
        head = (replica.key, replica.url, replica.gone, *removed)
        return self._crossing(head, replica.fields, comments, attachments)

    def _crossing(
        self,
        head: Crossing,
        fields: Fields,
        comments: list[Crossing],
        attachments: list[Crossing],
    ) -> Crossing:
        shown: dict[str, Any] = {}
        rich: list[tuple[str, int]] = []
        users: list[tuple[str, str, str, str]] = []
        for name, value in fields.items():
            if type(value) is str:
                shown[name] = value
            elif isinstance(value, RichText | Digest):
                rich.append((name, self._hold(value)))
                self.rich_fields.add(name)
            elif isinstance(value, User):
                users.append((name, value.name, value.email, value.id))
            else:
                shown[name] = list(value) if isinstance(value, tuple) else value
        return head, shown, rich, users, comments, attachments

    def _comment(self, comment: Comment | ReplicaComment, body: Handle) -> Crossing:
        author, work = comment.author, comment.work
        self.comments.add(comment.id)
        return (
            comment.id,
            self._hold(body),
            author.name,
            author.email,
            author.id,
            comment.created,
            comment.internal,
            (work.seconds, work.started) if work else None,
            comment.id in self.held_before,
        )

    def _attachment(self, attachment: Attachment | ReplicaAttachment) -> Crossing:
        self.attachments.add(attachment.id)
        return attachment.id, attachment.filename, attachment.size, attachment.mime

    def _hold(self, handle: Handle) -> int:
        self.handles.append(handle)
        return len(self.handles) - 1


def context_input(context: RuleContext) -> Crossing:
    """In the order of the prelude's `Context`."""
    return (
        context.connection,
        context.local_side,
        context.remote_side,
        context.local_key,
        context.local_url,
        context.remote_key,
        context.remote_url,
        context.project,
        context.first_sync,
        context.now,
        context.mirror,
        context.local_keys,
        context.remote_keys,
    )


def previous_input(context: RuleContext) -> dict[str, Any]:
    """Only what is small crosses; a person crosses as a name, an e-mail and an id."""
    crossing: dict[str, Any] = {}
    for name, value in context.previous.items():
        if isinstance(value, User):
            crossing[name] = {"name": value.name, "email": value.email, "id": value.id}
        elif not isinstance(value, RichText | Digest):
            crossing[name] = list(value) if isinstance(value, tuple) else value
    return crossing
