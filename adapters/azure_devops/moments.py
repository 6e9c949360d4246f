"""Points in time and days, as Azure DevOps writes them."""

from datetime import UTC, date, datetime, time, tzinfo

from schemas.values import Millis

_DAY = len("2026-01-31")


def millis(value: object) -> Millis:
    """0 for a date that is missing or of no meaning."""
    if not isinstance(value, str) or not value:
        return 0
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return 0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0, round(moment.timestamp() * 1000))


def iso(moment: Millis) -> str:
    text = datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def day(value: str, zone: tzinfo) -> str | None:
    """A day is kept as the moment at which it begins where people work."""
    moment = millis(value)
    return datetime.fromtimestamp(moment / 1000, zone).date().isoformat() if moment else None


def beginning(text: str, zone: tzinfo) -> str:
    """The moment at which a day begins. A moment stays as it is. Raises ValueError."""
    if len(text) != _DAY:
        return iso(round(datetime.fromisoformat(text).timestamp() * 1000))
    begins = datetime.combine(date.fromisoformat(text), time(), zone)
    return iso(round(begins.timestamp() * 1000))
