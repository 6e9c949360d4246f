"""Issues: read, made, found again and written."""

from collections.abc import Awaitable, Callable

from adapters.github import answers, mapping, wire
from adapters.github.catalogue import Catalogue
from adapters.github.client import GitHubClient
from adapters.github.dropped import refuse_dropped
from adapters.github.errors import github_error
from adapters.github.links import Links, asks_for_links
from adapters.github.markers import split_marker, with_marker
from adapters.github.moments import millis
from adapters.github.moved import Moved
from adapters.github.params import GitHubParams
from adapters.github.places import Place, Repositories, parse_id, project_of
from adapters.github.users import Users
from adapters.github.writing import Edit, Target, Writer
from adapters.http import segment
from schemas.errors import Fault, TrackerError
from schemas.issue import Comment, FieldChange, Issue, IssueDraft, IssueRef
from schemas.values import Fields, Millis

_READ = "read the issue"
_MARGIN = 10 * 60 * 1000
"""GitHub's clock and ours may differ by this many milliseconds."""
_BESIDE = frozenset({"parent", "links", "reporter"})

ReadComments = Callable[[Place], Awaitable[tuple[Comment, ...]]]


class Issues:
    def __init__(
        self,
        client: GitHubClient,
        params: GitHubParams,
        repositories: Repositories,
        users: Users,
        catalogue: Catalogue,
        moved: Moved,
    ) -> None:
        self._client = client
        self._params = params
        self._users = users
        self._repositories = repositories
        self._links = Links(client, repositories)
        self._writer = Writer(params, users, catalogue)
        self._moved = moved

    def place(self, issue_id: str) -> Place:
        return self._moved.place(parse_id(issue_id))

    async def resolve(self, key_or_id: str) -> IssueRef:
        asked = await self._repositories.place(key_or_id)
        _, found = await self._get(self._moved.place(asked))
        return mapping.reference(parse_id(self._moved.known_as(asked.id)), found)

    async def read(self, issue_id: str, read_comments: ReadComments | None = None) -> Issue:
        asked = parse_id(issue_id)
        place, found = await self._get(self._moved.place(asked))
        self._moved.learn(asked, place)
        extra = await self._extra(place, found)
        comments = await read_comments(place) if read_comments else None
        return await mapping.to_issue(asked, found, self._params, extra, comments)

    async def create(self, draft: IssueDraft) -> Issue:
        """Whatever fails once the issue stands raises UNKNOWN_OUTCOME, so that the caller looks the
        marker up and does not create a second one."""
        repository = await self._repositories.read(draft.project)
        target = Target(repository.id, repository.full_name, marker=draft.marker)
        edit = await self._writer.edit(target, FieldChange(_given(draft)))
        state: dict[str, object] = {
            key: edit.body.pop(key) for key in ("state", "state_reason") if key in edit.body
        }
        body = self._new_body(edit, draft)
        path = f"/repositories/{repository.id}/issues"
        made = await self._client.write("POST", path, body, wire.issue, what="create an issue")
        place = Place(repository.id, made.number)
        try:
            await refuse_dropped(self._client, repository.id, body, made)
            return await self._finish(place, made, state, draft.fields)
        except TrackerError as error:
            raise TrackerError(
                Fault.UNKNOWN_OUTCOME,
                f"The issue was created, but then: {error.message}",
                remedy=error.remedy,
                status=error.status,
                field=error.field,
                retry_after=error.retry_after,
            ) from error

    async def find_by_marker(self, marker: str, project: str, since: Millis) -> IssueRef | None:
        """The oldest with this marker: a person may have copied an issue with its text. Read from
        the list, for the search is late."""
        repository = await self._repositories.number(project)
        query = {"state": "all", "sort": "created", "direction": "desc"}
        pages = self._client.pages(
            f"/repositories/{repository}/issues", wire.issues, query, what="look for a marker"
        )
        oldest: answers.Issue | None = None
        async for page in pages:
            for one in page:
                if one.pull_request is None and split_marker(one.body)[1] == marker:
                    oldest = one
            if page and millis(page[-1].created_at) < since - _MARGIN:
                break
        if oldest is None:
            return None
        return mapping.reference(Place(repository, oldest.number), oldest)

    async def update(self, issue: Issue, change: FieldChange) -> Issue:
        """Reads first, for GitHub takes no expected version: CONFLICT when a field that is to be
        written is no longer what `issue` says."""
        asked = parse_id(issue.ref.id)
        place, held = await self._get(self._moved.place(asked))
        self._moved.learn(asked, place)
        extra = await self._extra(place, held)
        before = await mapping.to_issue(asked, held, self._params, extra, None)
        _refuse_stale(issue, before, change)
        target = Target(place.repository, project_of(held), held)
        edit = await self._writer.edit(target, change)
        written = await self._write_body(place, edit)
        await self._write_rest(place, edit)
        if asks_for_links(change):
            await self._links.write(place, held, extra, change)
        elif edit.in_one_call:
            extra = await self._extra(place, written or held)
            return await mapping.to_issue(asked, written or held, self._params, extra, None)
        return await self.read(issue.ref.id)

    async def _extra(self, place: Place, found: answers.Issue) -> Fields:
        return {
            "assignee": await self._users.named(found.assignee),
            "reporter": await self._users.named(found.user),
            **await self._links.read(place, found),
        }

    async def _write_body(self, place: Place, edit: Edit) -> answers.Issue | None:
        if not edit.body:
            return None
        found = await self._client.write(
            "PATCH", place.path, edit.body, wire.issue, what="edit the issue"
        )
        await refuse_dropped(self._client, place.repository, edit.body, found)
        return found

    async def _write_rest(self, place: Place, edit: Edit) -> None:
        if edit.add_labels:
            await self._client.write(
                "POST",
                f"{place.path}/labels",
                {"labels": edit.add_labels},
                wire.labels,
                what="add labels",
                repeatable=True,
            )
        for name in edit.remove_labels:
            await self._remove_label(place, name)
        if edit.set_fields:
            await self._client.write(
                "POST",
                f"{place.path}/issue-field-values",
                {"issue_field_values": edit.set_fields},
                wire.field_values,
                what="set issue fields",
                repeatable=True,
            )
        for number in edit.clear_fields:
            path = f"{place.path}/issue-field-values/{number}"
            await self._gone_already(path, "clear an issue field")

    async def _remove_label(self, place: Place, name: str) -> None:
        await self._gone_already(f"{place.path}/labels/{segment(name)}", "remove a label")

    async def _gone_already(self, path: str, what: str) -> None:
        try:
            await self._client.send("DELETE", path, what=what)
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise

    def _new_body(self, edit: Edit, draft: IssueDraft) -> dict[str, object]:
        body: dict[str, object] = dict(edit.body)
        body.setdefault("title", draft.fields.get("summary") or "(no summary)")
        body.setdefault("body", with_marker("", draft.marker))
        if edit.add_labels:
            body["labels"] = edit.add_labels
        if edit.set_fields:
            body["issue_field_values"] = edit.set_fields
        return {key: value for key, value in body.items() if value not in (None, [])}

    async def _finish(
        self, place: Place, made: answers.Issue, state: dict[str, object], wanted: Fields
    ) -> Issue:
        """A new issue is always open and alone."""
        if state.get("state") == "closed":
            await self._write_body(place, Edit(body=state))
        if asks_for_links(wanted):
            change = FieldChange(
                {name: wanted[name] for name in ("parent", "links") if wanted.get(name)}
            )
            await self._links.write(place, made, {"parent": None, "links": ()}, change)
        return await self.read(place.id)

    async def _get(self, place: Place) -> tuple[Place, answers.Issue]:
        """The issue, and where it stands now: GitHub leads on from where it was."""
        answer = await self._client.answer(place.path, what=_READ)
        found = self._client.decode(answer, wire.issue, what=_READ)
        if found.pull_request is not None:
            raise github_error(
                Fault.NOT_FOUND,
                f"{project_of(found)}#{found.number} is a pull request and no issue.",
                remedy="Sync the issue that it belongs to.",
            )
        if answer.url == f"{self._client.api}{place.path}":
            return place, found
        return Place(await self._repositories.number(project_of(found)), found.number), found


def _given(draft: IssueDraft) -> Fields:
    fields: Fields = {
        name: value
        for name, value in draft.fields.items()
        if value is not None and value != () and name not in _BESIDE
    }
    if draft.type:
        fields["type"] = draft.type
    return fields


def _refuse_stale(known: Issue, now: Issue, change: FieldChange) -> None:
    stale = [
        name
        for name in change.set
        if name in known.fields and name in now.fields and known.fields[name] != now.fields[name]
    ]
    if stale:
        raise github_error(
            Fault.CONFLICT,
            f"Somebody changed {', '.join(sorted(stale))} of {now.ref.key} meanwhile.",
            field=stale[0],
        )
