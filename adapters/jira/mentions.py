"""People who are mentioned in texts: Jira writes their user name, others know them by their own."""

import msgspec

from adapters.jira.accounts import Accounts
from adapters.rich_text.mapping import inlines, map_inlines
from schemas.issue import Comment, FieldChange, Issue
from schemas.rich_text import Inline, Mention, RichText, Text
from schemas.values import Fields


class Mentions:
    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def written(self, rich: RichText) -> RichText:
        """With user names. Who is not known here, or not for sure, becomes words: a name from
        elsewhere may be the user name of a stranger."""
        exchanged: dict[Mention, Inline] = {}
        for mention in _mentions(rich):
            login = await self._login(mention)
            exchanged[mention] = Mention(login) if login else Text("@" + mention.name)
        return _exchanged(rich, exchanged)

    async def written_fields(self, fields: Fields) -> Fields:
        return {
            name: await self.written(value) if isinstance(value, RichText) else value
            for name, value in fields.items()
        }

    async def written_change(self, change: FieldChange) -> FieldChange:
        return FieldChange(await self.written_fields(change.set), change.add, change.remove)

    async def shown(self, rich: RichText) -> RichText:
        """With the names of people, and their user names as ids."""
        exchanged: dict[Mention, Inline] = {}
        for mention in _mentions(rich):
            user = await self._accounts.named(mention.name)
            if user is not None:
                exchanged[mention] = Mention(user.name, user.id)
        return _exchanged(rich, exchanged)

    async def shown_comment(self, comment: Comment) -> Comment:
        body = await self.shown(comment.body)
        return comment if body is comment.body else msgspec.structs.replace(comment, body=body)

    async def shown_comments(self, comments: tuple[Comment, ...]) -> tuple[Comment, ...]:
        return tuple([await self.shown_comment(comment) for comment in comments])

    async def shown_fields(self, fields: Fields) -> Fields:
        return {
            name: await self.shown(value) if isinstance(value, RichText) else value
            for name, value in fields.items()
        }

    async def shown_issue(self, issue: Issue) -> Issue:
        fields = await self.shown_fields(issue.fields)
        comments = issue.comments
        if comments is not None:
            comments = await self.shown_comments(comments)
        return msgspec.structs.replace(issue, fields=fields, comments=comments)

    async def _login(self, mention: Mention) -> str:
        if mention.id:
            known = await self._accounts.named(mention.id)
            if known is not None and known.name == mention.name:
                return known.id
        return await self._accounts.only_login(mention.name) if mention.name else ""


def _mentions(rich: RichText) -> dict[Mention, None]:
    return dict.fromkeys(part for part in inlines(rich) if isinstance(part, Mention))


def _exchanged(rich: RichText, others: dict[Mention, Inline]) -> RichText:
    if not others:
        return rich

    def other(part: Inline) -> Inline:
        return others.get(part, part) if isinstance(part, Mention) else part

    return map_inlines(rich, other)
