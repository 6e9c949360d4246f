"""What of a value Azure DevOps would not keep."""

from adapters.azure_devops.links import LINK_KINDS
from adapters.azure_devops.patch import TITLE_LENGTH, clean_tag, fit_title
from adapters.rich_text import losses as markup
from schemas.rich_text import RichText
from schemas.values import Value

_DAY = len("2026-01-31")


def losses(field: str, value: Value) -> tuple[str, ...]:
    match value:
        case RichText():
            return markup.losses(value, "html")
        case str() if field == "summary":
            return _of_title(value)
        case str() if field == "due" and len(value) > _DAY:
            return ("the time of day",)
        case tuple() if field == "labels":
            return _of_labels(value)
        case tuple() if field == "links":
            kinds = {link.partition(" ")[0] for link in value} - set(LINK_KINDS)
            return tuple(f"links of the kind {kind}" for kind in sorted(kinds))
        case _:
            return ()


def _of_title(text: str) -> tuple[str, ...]:
    line = " ".join(text.split())
    lost = [] if line == text else ["line ends, and blanks beside others"]
    if fit_title(text) != line:
        lost.append(f"all but the first {TITLE_LENGTH} characters")
    return tuple(lost)


def _of_labels(labels: tuple[str, ...]) -> tuple[str, ...]:
    clean = [clean_tag(label) for label in labels]
    lost = [] if clean == list(labels) else ["';' and ',' in labels, and ends of very long ones"]
    if len({label.casefold() for label in clean}) < len(labels):
        lost.append("labels that differ by case only")
    return tuple(lost)
