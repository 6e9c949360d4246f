"""Rally's timestamps, days of a workspace and hours, and our milliseconds, dates and seconds."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schemas.values import Millis

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLI = timedelta(milliseconds=1)


def parse(text: object) -> Millis:
    """`2019-01-17T00:06:04.873Z`; 0 for what is no moment."""
    moment = _moment(text)
    return (moment - _EPOCH) // _MILLI if moment else 0


def text(at: Millis) -> str:
    moment = _EPOCH + timedelta(milliseconds=max(at, 0))
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def zone(name: str) -> ZoneInfo:
    """The workspace's own time zone, in which its days begin; UTC for one that nobody knows."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def day(value: object, where: ZoneInfo) -> str | None:
    """Rally keeps a day as the moment at which it begins in the workspace."""
    moment = _moment(value)
    return moment.astimezone(where).date().isoformat() if moment else None


def of_day(day_text: str, where: ZoneInfo) -> str:
    """Raises ValueError for what is no date."""
    begins = datetime.combine(date.fromisoformat(day_text[:10]), time(), where)
    return begins.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(hours: object) -> int | None:
    return round(hours * 3600) if isinstance(hours, int | float) else None


def hours(seconds_: float) -> float:
    return round(seconds_ / 3600, 6)


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if moment is None:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
