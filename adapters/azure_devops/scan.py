"""What changed since: the reporting feeds of revisions and of links."""

from collections.abc import AsyncIterator, Callable
from urllib.parse import parse_qs, urlsplit

import msgspec

from adapters.azure_devops import wire
from adapters.azure_devops.client import AzureDevOpsClient, Call, segment
from adapters.azure_devops.errors import tracker_error
from adapters.azure_devops.items import Items, quoted
from adapters.azure_devops.moments import iso, millis
from adapters.azure_devops.params import AzureDevOpsParams
from adapters.azure_devops.references import PROJECT
from adapters.port import ChangesPage
from schemas.errors import Fault
from schemas.events import IssueChanged
from schemas.issue import Part
from schemas.values import Millis

_FIELDS = "System.Id,System.Rev,System.TeamProject,System.ChangedDate,System.IsDeleted"
_IDS_PER_QUERY = 10_000
"""Half of the number from which Azure DevOps refuses a query."""


class _Feeds(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where we stand in one project: a time to start from until the first token came."""

    since: Millis = 0
    revisions: str = ""
    links: str = ""


class _Cursor(msgspec.Struct, frozen=True):
    since: Millis
    """For projects that join later."""
    projects: dict[str, _Feeds]


_decode = msgspec.json.Decoder(_Cursor).decode
_encode = msgspec.json.encode


class Scan:
    def __init__(
        self,
        connector: str,
        client: AzureDevOpsClient,
        items: Items,
        params: AzureDevOpsParams,
        now: Callable[[], Millis],
    ) -> None:
        self._connector = connector
        self._client = client
        self._items = items
        self._params = params
        self._now = now

    async def changed_since(self, cursor: str | None, projects: tuple[str, ...]) -> ChangesPage:
        """One page of both feeds of each project. After its first page a feed is followed by the
        server's own watermark; the time that it starts from stays behind by `scan_lag`."""
        lagged = self._now() - int(self._params.scan_lag * 1000)
        names = self._scope(projects)
        if cursor is None:
            start = _Cursor(lagged, {name: _Feeds(since=lagged) for name in names})
            return ChangesPage((), _encode(start).decode(), complete=True)
        held = _read_cursor(cursor)
        found: dict[str, IssueChanged] = {}
        feeds: dict[str, _Feeds] = {}
        complete = True
        for name in names:
            feed = held.projects.get(name) or _Feeds(since=min(held.since, lagged))
            revisions = await self._revisions(name, feed)
            links = await self._links(name, feed)
            for change in (*self._linked(name, links), *self._revised(name, revisions)):
                found[change.issue] = change
            feeds[name] = _Feeds(
                feed.since,
                _token(revisions) or feed.revisions,
                _token(links) or feed.links,
            )
            complete = complete and revisions.is_last_batch and links.is_last_batch
        newest = _encode(_Cursor(held.since, held.projects | feeds)).decode()
        return ChangesPage(tuple(found.values()), newest, complete)

    async def all_issues(self, projects: tuple[str, ...]) -> AsyncIterator[IssueChanged]:
        names = [name for name in self._scope(projects) if name]
        listed = ", ".join(map(quoted, names))
        conditions = [f"[{PROJECT}] IN ({listed})"] if names else []
        project = names[0] if len(names) == 1 else ""
        last = 0
        while True:
            ids = await self._items.ids_after(last, _IDS_PER_QUERY, conditions)
            for item_id in ids:
                yield IssueChanged(self._connector, str(item_id), project=project, source="scan")
            if len(ids) < _IDS_PER_QUERY:
                return
            last = max(ids)

    def _scope(self, projects: tuple[str, ...]) -> tuple[str, ...]:
        """'' stands for the whole organisation."""
        return projects or (self._params.project,)

    async def _revisions(self, project: str, feed: _Feeds) -> wire.RevisionPage:
        query = {"fields": _FIELDS, "includeLatestOnly": "true", "includeDeleted": "true"}
        call = Call(
            what="tell what changed",
            path=f"{_place(project)}/_apis/wit/reporting/workitemrevisions",
            query=query | _position(feed.revisions, feed.since),
        )
        return await self._client.fetch(call, wire.revisions)

    async def _links(self, project: str, feed: _Feeds) -> wire.LinkPage:
        call = Call(
            what="tell which links changed",
            path=f"{_place(project)}/_apis/wit/reporting/workitemlinks",
            query=_position(feed.links, feed.since),
        )
        return await self._client.fetch(call, wire.links)

    def _revised(self, project: str, page: wire.RevisionPage) -> list[IssueChanged]:
        """A look at the fields sees a new comment by their number, and files; what raises no
        revision this feed never tells."""
        return [
            IssueChanged(
                self._connector,
                str(revision.id),
                version=revision.rev or None,
                parts=(Part.FIELDS,),
                project=str(revision.fields.get(PROJECT) or project),
                source="scan",
                deleted=bool(revision.fields.get("System.IsDeleted")),
                at=millis(revision.fields.get("System.ChangedDate")),
            )
            for revision in page.values
        ]

    def _linked(self, project: str, page: wire.LinkPage) -> list[IssueChanged]:
        ids = {
            item_id
            for link in page.values
            for item_id in (
                link.source_id or link.attributes.source_id,
                link.target_id or link.attributes.target_id,
            )
            if item_id
        }
        parts = (Part.FIELDS, Part.ATTACHMENTS)
        return [
            IssueChanged(self._connector, str(one), parts=parts, project=project, source="scan")
            for one in sorted(ids)
        ]


def _place(project: str) -> str:
    return f"/{segment(project)}" if project else ""


def _position(token: str, since: Millis) -> dict[str, str]:
    """The token or the time: Azure DevOps refuses both together."""
    return {"continuationToken": token} if token else {"startDateTime": iso(since)}


def _token(page: wire.RevisionPage | wire.LinkPage) -> str:
    if page.continuation_token:
        return page.continuation_token
    return parse_qs(urlsplit(page.next_link).query).get("continuationToken", [""])[0]


def _read_cursor(text: str) -> _Cursor:
    try:
        return _decode(text)
    except msgspec.DecodeError as error:
        raise tracker_error(
            Fault.CONFIGURATION, "the scan's position cannot be read.", remedy="Scan from anew."
        ) from error
