"""What Jira would not keep of a value, in words for people."""

from adapters.jira.writing import LABEL_LIMIT, SUMMARY_LIMIT
from adapters.rich_text.losses import losses as rich_text_losses
from schemas.rich_text import RichText
from schemas.values import Value

_ESTIMATES = ("estimate", "remaining")


def losses(field: str, value: Value) -> tuple[str, ...]:
    if isinstance(value, RichText):
        return rich_text_losses(value, "wiki")
    if field == "summary" and isinstance(value, str):
        return _summary(value)
    if field == "labels" and isinstance(value, tuple):
        return _labels(value)
    if field == "due" and isinstance(value, str) and len(value) > len("2032-01-31"):
        return ("the time of day",)
    if field in _ESTIMATES and isinstance(value, int | float) and value % 60:
        return ("seconds within a minute",)
    return ()


def _summary(text: str) -> tuple[str, ...]:
    lost = ["line ends"] if len(text.splitlines()) > 1 else []
    if len(" ".join(text.split())) > SUMMARY_LIMIT:
        lost.append(f"what follows the first {SUMMARY_LIMIT} characters")
    return tuple(lost)


def _labels(items: tuple[str, ...]) -> tuple[str, ...]:
    lost = ["white space in labels"] if any(len(item.split()) > 1 for item in items) else []
    if any(len(item) > LABEL_LIMIT for item in items):
        lost.append(f"what follows the first {LABEL_LIMIT} characters of a label")
    return tuple(lost)
