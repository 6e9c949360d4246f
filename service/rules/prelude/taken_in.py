"""From what crosses into the sandbox to what a rule is given."""

from typing import Any

from service.rules.prelude.issue import Context, Issue
from service.rules.prelude.parts import Attachment, Comment, RichText, User, Work
from service.rules.prelude.returned import Replica
from service.rules.prelude.words import _asked, _local_keys, _markdown, _plain, _remote_keys


def _fields(fields: Any, rich: Any, users: Any, people: Any) -> Any:
    for name in rich:
        fields[name] = RichText(rich[name])
    for name in users:
        at = users[name]
        fields[name] = User(people[at], people[at + 1], people[at + 2])
    return fields


def _comments(given: Any, people: Any) -> Any:
    """What all comments have stands in one row; their bodies have places one after the other."""
    if given is None:
        return []
    place, row, works, changed = given
    made: list[Comment] = []
    for number in range(len(row) // 4):
        at = number * 4
        who = row[at + 1]
        work = None if works is None else works[number]
        made.append(
            Comment(
                row[at],
                RichText(place + number),
                User(people[who], people[who + 1], people[who + 2]),
                row[at + 2],
                row[at + 3],
                None if work is None else Work(work[0], work[1]),
                changed is not None and changed[number],
            )
        )
    return made


def _attachments(given: Any) -> Any:
    if given is None:
        return []
    return [Attachment(id, filename, size, mime) for id, filename, size, mime in given]


def _issue(given: Any) -> Issue:
    key, url, project, fields, rich, users, people, comments, attachments = given
    parts = _comments(comments, people), _attachments(attachments)
    return Issue(key, url, project, _fields(fields, rich, users, people), parts)


def _replica(given: Any) -> Replica:
    head, fields, rich, users, people, comments, attachments = given
    replica = Replica(_given=_fields(fields, rich, users, people))
    replica.comments = _comments(comments, people)
    replica.attachments = _attachments(attachments)
    replica.key, replica.url, replica.gone = head[0], head[1], head[2]
    if len(head) > 3:
        replica.removed_comments, replica.removed_attachments = head[3], head[4]
    return replica


def _context(given: Any, previous: Any) -> Any:
    """None where the rule never looks at it."""
    if given is None:
        return None
    context = Context(given)
    if previous:
        for name, value in previous.items():
            person = type(value) is dict
            context.previous[name] = (
                User(value["name"], value["email"], value["id"]) if person else value
            )
    return context


def _begin(keys: Any) -> None:
    """Nothing is left over from one run to the next."""
    for kept in (_plain, _markdown, _asked, _local_keys, _remote_keys):
        if kept:
            kept.clear()
    if keys:
        _local_keys.update(keys[0])
        _remote_keys.update(keys[1])
