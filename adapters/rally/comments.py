"""Comments: the posts of an issue's discussion."""

from adapters.rally import attachments, errors, marker, markup, wire
from adapters.rally.client import RallyClient
from adapters.rally.items import Items, Owner
from adapters.rally.mapping import comment
from adapters.rally.people import People
from adapters.rally.wire import Item
from adapters.rally.workspace import Workspace
from schemas.errors import Fault, TrackerError
from schemas.issue import Comment, CommentDraft
from schemas.rich_text import RichText

FETCH = "ObjectID,Text,User,CreationDate,LastUpdateDate,DisplayName,EmailAddress,UserName"
_LIST = "list the comments"
_ADD = "add a comment"
_EDIT = "edit a comment"
_DELETE = "delete a comment"


class Comments:
    def __init__(
        self, client: RallyClient, items: Items, people: People, workspace: Workspace
    ) -> None:
        self._client = client
        self._items = items
        self._people = people
        self._workspace = workspace

    async def list(self, issue_id: str) -> tuple[Comment, ...]:
        owner = await self._items.owner(issue_id)
        try:
            return await self._all(owner.ref)
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            # Tells whether it was deleted.
            await self._items.get(issue_id)
            raise

    async def of(self, item: Item) -> tuple[Comment, ...]:
        """Of an issue that was just read, which tells how many there are."""
        return await self._all(wire.ref(item)) if wire.count(item, "Discussion") else ()

    async def exists(self, issue_id: str, comment_id: str) -> bool:
        try:
            await self._post(comment_id)
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            # The same answer comes when the issue itself is out of sight.
            await self._items.get(issue_id)
            return False
        return True

    async def add(self, issue_id: str, draft: CommentDraft) -> Comment:
        if draft.internal:
            raise errors.refused(
                Fault.VALIDATION,
                "Rally has no internal comments, so the comment was not added.",
                remedy="Keep internal comments out by the rule.",
                field="comments",
            )
        owner = await self._items.owner(issue_id)
        text = await self._text(owner, draft.body, draft.marker)
        body = {"Artifact": owner.ref, "Text": text}
        query = {"fetch": FETCH, **await self._workspace.scope()}
        made = await self._client.attach("ConversationPost", body, query, what=_ADD, lane=owner.oid)
        return await comment(made)

    async def edit(self, issue_id: str, comment_id: str, body: RichText) -> Comment:
        held = await self._post(comment_id)
        owner = await self._items.owner(issue_id)
        signed = marker.split(str(held.get("Text") or ""))[1]
        text = await self._text(owner, body, signed)
        done = await self._client.change(
            f"/conversationpost/{_number(comment_id)}",
            "ConversationPost",
            {"Text": text},
            {"fetch": FETCH},
            what=_EDIT,
            lane=owner.oid,
        )
        return await comment(done)

    async def delete(self, issue_id: str, comment_id: str) -> None:
        try:
            await self._client.remove(
                f"/conversationpost/{_number(comment_id)}", what=_DELETE, lane=issue_id
            )
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND or await self.exists(issue_id, comment_id):
                raise

    async def _all(self, ref: str) -> tuple[Comment, ...]:
        asked = {"fetch": FETCH, "order": "ObjectID"}
        found = await self._client.find_all(f"{ref}/Discussion", asked, what=_LIST)
        comments = [await comment(item) for item in found]
        return tuple(sorted(comments, key=lambda one: (one.created, int(one.id or 0))))

    async def _post(self, comment_id: str) -> Item:
        path = f"/conversationpost/{_number(comment_id)}"
        return await self._client.one(path, "ObjectID,Text", what="read a comment")

    async def _text(self, owner: Owner, body: RichText, signed: str) -> str:
        files: dict[str, str] = {}
        if markup.names_files(body):
            item = await self._items.get(owner.oid, "Attachments")
            files = await attachments.ids_by_name(self._client, item)
        return await markup.render(body, signed, files, self._people.mentioned)


def _number(comment_id: str) -> str:
    if not (comment_id.isascii() and comment_id.isdigit()):
        raise errors.refused(Fault.NOT_FOUND, f"Rally has no comment {comment_id[:40]!r}.")
    return comment_id
