"""Rich text as documents: people are mentioned by their accounts, images by their files."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import msgspec

from adapters.jira import answers, wire
from adapters.jira.client import JiraClient, segment
from adapters.jira.form import Form
from adapters.jira_cloud import media
from adapters.jira_cloud.media import Media
from adapters.jira_cloud.people import People
from adapters.rich_text import adf
from adapters.rich_text.mapping import map_inlines
from schemas.issue import Comment, FieldChange, Issue, Worklog
from schemas.rich_text import Image, Inline, RichText, Text, plain
from schemas.values import Fields, Value

_WHAT = "list the attachments"
_REMEMBERED = 1000
"""Issues whose texts wait for files."""


class Texts:
    def __init__(self, client: JiraClient, people: People, media_: Media) -> None:
        self._client = client
        self._people = people
        self._media = media_
        self._awaited: OrderedDict[str, frozenset[str]] = OrderedDict()
        self.form = Form(self._parse, self._render, _words, "accountId")

    async def prepared(self, rich: RichText, issue_id: str = "") -> RichText:
        """Before it is written: with accounts, and images tied to the files of the issue."""
        rich = await self._people.mentioned(rich)
        names = media.image_names(rich)
        if not names:
            return rich
        attachments = await self._attachments(issue_id) if issue_id else ()
        missing = names - {each.filename for each in attachments}
        if issue_id and missing:
            self.await_files(issue_id, missing)
        return await self._media.placed(rich, attachments)

    def await_files(self, issue_id: str, names: frozenset[str]) -> None:
        """Texts of the issue show images of files that are still to come."""
        self._awaited[issue_id] = self._awaited.get(issue_id, frozenset()) | names
        self._awaited.move_to_end(issue_id)
        if len(self._awaited) > _REMEMBERED:
            self._awaited.popitem(last=False)

    def is_awaited(self, issue_id: str, name: str) -> bool:
        return name in self._awaited.get(issue_id, ())

    def arrived(self, issue_id: str, name: str) -> None:
        left = self._awaited.pop(issue_id, frozenset()) - {name}
        if left:
            self._awaited[issue_id] = left

    async def prepared_fields(self, fields: Fields, issue_id: str = "") -> Fields:
        return {name: await self._prepared_value(each, issue_id) for name, each in fields.items()}

    async def prepared_change(self, issue_id: str, change: FieldChange) -> FieldChange:
        if not any(isinstance(value, RichText) for value in change.set.values()):
            return change
        fields = await self.prepared_fields(change.set, issue_id)
        return FieldChange(fields, change.add, change.remove)

    async def named(self, issue: Issue) -> Issue:
        """Its images under the names of their files, where documents do not tell them."""
        if not self._media.take_nameless():
            return issue
        await self._media.learn(await self._attachments(issue.ref.id))
        fields = {name: self._named_value(value) for name, value in issue.fields.items()}
        comments = issue.comments and tuple(map(self._named_comment, issue.comments))
        worklogs = issue.worklogs and tuple(map(self._named_worklog, issue.worklogs))
        return msgspec.structs.replace(issue, fields=fields, comments=comments, worklogs=worklogs)

    async def named_comments(
        self, issue_id: str, comments: tuple[Comment, ...]
    ) -> tuple[Comment, ...]:
        if not self._media.take_nameless():
            return comments
        await self._media.learn(await self._attachments(issue_id))
        return tuple(map(self._named_comment, comments))

    async def _prepared_value(self, value: Value, issue_id: str) -> Value:
        return await self.prepared(value, issue_id) if isinstance(value, RichText) else value

    def _named_value(self, value: Value) -> Value:
        return map_inlines(value, self._media.renamed) if isinstance(value, RichText) else value

    def _named_comment(self, comment: Comment) -> Comment:
        return msgspec.structs.replace(comment, body=map_inlines(comment.body, self._media.renamed))

    def _named_worklog(self, worklog: Worklog) -> Worklog:
        if worklog.comment is None:
            return worklog
        comment = map_inlines(worklog.comment, self._media.renamed)
        return msgspec.structs.replace(worklog, comment=comment)

    async def _attachments(self, issue_id: str) -> tuple[answers.Attachment, ...]:
        path = f"/issue/{segment(issue_id)}"
        body = await self._client.get(path, {"fields": "attachment"}, what=_WHAT)
        return wire.read(wire.issue, body, _WHAT).fields.attachment or ()

    def _parse(self, document: Any) -> RichText:
        return adf.parse(self._media.named(document))

    def _render(self, rich: RichText) -> Any:
        return self._media.shown(adf.render(rich))


def _words(text: str) -> dict[str, Any]:
    return adf.render(plain(text))


def comparable(rich: RichText) -> RichText:
    """As it is weighed for losses: images of files are kept, as long as the files come along."""

    def inline(part: Inline) -> Inline:
        kept = isinstance(part, Image) and not media.outside(part)
        return Text("image") if kept else part

    return map_inlines(rich, inline)


def image_names_in(values: Iterable[Value]) -> frozenset[str]:
    """Of the files of which any of these texts shows images."""
    texts = [value for value in values if isinstance(value, RichText)]
    return frozenset[str]().union(*map(media.image_names, texts))
