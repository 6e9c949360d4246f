"""What a rule is given, in the shape that crosses into the sandbox.

Each value that crosses costs both processes: so nothing crosses twice or empty, and comments
cross column by column. The prelude makes the rule's objects from it.
"""

from collections.abc import Sequence
from typing import Any

from schemas.issue import Attachment, Comment, Issue
from schemas.replica import Replica, ReplicaAttachment, ReplicaComment
from schemas.rich_text import RichText, to_plain
from schemas.rules import RuleContext
from schemas.values import Digest, Fields, User
from service.rules.codec import RichTextCodec

Handle = RichText | Digest
Crossing = tuple[Any, ...]
"""Head; fields, those with formatted text and with people by place; people, comments, files."""


_ROW = 4
"""Values of one comment, in the row of all that is short."""


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
        self.ours: set[str] = set()
        """Fields for which the rule has named a person of this side."""
        self.held_before: frozenset[str] = frozenset()
        """Comments of which the receiving side has an earlier wording."""

    def plain(self) -> list[str]:
        return [to_plain(h) if isinstance(h, RichText) else "" for h in self.handles]

    def markdown(self) -> list[str]:
        to_markdown = self.codec.to_markdown
        return [to_markdown(h) if isinstance(h, RichText) else "" for h in self.handles]

    def issue(self, issue: Issue) -> Crossing:
        """A rule may return parts of what was prepared last: prepare its source last."""
        ref = issue.ref
        head = (ref.key, ref.url, issue.project)
        comments = issue.comments or ()
        bodies = [comment.body for comment in comments]
        return head + self._crossing(issue.fields, comments, bodies, issue.attachments or ())

    def replica(self, replica: Replica) -> Crossing:
        """Comments whose body is a digest did not change; they are not shown."""
        comments = [c for c in replica.comments if not isinstance(c.body, Digest)]
        bodies = [comment.body for comment in comments]
        head: Crossing = (replica.key, replica.url, replica.gone)
        if replica.removed_comments or replica.removed_attachments:
            head += (list(replica.removed_comments), list(replica.removed_attachments))
        return head, *self._crossing(replica.fields, comments, bodies, replica.attachments)

    def _crossing(
        self,
        fields: Fields,
        comments: Sequence[Comment | ReplicaComment],
        bodies: Sequence[Handle],
        attachments: Sequence[Attachment | ReplicaAttachment],
    ) -> Crossing:
        people = _People()
        columns = self._comments(comments, bodies, people)
        self.attachments = {attachment.id for attachment in attachments}
        files = [(a.id, a.filename, a.size, a.mime) for a in attachments] or None
        shown: dict[str, Any] = {}
        rich: dict[str, int] = {}
        users: dict[str, int] = {}
        for name, value in fields.items():
            if type(value) is str:
                shown[name] = value
            elif isinstance(value, RichText | Digest):
                rich[name] = self._hold(value)
                self.rich_fields.add(name)
            elif isinstance(value, User):
                users[name] = people.place(value)
            else:
                shown[name] = list(value) if isinstance(value, tuple) else value
        return shown, rich, users, people.words, columns, files

    def _comments(
        self,
        comments: Sequence[Comment | ReplicaComment],
        bodies: Sequence[Handle],
        people: "_People",
    ) -> Crossing | None:
        if not comments:
            self.comments = set()
            return None
        first = len(self.handles)
        self.handles.extend(bodies)
        rows: list[Any] = []
        works: list[Crossing | None] = []
        for comment in comments:
            author = people.place(comment.author)
            rows += (comment.id, author, comment.created, comment.internal)
            works.append((comment.work.seconds, comment.work.started) if comment.work else None)
        self.comments = set(rows[::_ROW])
        changed = [id in self.held_before for id in rows[::_ROW]] if self.held_before else []
        return first, rows, works if any(works) else None, changed if any(changed) else None

    def _hold(self, handle: Handle) -> int:
        self.handles.append(handle)
        return len(self.handles) - 1


class _People:
    """Each person crosses once, as three words; a place is that of the first."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._places: dict[User, int] = {}

    def place(self, user: User) -> int:
        found = self._places.get(user)
        if found is None:
            found = self._places[user] = len(self.words)
            self.words += (user.name, user.email, user.id)
        return found


def keys_input(context: RuleContext) -> Crossing | None:
    """What other issues under sync are called, here and there."""
    known = context.local_keys or context.remote_keys
    return (context.local_keys, context.remote_keys) if known else None


def previous_input(context: RuleContext) -> dict[str, Any]:
    """Only what is small crosses; a person crosses as a name, an e-mail and an id."""
    crossing: dict[str, Any] = {}
    for name, value in context.previous.items():
        if isinstance(value, User):
            crossing[name] = {"name": value.name, "email": value.email, "id": value.id}
        elif not isinstance(value, RichText | Digest):
            crossing[name] = list(value) if isinstance(value, tuple) else value
    return crossing
