"""Comments. Jira Cloud tells their properties to those who ask for comments by their ids."""

from adapters.jira import answers, wire
from adapters.jira.client import JiraClient
from adapters.jira.comments import Comments
from adapters.jira_cloud.texts import Texts
from schemas.issue import Comment, CommentDraft
from schemas.rich_text import RichText

import msgspec

_MOST = 1000
_WHAT = "read comments"


class _Asked(msgspec.Struct, frozen=True):
    values: tuple[answers.Comment, ...] = ()


_asked = msgspec.json.Decoder(_Asked)


class CloudComments(Comments):
    def __init__(self, client: JiraClient, internal_role: str, texts: Texts) -> None:
        super().__init__(client, internal_role, texts.form)
        self._texts = texts

    async def list(self, issue_id: str) -> tuple[Comment, ...]:
        return await self._texts.named_comments(issue_id, await super().list(issue_id))

    async def add(self, issue_id: str, draft: CommentDraft) -> Comment:
        body = await self._texts.prepared(draft.body, issue_id)
        return await super().add(issue_id, msgspec.structs.replace(draft, body=body))

    async def edit(self, issue_id: str, comment_id: str, body: RichText) -> Comment:
        prepared = await self._texts.prepared(body, issue_id)
        return await super().edit(issue_id, comment_id, prepared)

    async def _learn(self, issue_id: str, silent: list[str]) -> None:
        for start in range(0, len(silent), _MOST):
            ids = [int(each) for each in silent[start : start + _MOST]]
            path = "/comment/list?expand=properties"
            body = await self._client.ask(path, {"ids": ids}, what=_WHAT)
            for found in wire.read(_asked, body, _WHAT).values:
                self._remember(found)
        # What was deleted in between has none, and the next read no longer shows it.
        for each in silent:
            self._known.setdefault(each, ())
