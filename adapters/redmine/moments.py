"""Redmine's timestamps, days and hours, and our milliseconds and seconds."""

from datetime import UTC, date, datetime, timedelta

from schemas.values import Millis

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLI = timedelta(milliseconds=1)
_DAY = 86_400_000


def parse(text: str | None) -> Millis:
    """`2026-11-22T05:46:48Z`; 0 for what is no moment. Redmine tells whole seconds, in UTC."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return 0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MILLI


def text(at: Millis) -> str:
    """With a Z: without one Redmine takes it for the account's own time zone."""
    return (_EPOCH + timedelta(milliseconds=max(at, 0))).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(at: Millis) -> str:
    return (_EPOCH + timedelta(milliseconds=at)).strftime("%Y-%m-%d")


def start_of(day_text: str) -> Millis:
    try:
        return (date.fromisoformat(day_text) - _EPOCH.date()).days * _DAY
    except ValueError:
        return 0


def seconds(hours: float | None) -> int | None:
    return None if hours is None else round(hours * 3600)


def hours(seconds_: float) -> float:
    return seconds_ / 3600
