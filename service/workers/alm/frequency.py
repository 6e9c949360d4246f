"""When a connection's job is due next: by the calendar of the node's time zone."""

from datetime import date, datetime, timedelta, tzinfo

from schemas.alm import Frequency
from schemas.values import Millis

_HOUR: Millis = 3_600_000


def next_run(frequency: Frequency, after: Millis, zone: tzinfo) -> Millis | None:
    """The first full hour, midnight, Monday or first of a month after that moment; None where
    nothing runs by itself. Clocks that are put forward or back neither skip one nor double it."""
    local = datetime.fromtimestamp(after / 1000, zone)
    match frequency:
        case "manually":
            return None
        case "hourly":
            into = (local.minute * 60 + local.second) * 1000 + local.microsecond // 1000
            return after - into + _HOUR
        case "daily":
            return _midnight(local.date() + timedelta(days=1), zone)
        case "weekly":
            return _midnight(local.date() + timedelta(days=7 - local.weekday()), zone)
        case "monthly":
            first = local.date().replace(day=1)
            return _midnight((first + timedelta(days=32)).replace(day=1), zone)


def _midnight(day: date, zone: tzinfo) -> Millis:
    """Where the clock jumps over midnight, the moment of the jump."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)
