"""Issues that were transferred: GitHub leads from their old repository to the new one."""

from collections import OrderedDict

from adapters.github.places import Place

_MOST = 10_000


class Moved:
    """An id never changes for us, so the old one goes on standing for the issue. Learnt when the
    old place is read, which the webhook of the transfer makes happen."""

    def __init__(self) -> None:
        self._now_at: OrderedDict[Place, Place] = OrderedDict()
        self._known_as: dict[str, str] = {}

    def learn(self, old: Place, new: Place) -> None:
        if old == new:
            return
        before = self._now_at.pop(old, None)
        if before is not None:
            self._known_as.pop(before.id, None)
        self._now_at[old] = new
        self._known_as[new.id] = old.id
        if len(self._now_at) > _MOST:
            _, forgotten = self._now_at.popitem(last=False)
            self._known_as.pop(forgotten.id, None)

    def place(self, asked: Place) -> Place:
        """Where it stands today."""
        return self._now_at.get(asked, asked)

    def known_as(self, issue_id: str) -> str:
        """The id by which we have always called it."""
        return self._known_as.get(issue_id, issue_id)
