"""GitHub's timestamps, which know whole seconds, and our milliseconds."""

from datetime import UTC, datetime

from schemas.values import Millis


def millis(text: str | None) -> Millis:
    """0 for what is no moment."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return 0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0, int(moment.timestamp() * 1000))


def iso(moment: Millis) -> str:
    """In whole seconds, rounded down."""
    at = datetime.fromtimestamp(moment // 1000, UTC)
    return at.isoformat().replace("+00:00", "Z")
