"""Issues, as any Jira has them; a search that is late is told of what was just made."""

from typing import Any

from adapters.jira import answers
from adapters.jira.issues import Issues
from adapters.jira_cloud.marker import CloudMarkers
from schemas.issue import IssueDraft


class CloudIssues(Issues):
    def __init__(self, markers: CloudMarkers, *parts: Any) -> None:
        super().__init__(*parts)
        self._markers = markers

    async def _link_source(self, made: answers.Created, draft: IssueDraft) -> None:
        self._markers.remember(made.id)
        await super()._link_source(made, draft)
