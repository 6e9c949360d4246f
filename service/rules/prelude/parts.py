"""People, formatted text, comments and attachments."""

from typing import Any


class User:
    # True for one whom a table has told: a person of this side.
    _here = False

    def __init__(self, name: str = "", email: str = "", id: str = "") -> None:
        self.name = name
        self.email = email
        self.id = id


class RichText:
    # What is as it came has these of the class, and crosses back as its place alone.
    _before: tuple[Any, ...] = ()
    _after: tuple[Any, ...] = ()
    _bare = False

    def __init__(self, _ref: int) -> None:
        self._ref = _ref

    def prepend(self, line: str) -> "RichText":
        copy = RichText(self._ref)
        copy._before = (line, *self._before)
        if self._after:
            copy._after = self._after
        if self._bare:
            copy._bare = True
        return copy

    def append(self, line: str) -> "RichText":
        return _reworded(self, self._before, (*self._after, line), self._bare)


def _reworded(text: RichText, before: Any, after: Any, bare: bool) -> RichText:
    copy = RichText(text._ref)
    copy._before, copy._after, copy._bare = before, after, bare
    return copy


class Comment:
    # What most comments are not; each value that an object gets costs.
    work: Any = None
    changed = False

    def __init__(
        self,
        id: str,
        body: Any,
        author: User,
        created: int,
        internal: bool,
        work: Any = None,
        changed: bool = False,
    ) -> None:
        self.id = id
        self.body = body
        self.author = author
        self.created = created
        self.internal = internal
        if work is not None:
            self.work = work
        if changed:
            self.changed = changed


class Work:
    def __init__(self, seconds: int, started: int) -> None:
        self.seconds = seconds
        self.started = started


class Attachment:
    def __init__(self, id: str, filename: str, size: int, mime: str) -> None:
        self.id = id
        self.filename = filename
        self.size = size
        self.mime = mime
