"""Jira's timestamps and our milliseconds."""

from datetime import UTC, datetime, timedelta

from schemas.values import Millis

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLI = timedelta(milliseconds=1)


def parse(text: str) -> Millis:
    """`2019-08-14T11:07:58.354+0800`. Raises ValueError for anything that is no moment."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MILLI


def parse_or_zero(text: str) -> Millis:
    try:
        return parse(text)
    except ValueError:
        return 0


def told_version(updated: Millis) -> Millis | None:
    """The version an event may carry. Some databases keep whole seconds only: two changes within
    one second then look the same, so such a version proves nothing and is not told."""
    return updated if updated % 1000 else None


def told(at: Millis) -> str:
    """As Jira wants a moment: exactly with milliseconds and an offset without a colon."""
    return _written(at) + "+0000"


def to_neutral(text: str) -> str | None:
    """Jira's moment as the neutral text, `2026-01-31T12:00:00.000Z`."""
    try:
        return _written(parse(text)) + "Z"
    except ValueError:
        return None


def _written(at: Millis) -> str:
    moment = _EPOCH + at * _MILLI
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}"
