"""Comments: the notes of an issue's journals."""

from adapters.redmine import errors, marker, wire
from adapters.redmine.client import RedmineClient, segment
from adapters.redmine.items import Items
from adapters.redmine.mapping import Reader
from adapters.redmine.markup import Markup
from adapters.redmine.rights import SEE_PRIVATE_NOTES, WRITE_PRIVATE_NOTES, Rights
from schemas.errors import Fault, TrackerError
from schemas.issue import Comment, CommentDraft
from schemas.rich_text import RichText

_ADD = "add a comment"


class Comments:
    def __init__(
        self,
        client: RedmineClient,
        items: Items,
        reader: Reader,
        markup: Markup,
        rights: Rights,
    ) -> None:
        self._client = client
        self._items = items
        self._reader = reader
        self._markup = markup
        self._rights = rights

    async def list(self, issue_id: str) -> tuple[Comment, ...]:
        found = await self._items.get(issue_id, "journals")
        return await self._reader.comments(found.journals)

    async def exists(self, issue_id: str, comment_id: str) -> bool:
        await self._client.login.confirm()
        found = await self._items.get(issue_id, "journals")
        if _noted(found, comment_id) is not None:
            return True
        # A note that became private is out of sight, and not gone.
        return bool(await self._rights.lacking(found.project.id, (SEE_PRIVATE_NOTES,)))

    async def add(self, issue_id: str, draft: CommentDraft) -> Comment:
        """Redmine answers with nothing, so the new comment is read by its marker."""
        if draft.internal:
            await self._may_be_private(issue_id)
        notes = marker.sign(await self._markup.render(draft.body), draft.marker)
        body = {"issue": {"notes": notes, "private_notes": draft.internal}}
        path = f"/issues/{segment(issue_id)}.json"
        await self._client.write("PUT", path, body, what=_ADD)
        try:
            comments = await self.list(issue_id)
        except TrackerError as error:
            raise errors.unconfirmed(error, "The comment was added") from error
        made = [item for item in comments if item.marker == draft.marker]
        if not made:
            raise errors.refused(Fault.PERMISSION, "Redmine left the comment out without a word.")
        return made[-1]

    async def edit(self, issue_id: str, comment_id: str, body: RichText) -> Comment:
        found = await self._items.get(issue_id, "journals")
        before = _noted(found, comment_id)
        if before is None:
            raise _missing(comment_id)
        _, signed = marker.split(before.notes)
        notes = marker.sign(await self._markup.render(body), signed)
        await self._write(comment_id, notes, "edit a comment")
        after = wire.Journal(before.id, before.user, notes, before.created_on, before.private_notes)
        return (await self._reader.comments((after,)))[0]

    async def delete(self, issue_id: str, comment_id: str) -> None:
        """Redmine deletes a journal whose note is emptied, unless it also tells of changes."""
        try:
            await self._write(comment_id, "", "delete a comment")
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND or await self.exists(issue_id, comment_id):
                raise

    async def _write(self, comment_id: str, notes: str, what: str) -> None:
        path = f"/journals/{segment(comment_id)}.json"
        await self._client.write("PUT", path, {"journal": {"notes": notes}}, what=what)

    async def _may_be_private(self, issue_id: str) -> None:
        """Redmine would publish an internal comment of an account that may not hide it."""
        found = await self._items.get(issue_id)
        if await self._rights.lacking(found.project.id, (WRITE_PRIVATE_NOTES, SEE_PRIVATE_NOTES)):
            raise errors.refused(
                Fault.PERMISSION,
                "The account may not write private notes, so the internal comment was not added.",
                remedy="Give the account's role 'Set notes as private' and 'View private notes',"
                " or keep internal comments out by the rule.",
            )


def _noted(found: wire.Issue, comment_id: str) -> wire.Journal | None:
    for journal in found.journals:
        if str(journal.id) == comment_id and (journal.notes or "").strip():
            return journal
    return None


def _missing(comment_id: str) -> TrackerError:
    return errors.refused(Fault.NOT_FOUND, f"The issue has no comment {comment_id}.")
