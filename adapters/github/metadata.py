"""What a repository knows: types, fields and allowed values."""

from collections.abc import AsyncIterator

from adapters.github import answers, wire
from adapters.github.capabilities import BLOCKED_BY, BLOCKS
from adapters.github.catalogue import Catalogue
from adapters.github.client import GitHubClient
from adapters.github.mapping import FIELD, NO_TYPE, prefixed
from adapters.github.params import GitHubParams
from adapters.github.places import Repositories
from adapters.github.users import Users
from adapters.github.writing import REASONS, STATES
from schemas.metadata import Choice, FieldInfo, FieldKind, Metadata, TypeInfo

_KINDS: dict[str, FieldKind] = {
    "text": "text",
    "number": "number",
    "date": "date",
    "single_select": "option",
    "multi_select": "options",
}


class Discoverer:
    def __init__(
        self,
        client: GitHubClient,
        params: GitHubParams,
        repositories: Repositories,
        catalogue: Catalogue,
        users: Users,
    ) -> None:
        self._client = client
        self._params = params
        self._repositories = repositories
        self._catalogue = catalogue
        self._users = users

    async def projects(self) -> tuple[Choice, ...]:
        """Those that the settings name, else all that the credentials reach."""
        if self._params.projects:
            return tuple(Choice(name, name) for name in self._params.projects)
        found: dict[str, Choice] = {}
        async for repositories in self._reachable():
            for one in repositories:
                if one.has_issues and not one.archived:
                    found[one.full_name] = Choice(one.full_name, one.full_name)
        return tuple(found[name] for name in sorted(found))

    def _reachable(self) -> AsyncIterator[tuple[answers.Repository, ...]]:
        what = "list the repositories"
        if self._client.app is None:
            return self._client.pages("/user/repos", wire.repositories, what=what)
        return self._installed(what)

    async def _installed(self, what: str) -> AsyncIterator[tuple[answers.Repository, ...]]:
        page = 1
        while True:
            query = {"per_page": str(self._params.page_size), "page": str(page)}
            path = "/installation/repositories"
            found = await self._client.get(path, wire.installed, query, what=what)
            yield found.repositories
            if len(found.repositories) < self._params.page_size:
                return
            page += 1

    async def read(self, project: str) -> Metadata:
        repository = await self._repositories.read(project)
        owner = repository.owner.login
        names = await self._catalogue.labels(repository.id)
        milestones = await self._catalogue.milestones(repository.id, fresh=True)
        types = await self._catalogue.types(owner)
        fields = [
            *self._fixed(names),
            FieldInfo(
                "milestone",
                "Milestone",
                "option",
                choices=tuple(Choice(one.title, str(one.number)) for one in milestones),
            ),
            FieldInfo("assignee", "Assignee", "user", choices=await self._people(repository.id)),
            *(_custom(one) for one in await self._catalogue.fields(owner)),
        ]
        statuses = tuple(Choice(name) for name in STATES)
        known = [Choice(one.name, str(one.id)) for one in types] or self._labelled_types(names)
        fields.append(FieldInfo("type", "Type", "option", choices=tuple(known)))
        return Metadata(
            project=repository.full_name,
            types=tuple(TypeInfo(kind, tuple(fields), statuses) for kind in known),
            link_kinds=(BLOCKED_BY, BLOCKS),
        )

    def _fixed(self, labels: tuple[str, ...]) -> list[FieldInfo]:
        prefix = self._params.priority_prefix
        priorities = prefixed(labels, prefix)
        fields = [
            FieldInfo("summary", "Title", "text", required=True),
            FieldInfo("description", "Description", "rich_text"),
            FieldInfo("status", "State", "option", choices=_choices(STATES)),
            FieldInfo("resolution", "Reason", "option", choices=_choices(REASONS)),
            FieldInfo("labels", "Labels", "labels", choices=_choices(labels)),
            FieldInfo("parent", "Parent", "issue"),
            FieldInfo("links", "Dependencies", "links"),
            FieldInfo("reporter", "Author", "user", writable=False),
        ]
        if prefix:
            # Labels are made when they are first used, so any other priority is allowed too.
            named = tuple(name[len(prefix) :].strip() for name in priorities)
            fields.append(FieldInfo("priority", "Priority", "option", choices=_choices(named)))
        return fields

    def _labelled_types(self, labels: tuple[str, ...]) -> list[Choice]:
        prefix = self._params.type_prefix
        named = [name[len(prefix) :].strip() for name in prefixed(labels, prefix)]
        return [Choice(NO_TYPE.title()), *(Choice(name) for name in named if name)]

    async def _people(self, repository: int) -> tuple[Choice, ...]:
        known = await self._users.assignable(repository)
        return tuple(Choice(login, login) for login in known.values())


def _custom(found: answers.IssueField) -> FieldInfo:
    options = tuple(Choice(one.name, str(one.id)) for one in found.options or ())
    kind = _KINDS.get(found.data_type)
    return FieldInfo(
        f"{FIELD}{found.id}", found.name, kind or "text", writable=bool(kind), choices=options
    )


def _choices(names: tuple[str, ...]) -> tuple[Choice, ...]:
    return tuple(Choice(name) for name in names)
