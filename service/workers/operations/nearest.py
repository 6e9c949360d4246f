"""What a person may have meant who named a project that is not there."""

import difflib

from adapters.port import Projects
from schemas.errors import TrackerError
from schemas.metadata import Choice
from service.workers.roster import OpenConnector

_MOST = 5
_ALIKE = 0.5


async def alternatives(opened: OpenConnector, wanted: str) -> str:
    """A question with the nearest projects; '' where the tracker cannot tell."""
    if not isinstance(opened.tracker, Projects):
        return ""
    try:
        found = await opened.tracker.projects()
    except TrackerError:
        # The refusal has a remedy of its own.
        return ""
    if not found:
        return "The connector's account sees no project: let it in, or use another account."
    near = nearest(wanted, found)
    if near:
        return f"Did you mean {', '.join(near)}?"
    some = sorted(each.id for each in found)
    more = f" and {len(some) - _MOST} more" if len(some) > _MOST else ""
    return f"Projects that the account sees: {', '.join(some[:_MOST])}{more}."


def nearest(wanted: str, known: tuple[Choice, ...]) -> list[str]:
    """Ids, the likeliest first. Names count as well, and upper and lower case are the same."""

    def likeness(choice: Choice) -> float:
        return max(
            _likeness(wanted.casefold(), text.casefold()) for text in (choice.id, choice.name)
        )

    ranked = sorted(((likeness(choice), choice.id) for choice in known), reverse=True)
    return [id for value, id in ranked[:_MOST] if value >= _ALIKE]


def _likeness(wanted: str, text: str) -> float:
    shorter = min(wanted, text, key=len)
    if len(shorter) > 1 and wanted.startswith(shorter) and text.startswith(shorter):
        return 0.9
    return difflib.SequenceMatcher(None, wanted, text).ratio()
