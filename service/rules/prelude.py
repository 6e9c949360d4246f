"""The words that rules see. This source runs inside the sandbox, before the rule's own file.

It keeps to what the sandbox's interpreter knows: no inheritance, no properties. `surface.pyi` is
the same surface as people and the type check see it; the tests hold the two together.
"""

from typing import Any, Callable, Iterable  # noqa: UP035 (the sandbox has no collections.abc)

_host_plain: Callable[[], list[str]]
_host_markdown: Callable[[], list[str]]
outgoing: Callable[[Any, Any], Any]
incoming: Callable[[Any, Any, Any], Any]
_plain: list[str] = []
_markdown: list[str] = []


class User:
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
        return _reworded(self, (line, *self._before), self._after, self._bare)

    def append(self, line: str) -> "RichText":
        return _reworded(self, self._before, (*self._after, line), self._bare)


def _reworded(text: RichText, before: Any, after: Any, bare: bool) -> RichText:
    copy = RichText(text._ref)
    copy._before, copy._after, copy._bare = before, after, bare
    return copy


class Comment:
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
        self.work = work
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


class Context:
    def __init__(self, given: Any) -> None:
        (
            self.connection,
            self.local_side,
            self.remote_side,
            self.local_key,
            self.local_url,
            self.remote_key,
            self.remote_url,
            self.project,
            self.first_sync,
            self.now,
            self.mirror,
        ) = given
        self.previous: dict[str, Any] = {}


class Issue:
    def __init__(self, key: str, url: str, project: str, fields: Any, parts: Any) -> None:
        self.key = key
        self.url = url
        self.project = project
        self.fields = fields
        self.summary = fields.get("summary")
        self.description = fields.get("description")
        self.status = fields.get("status")
        self.priority = fields.get("priority")
        self.type = fields.get("type")
        self.labels = fields.get("labels", [])
        self.assignee = fields.get("assignee")
        self.reporter = fields.get("reporter")
        self.resolution = fields.get("resolution")
        self.components = fields.get("components", [])
        self.fix_versions = fields.get("fix_versions", [])
        self.affected_versions = fields.get("affected_versions", [])
        self.milestone = fields.get("milestone")
        self.area = fields.get("area")
        self.iteration = fields.get("iteration")
        self.due = fields.get("due")
        self.estimate = fields.get("estimate")
        self.remaining = fields.get("remaining")
        self.spent = fields.get("spent")
        self.parent = fields.get("parent")
        self.links = fields.get("links", [])
        self.comments, self.attachments = parts


class Replica:
    def __init__(
        self,
        *,
        summary: Any = ...,
        description: Any = ...,
        status: Any = ...,
        priority: Any = ...,
        type: Any = ...,
        labels: Any = ...,
        assignee: Any = ...,
        reporter: Any = ...,
        resolution: Any = ...,
        components: Any = ...,
        fix_versions: Any = ...,
        affected_versions: Any = ...,
        milestone: Any = ...,
        area: Any = ...,
        iteration: Any = ...,
        due: Any = ...,
        estimate: Any = ...,
        remaining: Any = ...,
        spent: Any = ...,
        parent: Any = ...,
        links: Any = ...,
        comments: Iterable[Comment] = (),
        attachments: Iterable[Attachment] = (),
        fields: Any = None,
        stop_syncing: bool = False,
    ) -> None:
        self.summary = summary
        self.description = description
        self.status = status
        self.priority = priority
        self.type = type
        self.labels = labels
        self.assignee = assignee
        self.reporter = reporter
        self.resolution = resolution
        self.components = components
        self.fix_versions = fix_versions
        self.affected_versions = affected_versions
        self.milestone = milestone
        self.area = area
        self.iteration = iteration
        self.due = due
        self.estimate = estimate
        self.remaining = remaining
        self.spent = spent
        self.parent = parent
        self.links = links
        self.comments = comments
        self.attachments = attachments
        self.fields = {} if fields is None else fields
        self.stop_syncing = stop_syncing
        self.key = ""
        self.url = ""
        self.gone = False
        self.removed_comments: list[str] = []
        self.removed_attachments: list[str] = []


class Wanted:
    def __init__(
        self,
        *,
        project: str = "",
        type: Any = ...,
        summary: Any = ...,
        description: Any = ...,
        status: Any = ...,
        priority: Any = ...,
        labels: Any = ...,
        assignee: Any = ...,
        reporter: Any = ...,
        resolution: Any = ...,
        components: Any = ...,
        fix_versions: Any = ...,
        affected_versions: Any = ...,
        milestone: Any = ...,
        area: Any = ...,
        iteration: Any = ...,
        due: Any = ...,
        estimate: Any = ...,
        remaining: Any = ...,
        spent: Any = ...,
        parent: Any = ...,
        links: Any = ...,
        comments: Iterable[Comment] = (),
        attachments: Iterable[Attachment] = (),
        fields: Any = None,
        stop_syncing: bool = False,
    ) -> None:
        self.project = project
        self.type = type
        self.summary = summary
        self.description = description
        self.status = status
        self.priority = priority
        self.labels = labels
        self.assignee = assignee
        self.reporter = reporter
        self.resolution = resolution
        self.components = components
        self.fix_versions = fix_versions
        self.affected_versions = affected_versions
        self.milestone = milestone
        self.area = area
        self.iteration = iteration
        self.due = due
        self.estimate = estimate
        self.remaining = remaining
        self.spent = spent
        self.parent = parent
        self.links = links
        self.comments = comments
        self.attachments = attachments
        self.fields = {} if fields is None else fields
        self.stop_syncing = stop_syncing


_NAMES = (
    "summary",
    "description",
    "status",
    "priority",
    "labels",
    "assignee",
    "reporter",
    "resolution",
    "components",
    "fix_versions",
    "affected_versions",
    "milestone",
    "area",
    "iteration",
    "due",
    "estimate",
    "remaining",
    "spent",
    "parent",
    "links",
)


class _Clear:
    pass


CLEAR = _Clear()


def _find(table: dict[str, Any], value: str) -> Any:
    if value in table:
        return table[value]
    low = value.lower()
    for name, counterpart in table.items():
        if name.lower() == low:
            return counterpart
    return ...


_tables: dict[str, Any] = {}


def _declared(field: str, value: str) -> tuple[bool, Any]:
    """Whether the connection's own table answers, and with what; `...` leaves the field alone."""
    if field not in _tables:
        return False, None
    values, unmapped, default, skipped = _tables[field]
    if value in skipped:
        return True, ...
    found = _find(values, value)
    if found is not ...:
        return True, found
    if unmapped == "keep":
        return True, value
    if unmapped == "skip":
        return True, ...
    return unmapped == "default", default


def mapped(field: str, value: Any) -> Any:
    if field not in _tables:
        raise ValueError(f"The connection has no mapping table for {field}.")
    if value is None:
        return None
    if type(value) is not str:
        each = [mapped(field, element) for element in value]
        return [element for element in each if element is not ...]
    known, found = _declared(field, value)
    if not known:
        raise ValueError(f"\x1emap\x1e{field}\x1e{value}")
    return found


def map_value(table: dict[str, Any], value: Any, default: Any = ...) -> Any:
    found = ... if value is None else _find(table, value)
    if found is not ...:
        return found
    return value if default is ... else default


def must_map(field: str, table: dict[str, Any], value: Any) -> Any:
    if value is None:
        return None
    known, found = _declared(field, value)
    if known:
        return found
    found = _find(table, value)
    if found is ...:
        raise ValueError(f"\x1emap\x1e{field}\x1e{value}")
    return found


def stop(message: str) -> None:
    raise ValueError(f"\x1estop\x1e{message}")


def _words(value: Any, cache: list[str], load: Callable[[], list[str]]) -> str:
    if value is None:
        return ""
    if type(value) is not RichText:
        return str(value)
    if not cache:
        cache.extend(load())
    return "\n\n".join([*value._before, cache[value._ref], *value._after])


def text(value: Any) -> str:
    return _words(value, _plain, _host_plain)  # noqa: F821


def markdown(value: Any) -> str:
    return _words(value, _markdown, _host_markdown)  # noqa: F821


def with_author(comment: Comment) -> Comment:
    name = comment.author.name
    if not name:
        return comment
    line = f"{name} wrote:"
    body = comment.body
    body = body.prepend(line) if type(body) is RichText else f"{line}\n\n{body}"
    return _with_body(comment, body)


def _with_body(comment: Comment, body: Any) -> Comment:
    return Comment(
        comment.id,
        body,
        comment.author,
        comment.created,
        comment.internal,
        comment.work,
        comment.changed,
    )


def with_body(comment: Comment, body: Any) -> Comment:
    return _with_body(comment, body)


def as_internal(comment: Comment) -> Comment:
    copy = _with_body(comment, comment.body)
    copy.internal = True
    return copy


def reported(replica: Replica) -> Any:
    name = replica.reporter.name if replica.reporter else ""
    body = replica.description
    if not name:
        return body
    line = f"Reported by {name}."
    if body is None:
        return line
    return body.prepend(line) if type(body) is RichText else f"{line}\n\n{body}"


def unreported(value: Any) -> Any:
    if type(value) is not RichText:
        return value
    return _reworded(value, value._before, value._after, True)


def map_user(table: dict[str, str], user: Any, default: Any = ...) -> Any:
    if user is None:
        return None
    found = _find(table, user.email) if user.email else ...
    if found is ... and user.name:
        found = _find(table, user.name)
    if found is ...:
        found = default
    if found is ...:
        return user
    return User(found, found if "@" in found else "", found) if type(found) is str else found


def only_mapped(table: dict[str, Any], value: Any) -> Any:
    return ... if value is None else _find(table, value)


def cut(value: str, length: int, end: str = "…") -> str:
    if len(value) <= length:
        return value
    return value[: max(length - len(end), 0)] + end[:length]


def as_label(value: str) -> str:
    return "_".join(value.split())


def prefixed(table: dict[str, Any], value: Any, default: Any = ...) -> Any:
    if value is None:
        return None
    best, length = default, -1
    low = value.lower()
    for start, counterpart in table.items():
        if low.startswith(start.lower()) and len(start) > length:
            best, length = counterpart, len(start)
    return best


def moment(milliseconds: int) -> Any:
    from datetime import datetime, timedelta, timezone  # noqa: PLC0415 (rarely needed)

    start = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017 (unknown to the sandbox)
    return start + timedelta(milliseconds=milliseconds)


def _fields(fields: Any, rich: Any, users: Any) -> Any:
    for name, place in rich:
        fields[name] = RichText(place)
    for name, called, email, id in users:
        fields[name] = User(called, email, id)
    return fields


def _comments(given: Any) -> Any:
    return [
        Comment(
            id,
            RichText(place),
            User(name, email, user),
            created,
            internal,
            None if work is None else Work(work[0], work[1]),
            changed,
        )
        for id, place, name, email, user, created, internal, work, changed in given
    ]


def _attachments(given: Any) -> Any:
    return [Attachment(id, filename, size, mime) for id, filename, size, mime in given]


def _issue(given: Any) -> Issue:
    head, texts, rich, users, comments, attachments = given
    key, url, project = head
    fields = _fields(texts, rich, users)
    return Issue(key, url, project, fields, (_comments(comments), _attachments(attachments)))


def _replica(given: Any) -> Replica:
    head, texts, rich, users, comments, attachments = given
    fields = _fields(texts, rich, users)
    replica = Replica(
        summary=fields.get("summary"),
        description=fields.get("description"),
        status=fields.get("status"),
        priority=fields.get("priority"),
        type=fields.get("type"),
        labels=fields.get("labels", []),
        assignee=fields.get("assignee"),
        reporter=fields.get("reporter"),
        resolution=fields.get("resolution"),
        components=fields.get("components", []),
        fix_versions=fields.get("fix_versions", []),
        affected_versions=fields.get("affected_versions", []),
        milestone=fields.get("milestone"),
        area=fields.get("area"),
        iteration=fields.get("iteration"),
        due=fields.get("due"),
        estimate=fields.get("estimate"),
        remaining=fields.get("remaining"),
        spent=fields.get("spent"),
        parent=fields.get("parent"),
        links=fields.get("links", []),
        comments=_comments(comments),
        attachments=_attachments(attachments),
        fields=fields,
    )
    replica.key, replica.url, replica.gone = head[0], head[1], head[2]
    replica.removed_comments, replica.removed_attachments = head[3], head[4]
    return replica


def _let_through(result: Any, wanted: Any, name: str) -> Any:
    for item in result:
        if type(item) is not wanted:
            raise TypeError(f"\x1etype\x1e{name}\x1e{wanted.__name__}\x1e{type(item).__name__}")
    return result


_VALUES = (str, type(None), RichText, User, int, bool, float, _Clear)
_SETS = (list, tuple, set, frozenset)
# What is wrong among these is told better outside.
_ITEMS = (str, type(None), int, bool, float, bytes, dict)


def _values(names: Any, values: Any) -> None:
    """Functions and classes would cross as texts that look right."""
    for value in values:
        if value is not ... and type(value) not in _VALUES:
            _look(names, values, value)


def _look(names: Any, values: Any, value: Any) -> None:
    kind = type(value)
    if kind in _ITEMS:
        return
    if kind in _SETS:
        for item in value:
            kind = type(item)
            if kind not in _ITEMS:
                break
        else:
            return
    _refuse(names, [value is each for each in values].index(True), kind)


def _refuse(names: Any, place: int, kind: Any) -> None:
    name = str(list(names)[place]) if names else _NAMES[place]
    raise TypeError(f"\x1etype\x1e{name}\x1ea value of a field\x1e{kind.__name__}")


def _body(body: Any) -> Any:
    """Tuples cross back faster than objects."""
    if type(body) is not RichText:
        return body
    if body._before or body._after:
        return (body._ref, body._before, body._after)
    return (body._ref,)


def _export(result: Any, wanted: Any, rule: str) -> Any:
    if result is None:
        return None
    if type(result) is not wanted:
        raise TypeError(f"\x1etype\x1e{rule}()\x1e{wanted.__name__}\x1e{type(result).__name__}")
    comments = _let_through(result.comments, Comment, "comments")
    attachments = _let_through(result.attachments, Attachment, "attachments")
    named = (
        result.summary,
        result.description,
        result.status,
        result.priority,
        result.labels,
        result.assignee,
        result.reporter,
        result.resolution,
        result.components,
        result.fix_versions,
        result.affected_versions,
        result.milestone,
        result.area,
        result.iteration,
        result.due,
        result.estimate,
        result.remaining,
        result.spent,
        result.parent,
        result.links,
    )
    _values((), named)
    if result.fields and type(result.fields) is dict:
        _values(result.fields, result.fields.values())
    return [
        named,
        result.type,
        result.fields,
        [(c.id, _body(c.body), c.internal, c.work) for c in comments],
        [a.id for a in attachments],
        result.project if wanted is Wanted else "",
        result.stop_syncing,
    ]


def _context(given: Any) -> Context:
    _plain.clear()
    _markdown.clear()
    return Context(given)


def _with_previous(context: Context, previous: Any) -> Context:
    for name, value in previous.items():
        person = type(value) is dict
        context.previous[name] = (
            User(value["name"], value["email"], value["id"]) if person else value
        )
    return context


def _run_outgoing(given: Any, about: Any, previous: Any) -> Any:
    context = _context(about)
    if previous:
        _with_previous(context, previous)
    result = outgoing(_issue(given), context)  # noqa: F821
    return _export(result, Replica, "outgoing")


def _run_incoming(given: Any, local: Any, about: Any, previous: Any) -> Any:
    issue = None if local is None else _issue(local)
    context = _context(about)
    if previous:
        _with_previous(context, previous)
    result = incoming(_replica(given), issue, context)  # noqa: F821
    return _export(result, Wanted, "incoming")
