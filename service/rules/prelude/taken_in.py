"""From what crosses into the sandbox to what a rule is given."""

from typing import Any

from service.rules.prelude.issue import Context, Issue
from service.rules.prelude.parts import Attachment, Comment, RichText, User, Work
from service.rules.prelude.returned import Replica
from service.rules.prelude.words import _asked, _local_keys, _markdown, _plain, _remote_keys


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


def _context(given: Any) -> Context:
    _plain.clear()
    _markdown.clear()
    _asked.clear()
    for keys, found in ((_local_keys, given[-2]), (_remote_keys, given[-1])):
        keys.clear()
        keys.update(found)
    return Context(given)


def _with_previous(context: Context, previous: Any) -> Context:
    for name, value in previous.items():
        person = type(value) is dict
        context.previous[name] = (
            User(value["name"], value["email"], value["id"]) if person else value
        )
    return context
