"""What of a value ALM would not keep, in words for people."""

import re

from adapters.alm.writing import SUMMARY_LIMIT
from adapters.rich_text.losses import losses as of_text
from schemas.rich_text import RichText
from schemas.values import Value

_WITH_FRACTION = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.(?!0+Z)\d+Z")


def losses(field: str, value: Value) -> tuple[str, ...]:
    if isinstance(value, RichText):
        return of_text(value, "html")
    if not isinstance(value, str):
        return ()
    if field == "summary" and len(value) > SUMMARY_LIMIT:
        return (f"what lies beyond {SUMMARY_LIMIT} characters",)
    if field == "due" and len(value) > len("2032-01-31"):
        return ("the time of day",)
    return ("the fraction of the second",) if _WITH_FRACTION.fullmatch(value) else ()
