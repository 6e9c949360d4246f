"""What a rule is given, in the shape that crosses into the sandbox.

Each object that crosses costs both processes; a string costs next to nothing. So what is text goes
as one string, cut into sections, records and units, and the few other values go beside it.
"""

from typing import Any

from schemas.issue import Attachment, Comment, Issue
from schemas.replica import Replica, ReplicaAttachment, ReplicaComment
from schemas.rich_text import RichText, to_plain
from schemas.rules import RuleContext
from schemas.values import Digest, Fields, User
from service.rules.codec import RichTextCodec

Handle = RichText | Digest
Crossing = tuple[str, dict[str, Any]]
"""The text, and the values of fields that are not text."""

SECTION, RECORD, UNIT = "\x1d", "\x1e", "\x1f"
_TO_SPACES = str.maketrans(dict.fromkeys((SECTION, RECORD, UNIT), " "))


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
        head = _units(ref.key, ref.url, issue.project)
        return self._crossing(head, issue.fields, comments, attachments)

    def replica(self, replica: Replica) -> Crossing:
        """Comments whose body is a digest did not change; they are not shown."""
        self.comments.clear()
        self.attachments.clear()
        comments = [
            self._comment(c, c.body) for c in replica.comments if not isinstance(c.body, Digest)
        ]
        attachments = [self._attachment(a) for a in replica.attachments]
        head = RECORD.join(
            (
                _units(replica.key, replica.url, "gone" if replica.gone else ""),
                _units(*replica.removed_comments),
                _units(*replica.removed_attachments),
            )
        )
        return self._crossing(head, replica.fields, comments, attachments)

    def _crossing(
        self, head: str, fields: Fields, comments: list[str], attachments: list[str]
    ) -> Crossing:
        texts: list[str] = []
        rich: list[str] = []
        users: list[str] = []
        others: dict[str, Any] = {}
        for name, value in fields.items():
            if type(value) is str and _crosses(record := f"{name}{UNIT}{value}", 1):
                texts.append(record)
            elif isinstance(value, RichText | Digest):
                rich.append(_units(name, str(self._hold(value))))
                self.rich_fields.add(name)
            elif isinstance(value, User):
                users.append(_units(name, value.name, value.email, value.id))
            else:
                others[name] = list(value) if isinstance(value, tuple) else value
        sections = (texts, rich, users, comments, attachments)
        return SECTION.join((head, *map(RECORD.join, sections))), others

    def _comment(self, comment: Comment | ReplicaComment, body: Handle) -> str:
        author = comment.author
        self.comments.add(comment.id)
        internal = "internal" if comment.internal else ""
        place, created = str(self._hold(body)), str(comment.created)
        work = (str(comment.work.seconds), str(comment.work.started)) if comment.work else ("", "")
        changed = "changed" if comment.id in self.held_before else ""
        person = (author.name, author.email, author.id)
        return _units(comment.id, place, *person, created, internal, *work, changed)

    def _attachment(self, attachment: Attachment | ReplicaAttachment) -> str:
        self.attachments.add(attachment.id)
        return _units(attachment.id, attachment.filename, str(attachment.size), attachment.mime)

    def _hold(self, handle: Handle) -> int:
        self.handles.append(handle)
        return len(self.handles) - 1


def context_input(context: RuleContext) -> str:
    return _units(
        context.connection,
        context.local_side,
        context.remote_side,
        context.local_key,
        context.local_url,
        context.remote_key,
        context.remote_url,
        context.project,
        "first" if context.first_sync else "",
        str(context.now),
        "mirror" if context.mirror else "",
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


def _units(*words: str) -> str:
    """Names and ids; a separator in one becomes a space, so that it cannot shift the others."""
    joined = UNIT.join(words)
    if _crosses(joined, len(words) - 1):
        return joined
    return UNIT.join(word.translate(_TO_SPACES) for word in words)


def _crosses(record: str, units: int) -> bool:
    return record.count(UNIT) == units and RECORD not in record and SECTION not in record
