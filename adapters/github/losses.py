"""What of a value GitHub would not keep."""

from adapters.github.writing import LABEL_LENGTH, TITLE_LENGTH
from adapters.lines import line_losses
from adapters.rich_text.losses import losses as markup_losses
from schemas.rich_text import RichText
from schemas.values import Value, as_set


def losses(field: str, value: Value) -> tuple[str, ...]:
    match value:
        case RichText():
            return markup_losses(value, "markdown")
        case str() if field == "summary":
            return line_losses(value, TITLE_LENGTH)
        case tuple() if field == "labels":
            return as_set([lost for name in value for lost in line_losses(name, LABEL_LENGTH)])
        case _:
            return ()
