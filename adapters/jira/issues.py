"""Issues: read whole, created with their marker, and edited over whatever is there."""

from collections.abc import Callable
from typing import Any

import msgspec
import structlog

from adapters.jira import answers, errors, history, mapping, wire
from adapters.jira.allowed import explain
from adapters.jira.client import JiraClient, segment
from adapters.jira.comments import Comments
from adapters.jira.fields import CustomFields, Known
from adapters.jira.form import Form, is_heavy
from adapters.jira.links import Links
from adapters.jira.mentions import Mentions
from adapters.jira.moves import Moves
from adapters.jira.parents import PlacesParents
from adapters.jira.worklogs import Worklogs
from adapters.jira.writing import Body, Writer
from adapters.rich_text.beside import convert
from schemas.errors import Fault, TrackerError
from schemas.issue import FieldChange, Issue, IssueDraft, IssueRef, Part
from schemas.values import Fields, Value

log = structlog.get_logger()

_FIELDS = (
    "summary,description,environment,status,resolution,priority,issuetype,labels,assignee,reporter,"
    "duedate,components,fixVersions,versions,parent,issuelinks,timeoriginalestimate,timeestimate,"
    "timespent,project,created,updated"
)
_BY_PART = {Part.COMMENTS: "comment", Part.ATTACHMENTS: "attachment", Part.WORKLOGS: "worklog"}
_READ = "read the issue"
_ONLY_FIELDS = frozenset({Part.FIELDS})
_BY_DRAFT = ("type", "status", "resolution", "project")


class Issues:
    """`custom_fields` are the ids of those to read; None reads all."""

    def __init__(
        self,
        connector: str,
        client: JiraClient,
        fields: CustomFields,
        writer: Writer,
        moves: Moves,
        links: Links,
        parents: PlacesParents,
        comments: Comments,
        worklogs: Worklogs,
        custom_fields: tuple[str, ...] | None,
        form: Form,
        mentions: Mentions | None = None,
        made: Callable[[str], None] | None = None,
    ) -> None:
        """`made` is told the id of each new issue at once."""
        self._connector = connector
        self._client = client
        self._fields = fields
        self._writer = writer
        self._moves = moves
        self._links = links
        self._parents = parents
        self._comments = comments
        self._worklogs = worklogs
        self._custom_fields = custom_fields
        self._form = form
        self._mentions = mentions
        self._made = made

    async def resolve(self, key_or_id: str) -> IssueRef:
        found, _ = await self._get(key_or_id, "updated")
        return mapping.reference(self._client.base, found)

    async def read(self, issue_id: str, parts: frozenset[Part]) -> Issue:
        found, body = await self._get(issue_id, await self._wanted_fields(parts))
        return await self._shaped(found, body, parts)

    async def create(self, draft: IssueDraft) -> Issue:
        """Whatever fails once the issue stands raises UNKNOWN_OUTCOME, so that the caller looks the
        marker up and does not create a second one."""
        links = _links(draft.fields.get("links"))
        await self._links.check(links)
        wanted: Fields = {
            name: value
            for name, value in draft.fields.items()
            if name not in _BY_DRAFT and value is not None
        }
        fields = await self._writer.fields(wanted, draft.type)
        fields["project"] = {"key": draft.project}
        fields["issuetype"] = {"name": draft.type}
        what = "create an issue"
        body = {"fields": fields, "properties": [mapping.marker_property(draft.marker)]}
        try:
            made = await self._client.make("POST", "/issue", body, wire.created, what=what)
        except TrackerError as error:
            raise await explain(self._client, error, draft.project) from error
        if self._made is not None:
            self._made(made.id)
        try:
            await self._link_source(made, draft)
            if links:
                await self._links.change(made.id, add=links)
            return await self._start(made.id, draft.fields)
        except TrackerError as error:
            raise TrackerError(
                Fault.UNKNOWN_OUTCOME,
                f"The issue was created, but then: {error.message}",
                remedy=error.remedy,
                status=error.status,
                field=error.field,
                retry_after=error.retry_after,
            ) from error

    async def update(self, issue: Issue, change: FieldChange) -> Issue:
        """Fields first, then the status, for a closed issue may refuse edits; where the open issue
        refuses them instead, the other way round. One read at the end."""
        await self._check_links(change)
        status = self._moves.wanted(issue.fields, change.set)
        late: dict[str, Any] = {}
        if status and isinstance(change.set.get("resolution"), str):
            late["resolution"] = {"name": change.set["resolution"]}
            change = _without(change, "resolution")
        body = await self._writer.body(change, _type_name(issue, change))
        try:
            await self._edit(issue, body, late if status else None)
        except TrackerError as error:
            if error.fault is not Fault.PERMISSION or not status:
                raise
            await self._move(issue, status, body, late)
            await self._edit(issue, body, None)
        else:
            if status:
                await self._move(issue, status, body, late)
        await self._change_links(issue, change)
        return await self._read_back(issue, body.fields, change)

    async def _shaped(self, found: answers.Issue, body: bytes, parts: frozenset[Part]) -> Issue:
        values = mapping.custom_values(body)
        known = await self._fields.known(values) if values else Known()
        epic = values.get(known.parent)
        comments = worklogs = None
        if Part.COMMENTS in parts:
            comments = await self._comments.complete(found.id, found.fields.comment)
        if Part.WORKLOGS in parts:
            worklogs = await self._worklogs.complete(found.id, found.fields.worklog)
        parent = await self._parents.id_of(epic) if isinstance(epic, str) else None

        def shaped(told: answers.Issue) -> Issue:
            return mapping.to_issue(
                self._client.base,
                told,
                values,
                known,
                parts,
                self._form,
                parent=parent,
                comments=comments,
                worklogs=worklogs,
            )

        texts = [found.fields.description, found.fields.environment, *values.values()]
        issue = await convert(shaped, found, large=is_heavy(texts))
        page = found.fields.comment
        may_mention = b"[~" in body or (page is not None and page.total > len(page.comments))
        if self._mentions is not None and may_mention:
            return await self._mentions.shown_issue(issue)
        return issue

    async def _read_back(
        self, before: Issue, written: dict[str, Any], change: FieldChange
    ) -> Issue:
        """With the history, for what another wrote between our look and our write."""
        expand = "changelog" if history.is_watched(written) else ""
        wanted = await self._wanted_fields(_ONLY_FIELDS)
        found, body = await self._get(before.ref.id, wanted, expand)
        held = await self._shaped(found, body, _ONLY_FIELDS)
        if "parent" in change.set and held.fields["parent"] != change.set["parent"]:
            raise errors.refused("parent", "it took the change without a word and did nothing")
        lost = await self._unseen(before, history.overwritten(found, before, written))
        return msgspec.structs.replace(held, overwritten=lost) if lost else held

    async def _unseen(self, before: Issue, lost: Fields) -> Fields:
        """The history writes mentions as Jira does, so what looks new may have been seen."""
        if self._mentions is None:
            return lost
        shown = await self._mentions.shown_fields(lost)
        return {name: value for name, value in shown.items() if value != before.fields.get(name)}

    async def _get(
        self, key_or_id: str, fields: str, expand: str = ""
    ) -> tuple[answers.Issue, bytes]:
        query = {"fields": fields, "properties": mapping.MARKER_KEY}
        if expand:
            query["expand"] = expand
        body = await self._client.get(f"/issue/{segment(key_or_id)}", query, what=_READ)
        return wire.read(wire.issue, body, _READ), body

    async def _wanted_fields(self, parts: frozenset[Part]) -> str:
        if self._custom_fields is None:
            unwanted = [name for part, name in _BY_PART.items() if part not in parts]
            unwanted += ["subtasks", "votes", "watches", "timetracking"]
            return "*all,-" + ",-".join(unwanted)
        named = [_FIELDS, *self._custom_fields]
        if (epic := (await self._fields.known()).parent) and epic not in self._custom_fields:
            named.append(epic)
        return ",".join([*named, *(name for part, name in _BY_PART.items() if part in parts)])

    async def _edit(self, issue: Issue, body: Body, late: dict[str, Any] | None) -> None:
        """Fields that stand on no screen for edits go to `late`, for the screen of a transition."""
        path = f"/issue/{segment(issue.ref.id)}"
        while body:
            try:
                await self._client.write("PUT", path, body.plain(), what="edit the issue")
                return
            except TrackerError as error:
                field = errors.jira_name(error.field)
                if late is None or not errors.is_off_screen(error) or field not in body.fields:
                    raise await explain(self._client, error, issue.project) from error
                late[field] = body.fields.pop(field)

    async def _move(self, issue: Issue, status: str, body: Body, late: dict[str, Any]) -> None:
        left = await self._moves.move(issue, status, late, frozenset(body.fields))
        if left:
            # No transition asked for them; the edit tells why if there is no place for them.
            await self._edit(issue, Body(left, {}), None)

    async def _start(self, issue_id: str, wanted: Fields) -> Issue:
        """The new issue as it is, brought into the wanted status."""
        issue = await self.read(issue_id, _ONLY_FIELDS)
        status = self._moves.wanted(issue.fields, wanted)
        if not status:
            return issue
        late: dict[str, Any] = {}
        if isinstance(wanted.get("resolution"), str):
            late["resolution"] = {"name": wanted["resolution"]}
        await self._move(issue, status, Body({}, {}), late)
        return await self.read(issue_id, _ONLY_FIELDS)

    async def _check_links(self, change: FieldChange) -> None:
        links = (*_links(change.set.get("links")), *change.add.get("links", ()))
        await self._links.check(links)

    async def _change_links(self, issue: Issue, change: FieldChange) -> None:
        add, remove = change.add.get("links", ()), change.remove.get("links", ())
        whole = _links(change.set["links"]) if "links" in change.set else None
        if add or remove or whole is not None:
            await self._links.change(issue.ref.id, add, remove, whole)

    async def _link_source(self, made: answers.Created, draft: IssueDraft) -> None:
        """A remote link to the other side's issue. Its global id makes a repeat harmless."""
        if not draft.source_url:
            return
        body = {
            "globalId": f"{mapping.MARKER_KEY}={draft.marker}",
            "relationship": "is in step with",
            "object": {"url": draft.source_url, "title": draft.source_url},
        }
        path = f"/issue/{segment(made.id)}/remotelink"
        try:
            await self._client.write("POST", path, body, what="add a link")
        except TrackerError as error:
            log.warning(
                "tracker.link_refused",
                connector=self._connector,
                issue=made.key,
                cause=error.message,
            )


def _without(change: FieldChange, name: str) -> FieldChange:
    rest = {key: value for key, value in change.set.items() if key != name}
    return FieldChange(rest, change.add, change.remove)


def _type_name(issue: Issue, change: FieldChange) -> str:
    return str(change.set.get("type") or issue.fields.get("type") or "")


def _links(value: Value) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, tuple):
        raise errors.refused("links", "its value is no set of links")
    return value
