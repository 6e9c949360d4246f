"""SD Elements' timestamps (`2026-01-31T12:00:00.123456Z`) and our milliseconds."""

from datetime import UTC, datetime, timedelta

from schemas.values import Millis

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLI = timedelta(milliseconds=1)


def parse_or_zero(text: str) -> Millis:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MILLI
