"""Comments: complete, with markers. GitHub shows every comment to everybody who sees the issue."""

from adapters.github import answers, mapping, markup, wire
from adapters.github.client import GitHubClient
from adapters.github.errors import invalid
from adapters.github.markers import split_marker
from adapters.github.places import Place
from adapters.github.users import Users
from schemas.errors import Fault, TrackerError
from schemas.issue import Comment, CommentDraft
from schemas.rich_text import RichText

_FIELD = "comment"


class Comments:
    def __init__(self, client: GitHubClient, users: Users) -> None:
        self._client = client
        self._users = users

    async def list(self, place: Place) -> tuple[Comment, ...]:
        # By id, for a page may shift when an earlier comment is deleted meanwhile.
        found: dict[int, answers.Comment] = {}
        pages = self._client.pages(
            f"{place.path}/comments", wire.comments, what="list the comments"
        )
        async for page in pages:
            found.update((one.id, one) for one in page)
        ordered = sorted(found.values(), key=lambda one: (one.created_at, one.id))
        return tuple([await mapping.to_comment(one) for one in ordered])

    async def exists(self, place: Place, comment_id: str) -> bool:
        try:
            await self._get(place, comment_id)
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            # The same answer comes when the repository itself is out of sight.
            await self._client.get(place.path, wire.issue, what="read the issue")
            return False
        return True

    async def add(self, place: Place, draft: CommentDraft) -> Comment:
        if draft.internal:
            raise invalid(
                "GitHub has no internal comments, and this one is internal.",
                _FIELD,
                "Leave internal comments out of the rule, or make them public there.",
            )
        body = {"body": await self._text(place, draft.body, draft.marker)}
        made = await self._client.write(
            "POST", f"{place.path}/comments", body, wire.comment, what="add a comment"
        )
        return await mapping.to_comment(made)

    async def edit(self, place: Place, comment_id: str, body: RichText) -> Comment:
        # The whole text is written, so the marker in it is read before.
        held = await self._get(place, comment_id)
        text = await self._text(place, body, split_marker(held.body)[1])
        made = await self._client.write(
            "PATCH", _path(place, comment_id), {"body": text}, wire.comment, what="edit a comment"
        )
        return await mapping.to_comment(made)

    async def delete(self, place: Place, comment_id: str) -> None:
        try:
            await self._client.send("DELETE", _path(place, comment_id), what="delete a comment")
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND or await self.exists(place, comment_id):
                raise

    async def _get(self, place: Place, comment_id: str) -> answers.Comment:
        found = await self._client.get(
            _path(place, comment_id), wire.comment, what="read a comment"
        )
        if not found.issue_url.endswith(f"/{place.number}"):
            raise TrackerError(
                Fault.NOT_FOUND,
                f"The comment {comment_id} belongs to another issue.",
                remedy="Nothing to do: it is not touched.",
            )
        return found

    async def _text(self, place: Place, body: RichText, marker: str) -> str:
        async def logins() -> frozenset[str]:
            return await self._users.logins(place.repository)

        text = await markup.render(body, marker, _FIELD, logins)
        if not text:
            raise invalid("GitHub takes no empty comment.", _FIELD)
        return text


def _path(place: Place, comment_id: str) -> str:
    if not comment_id.isascii() or not comment_id.isdigit():
        raise TrackerError(
            Fault.NOT_FOUND,
            f"{comment_id[:80]!r} is not the id of a GitHub comment.",
            remedy="Check the id.",
        )
    return f"/repositories/{place.repository}/issues/comments/{comment_id}"
