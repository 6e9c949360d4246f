"""Reading one issue, and telling a deleted one from a hidden one."""

from adapters.redmine import errors, wire
from adapters.redmine.client import RedmineClient, segment
from schemas.errors import Fault, TrackerError

READ = "read the issue"


class Items:
    def __init__(self, client: RedmineClient) -> None:
        self._client = client

    async def get(self, issue_id: str, *include: str) -> wire.Issue:
        """GONE when Redmine has no such issue; one that is hidden is PERMISSION."""
        number = issue_id.strip().lstrip("#")
        if not (number.isascii() and number.isdigit()):
            raise errors.refused(
                Fault.NOT_FOUND,
                f"Redmine has no issue {issue_id!r}.",
                remedy="Give the number of an issue, such as #17.",
            )
        query = {"include": ",".join(include)} if include else {}
        path = f"/issues/{segment(number)}.json"
        try:
            found = await self._client.get(path, wire.one_issue, what=READ, query=query)
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            # Somebody else's 404, such as a proxy's, must not look like a deletion.
            await self._client.login.confirm()
            raise TrackerError(
                Fault.GONE,
                f"Redmine has no issue #{number} (any more).",
                remedy=errors.REMEDIES[Fault.GONE],
                status=error.status,
            ) from error
        return found.issue
