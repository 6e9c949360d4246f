"""What of a value Redmine would not keep."""

from adapters.lines import line_losses
from adapters.redmine.markup import Markup
from adapters.redmine.writing import DATES, SINGLE_SETS, SUMMARY_LIMIT
from schemas.rich_text import RichText
from schemas.values import Value

_DAY = len("2026-01-31")


def losses(field: str, value: Value, markup: Markup) -> tuple[str, ...]:
    match value:
        case RichText():
            return markup.losses(value)
        case str() if field == "summary":
            return line_losses(value, SUMMARY_LIMIT)
        case str() if field in DATES and len(value) > _DAY:
            return ("the time of day",)
        case tuple() if field in SINGLE_SETS and len(value) > 1:
            return ("all but one of several",)
        case _:
            return ()
