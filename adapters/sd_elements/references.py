"""References of a task: the issues elsewhere that stand for it. SD Elements keeps each under one of
its own connections to an issue tracker."""

from urllib.parse import urlsplit

from adapters.http import segment
from adapters.sd_elements import answers
from adapters.sd_elements.client import SdElementsClient
from adapters.sd_elements.paths import task_path
from schemas.errors import Fault, TrackerError
from schemas.issue import FieldChange
from schemas.values import Value, as_set

_WRITE = "write a reference"


class References:
    def __init__(self, client: SdElementsClient, connection: int) -> None:
        """`connection` is the number of a connection in SD Elements; 0 writes no references."""
        self._client = client
        self._connection = connection

    def changes(
        self, held: tuple[answers.Reference, ...], change: FieldChange
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What is to be added and removed. Raises before anything is written."""
        present = {reference.shown for reference in held}
        wanted = (
            set(_names(change.set["references"])) if "references" in change.set else set(present)
        )
        wanted |= set(change.add.get("references", ()))
        wanted -= set(change.remove.get("references", ()))
        added = as_set(wanted - present)
        if added and not self._connection:
            raise TrackerError(
                Fault.CONFIGURATION,
                "References are kept under a connection of SD Elements, and none is named.",
                remedy="Set 'alm_connection' of the connector to the number of one, or leave "
                f"{'references'} out in the incoming rule.",
                field="references",
            )
        return added, as_set(present - wanted)

    async def write(
        self,
        task_id: str,
        held: tuple[answers.Reference, ...],
        added: tuple[str, ...],
        removed: tuple[str, ...],
    ) -> None:
        for text in added:
            await self._client.write("POST", _path(task_id), self._body(text), what=_WRITE)
        for reference in held:
            if reference.shown in removed:
                await self._remove(task_id, str(reference.id))

    async def _remove(self, task_id: str, reference: str) -> None:
        try:
            path = _path(task_id, reference)
            await self._client.write("DELETE", path, None, what="remove a reference")
        except TrackerError as error:
            if error.fault not in (Fault.NOT_FOUND, Fault.GONE):
                raise

    def _body(self, text: str) -> dict[str, object]:
        """People see the name; of an address that is what stands last."""
        is_address = text.startswith(("http://", "https://"))
        name = urlsplit(text).path.rstrip("/").rpartition("/")[2] if is_address else text
        return {
            "alm_connection": self._connection,
            "reference": name or text,
            "name": name or text,
            "link": text if is_address else "",
        }


def _names(value: Value) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, tuple):
        return value
    raise TrackerError(
        Fault.VALIDATION,
        "References must be a set of addresses.",
        remedy="Give a list of addresses in the incoming rule.",
        field="references",
    )


def _path(task_id: str, reference: str = "") -> str:
    path = f"{task_path(task_id)}references/"
    return f"{path}{segment(reference)}/" if reference else path
