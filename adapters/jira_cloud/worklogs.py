"""Worklogs. In Jira Cloud they have properties, where the marker is kept out of people's sight."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from adapters.jira import answers, mapping
from adapters.jira.client import JiraClient
from adapters.jira.worklogs import Worklogs, time_of, to_worklog
from adapters.jira_cloud.texts import Texts
from schemas.issue import Worklog, WorklogDraft

_REMEMBERED = 20_000


class CloudWorklogs(Worklogs):
    """An issue's own answer tells no properties of worklogs; they never change, so they are asked
    for once."""

    _LISTED: ClassVar[Mapping[str, str]] = {"expand": "properties"}

    def __init__(self, client: JiraClient, texts: Texts) -> None:
        super().__init__(client)
        self._texts = texts
        self._markers: OrderedDict[str, str] = OrderedDict()

    async def complete(
        self, issue_id: str, page: answers.WorklogPage | None
    ) -> tuple[Worklog, ...] | None:
        if page is not None and any(each.id not in self._markers for each in page.worklogs):
            return await self._list(issue_id)
        return await super().complete(issue_id, page)

    async def add(self, issue_id: str, draft: WorklogDraft) -> Worklog:
        made = await super().add(issue_id, await self._prepared(issue_id, draft))
        self._keep(made.id, draft.marker)
        return msgspec.structs.replace(made, marker=draft.marker)

    async def edit(self, issue_id: str, worklog_id: str, draft: WorklogDraft) -> Worklog:
        made = await super().edit(issue_id, worklog_id, await self._prepared(issue_id, draft))
        self._keep(made.id, draft.marker)
        return msgspec.structs.replace(made, marker=draft.marker)

    async def _prepared(self, issue_id: str, draft: WorklogDraft) -> WorklogDraft:
        if draft.comment is None:
            return draft
        comment = await self._texts.prepared(draft.comment, issue_id)
        return msgspec.structs.replace(draft, comment=comment)

    def _body(self, draft: WorklogDraft) -> dict[str, Any]:
        form = self._texts.form
        return {
            **time_of(draft),
            "comment": form.words("") if draft.comment is None else form.render(draft.comment),
            "properties": [mapping.marker_property(draft.marker)],
        }

    def _shown(self, found: answers.Worklog) -> Worklog:
        if found.properties is not None:
            self._keep(found.id, mapping.marker_of(found.properties))
        text = self._texts.form.parse(found.comment)
        return to_worklog(found, text if text.blocks else None, self._markers.get(found.id, ""))

    def _keep(self, worklog_id: str, marker: str) -> None:
        self._markers[worklog_id] = marker
        self._markers.move_to_end(worklog_id)
        if len(self._markers) > _REMEMBERED:
            self._markers.popitem(last=False)
