"""References of a task to issues of trackers, as a set of `connection:reference`."""

from adapters.http import segment
from adapters.sd_elements import answers
from adapters.sd_elements.client import SdElementsClient
from adapters.sd_elements.paths import task_path
from schemas.errors import Fault, TrackerError
from schemas.issue import FieldChange
from schemas.values import Value

_FIELD = "references"


def wanted(task: answers.Task, given: Value, change: FieldChange) -> frozenset[str]:
    """Which there are to be; what a set that was given whole leaves out stays, for others made
    it."""
    known = {each.words for each in task.references or ()}
    whole = set(given) if isinstance(given, tuple) else set()
    added, removed = change.add.get(_FIELD, ()), change.remove.get(_FIELD, ())
    return frozenset((known | whole | set(added)) - set(removed))


class References:
    def __init__(self, client: SdElementsClient) -> None:
        self._client = client

    async def bring(self, task: answers.Task, wanted: frozenset[str]) -> bool:
        """True when something was written."""
        known = {each.words: each for each in task.references or ()}
        path = f"{task_path(task.id)}references/"
        for words in sorted(wanted - known.keys()):
            await self._client.write("POST", path, _body(words), what="refer to an issue")
        for words in sorted(known.keys() - wanted):
            one = f"{path}{segment(str(known[words].id))}/"
            await self._client.write("DELETE", one, None, what="remove a reference")
        return wanted != known.keys()


def _body(words: str) -> dict[str, object]:
    connection, colon, reference = words.partition(":")
    if not colon or not connection.isdecimal() or not reference:
        raise TrackerError(
            Fault.VALIDATION,
            f"{words!r} is no reference of SD Elements.",
            remedy="Write it as the connection's number, a colon, and the issue's key: 14:ABC-1.",
            field=_FIELD,
        )
    return {"alm_connection": int(connection), "reference": reference}
