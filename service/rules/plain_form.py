"""Issues, replicas and what rules make of them, as JSON that people read and write: formatted text
is Markdown there."""

from typing import Any

import msgspec

from schemas.issue import Attachment, Comment, Issue, IssueRef
from schemas.replica import Replica, ReplicaAttachment, ReplicaComment
from schemas.rich_text import RichText
from schemas.rules import Outgoing, RuleContext, Wanted
from schemas.values import Digest, Fields, Millis, User, Value, Work, as_set
from service.rules.codec import RichTextCodec

Plain = dict[str, Any]

MARKDOWN = "markdown"
"""`{"markdown": "…"}` is formatted text in a field that is not the description."""


class PlainComment(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    id: str
    body: str
    author: User = User()
    created: Millis = 0
    internal: bool = False
    work: Work | None = None
    changed: bool = False
    """The receiving side holds an earlier wording."""


class PlainAttachment(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    id: str
    filename: str
    size: int = 0
    mime: str = "application/octet-stream"


class PlainIssue(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    key: str = ""
    url: str = ""
    project: str = ""
    fields: Plain = {}
    comments: tuple[PlainComment, ...] = ()
    attachments: tuple[PlainAttachment, ...] = ()


class PlainReplica(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    key: str = ""
    url: str = ""
    fields: Plain = {}
    comments: tuple[PlainComment, ...] = ()
    attachments: tuple[PlainAttachment, ...] = ()
    removed_comments: tuple[str, ...] = ()
    removed_attachments: tuple[str, ...] = ()
    gone: bool = False


class PlainContext(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    connection: str = "acme-globex"
    local_side: str = "acme"
    remote_side: str = "globex"
    first_sync: bool = False
    local_key: str = ""
    local_url: str = ""
    remote_key: str = ""
    remote_url: str = ""
    project: str = "WEB"
    mirror: bool = False
    now: Millis = 1_767_225_600_000
    previous: Plain = {}
    local_keys: dict[str, str | None] = {}
    """Of other issues, by their keys on the other side."""
    remote_keys: dict[str, str | None] = {}


class PlainForm:
    def __init__(self, codec: RichTextCodec) -> None:
        self._codec = codec

    def issue(self, plain: PlainIssue) -> Issue:
        return Issue(
            IssueRef(plain.key, plain.key, plain.url),
            version=1,
            updated=0,
            project=plain.project,
            fields=self.fields(plain.fields),
            comments=tuple(
                Comment(c.id, self._rich(c.body), c.author, c.created, 0, c.internal, work=c.work)
                for c in plain.comments
            ),
            attachments=tuple(
                Attachment(a.id, a.filename, a.size, a.mime) for a in plain.attachments
            ),
        )

    def replica(self, plain: PlainReplica) -> Replica:
        return Replica(
            fields=self.fields(plain.fields),
            comments=tuple(
                ReplicaComment(c.id, self._rich(c.body), c.author, c.created, 1, c.internal, c.work)
                for c in plain.comments
            ),
            attachments=tuple(
                ReplicaAttachment(a.id, a.filename, a.size, a.mime) for a in plain.attachments
            ),
            removed_comments=plain.removed_comments,
            removed_attachments=plain.removed_attachments,
            key=plain.key,
            url=plain.url,
            gone=plain.gone,
        )

    def context(self, plain: PlainContext, comments: tuple[PlainComment, ...]) -> RuleContext:
        known = frozenset(comment.id for comment in comments if comment.changed)
        return RuleContext(
            plain.connection,
            plain.local_side,
            plain.remote_side,
            plain.first_sync,
            plain.local_key,
            plain.local_url,
            plain.remote_key,
            plain.remote_url,
            plain.project,
            plain.mirror,
            plain.now,
            self.fields(plain.previous),
            told=known,
            taken=known,
            local_keys=plain.local_keys,
            remote_keys=plain.remote_keys,
        )

    def fields(self, plain: Plain) -> Fields:
        return {name: self._value(name, raw) for name, raw in plain.items()}

    def result(self, result: Outgoing | Wanted | None) -> Plain | None:
        """What stands in it, without what was left at its default."""
        if result is None:
            return None
        shown: Plain = {"fields": self.shown(result.fields)}
        if result.comments:
            shown["comments"] = [
                {"id": c.id, "body": self._codec.to_markdown(c.body).strip()}
                | ({"internal": True} if c.internal else {})
                | ({"work": msgspec.to_builtins(c.work)} if c.work else {})
                for c in result.comments
            ]
        if result.attachments:
            shown["attachments"] = list(result.attachments)
        if isinstance(result, Wanted):
            shown |= {"project": result.project} if result.project else {}
            shown |= {"type": result.type} if result.type else {}
        if result.stop_syncing:
            shown["stop_syncing"] = True
        return shown

    def shown(self, fields: Fields) -> Plain:
        return {name: self._shown(name, fields[name]) for name in sorted(fields)}

    def _shown(self, name: str, value: Value) -> Any:
        match value:
            case RichText():
                text = self._codec.to_markdown(value).strip()
                return text if name == "description" else {MARKDOWN: text}
            case Digest():
                return {"digest": value.sha256}
            case User():
                return {
                    word: given
                    for word in ("name", "email", "id")
                    if (given := getattr(value, word))
                }
            case tuple():
                return list(value)
            case _:
                return value

    def _value(self, name: str, raw: Any) -> Value:
        match raw:
            case str() if name == "description":
                return self._rich(raw)
            case {"markdown": str() as text}:
                return self._rich(text)
            case dict():
                return msgspec.convert({"type": "user"} | raw, User)
            case list():
                return as_set(msgspec.convert(raw, list[str]))
            case _:
                return msgspec.convert(raw, None | bool | int | float | str)

    def _rich(self, text: str) -> RichText:
        return self._codec.from_markdown(text)
