"""Comments: complete, with markers and the internal flag."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from adapters.jira import answers, errors, mapping, wire
from adapters.jira.client import JiraClient, segment
from adapters.jira.form import WIKI, Form, is_heavy
from adapters.rich_text.beside import convert
from schemas.errors import Fault, TrackerError
from schemas.issue import Comment, CommentDraft
from schemas.rich_text import RichText

_PAGE = 1000
_REMEMBERED = 20_000
_WHAT = "list the comments"

Properties = tuple[answers.Property, ...]


class Comments:
    """Jira Server lists an issue's comments without their properties, unless the comments are asked
    for by themselves. Properties are set when a comment is made, so they are asked for once."""

    def __init__(self, client: JiraClient, internal_role: str, form: Form = WIKI) -> None:
        self._client = client
        self._internal_role = internal_role
        self._form = form
        self._known: OrderedDict[str, Properties] = OrderedDict()

    async def complete(
        self, issue_id: str, page: answers.CommentPage | None
    ) -> tuple[Comment, ...]:
        """All comments of an issue whose answer held `page`; asks only for what it lacks."""
        if page is None or page.total > len(page.comments):
            return await self.list(issue_id)
        if silent := self._silent(page.comments):
            await self._learn(issue_id, silent)
        return await self._shown(page.comments)

    async def list(self, issue_id: str) -> tuple[Comment, ...]:
        found = await self._all(issue_id)
        for item in found:
            self._remember(item)
        return await self._shown(found)

    async def exists(self, issue_id: str, comment_id: str) -> bool:
        try:
            await self._client.get(_path(issue_id, comment_id), what="read a comment")
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            # The same answer comes when the issue itself is out of sight.
            await self._client.get(
                f"/issue/{segment(issue_id)}", {"fields": "updated"}, what="read the issue"
            )
            return False
        return True

    async def add(self, issue_id: str, draft: CommentDraft) -> Comment:
        properties = [mapping.marker_property(draft.marker)]
        body: dict[str, Any] = {
            "body": await self._form.rendered(draft.body),
            "properties": properties,
        }
        if draft.internal and self._internal_role:
            body["visibility"] = {"type": "role", "value": self._internal_role}
        elif draft.internal:
            properties.append({"key": mapping.INTERNAL_KEY, "value": {"internal": True}})
        what = "add a comment"
        made = await self._client.make("POST", _path(issue_id), body, wire.comment, what=what)
        self._keep(
            made.id, tuple(answers.Property(item["key"], item["value"]) for item in properties)
        )
        return await convert(self._to_comment, made, large=is_heavy(made.body))

    async def edit(self, issue_id: str, comment_id: str, body: RichText) -> Comment:
        what = "edit a comment"
        # Jira drops a restriction that an edit does not repeat, so it is read before.
        before = wire.read(
            wire.comment,
            await self._client.get(
                _path(issue_id, comment_id), {"expand": "properties"}, what=what
            ),
            what,
        )
        self._remember(before)
        change: dict[str, Any] = {"body": await self._form.rendered(body)}
        if before.visibility:
            change["visibility"] = {
                key: before.visibility[key] for key in ("type", "value") if key in before.visibility
            }
        path = _path(issue_id, comment_id)
        made = await self._client.make("PUT", path, change, wire.comment, what=what)
        return await convert(self._to_comment, made, large=is_heavy(made.body))

    async def delete(self, issue_id: str, comment_id: str) -> None:
        try:
            await self._client.write("DELETE", _path(issue_id, comment_id), what="delete a comment")
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND or await self.exists(issue_id, comment_id):
                raise

    def _silent(self, comments: Iterable[answers.Comment]) -> tuple[str, ...]:
        """Ids of those whose properties are not known."""
        return tuple(
            item.id for item in comments if item.properties is None and item.id not in self._known
        )

    async def _learn(self, issue_id: str, silent: tuple[str, ...]) -> None:
        if len(silent) == 1:
            await self._properties_of(issue_id, silent[0])
            return
        for item in await self._all(issue_id):
            self._remember(item)

    async def _all(self, issue_id: str) -> tuple[answers.Comment, ...]:
        found: dict[str, answers.Comment] = {}
        start = 0
        while True:
            page = await self._page(issue_id, start)
            found.update((item.id, item) for item in page.comments)
            start += len(page.comments)
            if start >= page.total:
                return tuple(found.values())
            if not page.comments:
                raise errors.unreadable(_WHAT)

    async def _page(self, issue_id: str, start: int) -> answers.CommentPage:
        query = {"startAt": str(start), "maxResults": str(_PAGE), "expand": "properties"}
        body = await self._client.get(_path(issue_id), query, what=_WHAT)
        return wire.read(wire.comment_page, body, _WHAT)

    async def _properties_of(self, issue_id: str, comment_id: str) -> None:
        what = "read a comment"
        try:
            body = await self._client.get(
                _path(issue_id, comment_id), {"expand": "properties"}, what=what
            )
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            # Deleted a moment ago; the next read no longer shows it.
            self._keep(comment_id, ())
            return
        self._remember(wire.read(wire.comment, body, what))

    def _remember(self, found: answers.Comment) -> None:
        self._keep(found.id, found.properties or ())

    def _keep(self, comment_id: str, properties: Properties) -> None:
        self._known[comment_id] = properties
        self._known.move_to_end(comment_id)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    async def _shown(self, found: Iterable[answers.Comment]) -> tuple[Comment, ...]:
        listed = tuple(found)
        heavy = is_heavy([item.body for item in listed])
        return await convert(self._in_order, listed, large=heavy)

    def _in_order(self, found: tuple[answers.Comment, ...]) -> tuple[Comment, ...]:
        return _in_order(self._to_comment(item) for item in found)

    def _to_comment(self, found: answers.Comment) -> Comment:
        if found.properties is None and found.id in self._known:
            found = answers.Comment(
                id=found.id,
                body=found.body,
                author=found.author,
                created=found.created,
                updated=found.updated,
                visibility=found.visibility,
                properties=self._known[found.id],
                jsd_public=found.jsd_public,
            )
        return mapping.to_comment(found, self._form)


def _in_order(comments: Iterable[Comment]) -> tuple[Comment, ...]:
    return tuple(sorted(comments, key=lambda item: (item.created, len(item.id), item.id)))


def _path(issue_id: str, comment_id: str = "") -> str:
    path = f"/issue/{segment(issue_id)}/comment"
    return f"{path}/{segment(comment_id)}" if comment_id else path
