"""Texts, comments and moments."""

from typing import Any, Callable  # noqa: UP035 (the sandbox has no collections.abc)

from service.rules.prelude.parts import Comment, RichText, _reworded
from service.rules.prelude.returned import Replica

_host_plain: Callable[[], list[str]]
_host_markdown: Callable[[], list[str]]
_plain: list[str] = []
_markdown: list[str] = []
_local_keys: dict[str, Any] = {}
_remote_keys: dict[str, Any] = {}
_asked: list[tuple[str, str]] = []


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
    if type(body) is not RichText:
        return _with_body(comment, f"{line}\n\n{body}")
    return _with_body(comment, body.prepend(line))


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


def cut(value: str, length: int, end: str = "…") -> str:
    if len(value) <= length:
        return value
    return value[: max(length - len(end), 0)] + end[:length]


def as_label(value: str) -> str:
    return "_".join(value.split())


def moment(milliseconds: int) -> Any:
    from datetime import datetime, timedelta, timezone  # noqa: PLC0415 (rarely needed)

    start = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017 (unknown to the sandbox)
    return start + timedelta(milliseconds=milliseconds)


def local_key_of(remote_key: Any) -> Any:
    return _key("local", _local_keys, remote_key)


def remote_key_of(local_key: Any) -> Any:
    return _key("remote", _remote_keys, local_key)


def _key(way: str, known: dict[str, Any], key: Any) -> Any:
    """What is not known yet ends the run; it is looked up, and the rule asked again."""
    if not key:
        return None
    if key not in known:
        _asked.append((way, str(key)))
        raise ValueError(f"\x1eask\x1e{way}\x1e{key}")
    return known[key]
