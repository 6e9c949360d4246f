"""Comments. Jira Cloud tells their properties to those who ask for comments by their ids."""

import msgspec

from adapters.jira import answers, wire
from adapters.jira.client import JiraClient
from adapters.jira.comments import Comments
from adapters.jira_cloud.texts import Texts
from schemas.issue import Comment, CommentDraft
from schemas.rich_text import RichText

_MOST = 1000
_WHAT = "read comments"
_BY_IDS = "/comment/list?expand=properties"


class _Asked(msgspec.Struct, frozen=True):
    values: tuple[answers.Comment, ...] = ()


_asked = msgspec.json.Decoder(_Asked)


class CloudComments(Comments):
    def __init__(self, client: JiraClient, internal_role: str, texts: Texts) -> None:
        super().__init__(client, internal_role, texts.form)
        self._texts = texts

    async def complete(
        self, issue_id: str, page: answers.CommentPage | None
    ) -> tuple[Comment, ...]:
        """Without names of images: the issue that they belong to gets them as a whole."""
        if page is None or page.total > len(page.comments):
            return await self._read(issue_id)
        return await super().complete(issue_id, page)

    async def list(self, issue_id: str) -> tuple[Comment, ...]:
        return await self._texts.named_comments(issue_id, await self._read(issue_id))

    async def add(self, issue_id: str, draft: CommentDraft) -> Comment:
        body = await self._texts.prepared(draft.body, issue_id)
        return await super().add(issue_id, msgspec.structs.replace(draft, body=body))

    async def edit(self, issue_id: str, comment_id: str, body: RichText) -> Comment:
        prepared = await self._texts.prepared(body, issue_id)
        if comment_id not in self._known:
            await self._learn(issue_id, (comment_id,))
        return await super().edit(issue_id, comment_id, prepared)

    async def _read(self, issue_id: str) -> tuple[Comment, ...]:
        found = await self._all(issue_id)
        for item in found:
            self._remember(item)
        if silent := self._silent(found):
            await self._learn(issue_id, silent)
        return await self._shown(found)

    def _remember(self, found: answers.Comment) -> None:
        if found.properties is not None:
            super()._remember(found)

    async def _learn(self, issue_id: str, silent: tuple[str, ...]) -> None:
        for start in range(0, len(silent), _MOST):
            ids = [int(each) for each in silent[start : start + _MOST]]
            body = await self._client.ask(_BY_IDS, {"ids": ids}, what=_WHAT)
            for found in wire.read(_asked, body, _WHAT).values:
                self._remember(found)
        for each in silent:
            # Deleted a moment ago, or without any; what is deleted the next read does not show.
            if each not in self._known:
                self._keep(each, ())
