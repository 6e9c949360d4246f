"""What of a value Rally would not keep, in words for people."""

from adapters.rally import markup
from schemas.rich_text import RichText
from schemas.values import Value

SUMMARY_LIMIT = 256
TAG_LIMIT = 256


def losses(field: str, value: Value) -> tuple[str, ...]:
    match field, value:
        case _, RichText():
            return markup.losses(value)
        case "summary", str():
            return _summary(value)
        case "labels", tuple() if any(len(name) > TAG_LIMIT for name in value):
            return (f"what follows the first {TAG_LIMIT} characters of a label",)
        case "fix_versions", tuple() if len(value) > 1:
            return ("all releases but one",)
        case "due", str() if len(value) > len("2026-01-31"):
            return ("the time of the day",)
    return ()


def _summary(text: str) -> tuple[str, ...]:
    lost = ["line ends"] if len(text.splitlines()) > 1 else []
    if len(" ".join(text.split())) > SUMMARY_LIMIT:
        lost.append(f"what follows the first {SUMMARY_LIMIT} characters")
    return tuple(lost)
