"""The workspace, its time zone and its tree of projects."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import msgspec

from adapters.rally import errors, moments, query, wire
from adapters.rally.client import RallyClient
from adapters.rally.memory import Memory
from adapters.rally.params import RallyParams
from adapters.rally.wire import Item
from schemas.errors import Fault
from schemas.metadata import Choice

BETWEEN = " / "
_PROJECTS = "projects"


class Space(msgspec.Struct, frozen=True):
    ref: str
    name: str
    zone: ZoneInfo
    zone_name: str
    """As Rally tells it; another one than `zone` where this machine does not know it."""


class Project(msgspec.Struct, frozen=True):
    oid: str
    name: str
    path: str
    """From the top, such as `Company / Team`."""
    parent: str
    """ObjectID, or ''."""
    key: str
    """The name, or the path where several projects are called the same."""


class Place(msgspec.Struct, frozen=True):
    """Where an issue belongs in the connector's eyes."""

    project: str
    area: str | None
    """The path below that project; None for the project itself."""


Projects = Mapping[str, Project]
"""By ObjectID."""


class Workspace:
    def __init__(self, client: RallyClient, params: RallyParams, memory: Memory) -> None:
        self._client = client
        self._params = params
        self._memory = memory

    async def space(self) -> Space:
        return await self._memory.get("workspace", self._space)

    async def scope(self) -> dict[str, str]:
        """For a query that shall see the whole workspace."""
        return {"workspace": (await self.space()).ref}

    async def me(self) -> Item:
        """The account, always asked anew."""
        fetch = "ObjectID,UserName,DisplayName,EmailAddress,SubscriptionAdmin,UserProfile"
        return await self._client.one("/user", fetch, what="read the own account")

    async def projects(self) -> Projects:
        return await self._memory.get(_PROJECTS, self._projects)

    async def project(self, wanted: str) -> Project:
        """By name, path or ObjectID. NOT_FOUND tells the nearest; VALIDATION when several fit."""
        for fresh in (False, True):
            if fresh:
                self._memory.forget(_PROJECTS)
            fitting = _fitting(await self.projects(), wanted)
            if len(fitting) == 1:
                return fitting[0]
            if fitting:
                raise errors.refused(
                    Fault.VALIDATION,
                    f"Rally has {len(fitting)} projects {wanted!r}.",
                    remedy="Write the path: " + " or ".join(one.path for one in fitting) + ".",
                )
        names = [one.key for one in (await self.projects()).values()]
        raise errors.refused(
            Fault.NOT_FOUND,
            f"Rally shows no project {wanted!r} to the connector's account.",
            remedy=errors.choose(names, "Give the account a role in it"),
        )

    async def within(self, wanted: tuple[str, ...]) -> frozenset[str]:
        """ObjectIDs of these projects and, where the setting says so, of those below them."""
        known = await self.projects()
        roots = {(await self.project(one)).oid for one in wanted}
        if not self._params.scope_down:
            return frozenset(roots)
        return frozenset(oid for oid in known if roots & set(_upwards(known, oid)))

    async def place(self, oid: str) -> Place:
        known = await self.projects()
        if oid not in known and not self._memory.held(("closed", oid)):
            self._memory.forget(_PROJECTS)
            known = await self.projects()
        found = known.get(oid)
        if found is None:
            # A project that is closed since: its issues are still there.
            self._memory.put(("closed", oid), True)
            return Place(oid, None)
        roots = {(await self.project(one)).oid for one in self._params.projects}
        root = next((up for up in _upwards(known, oid) if up in roots), "")
        if not self._params.scope_down or not root or root == oid:
            return Place(found.key, None)
        return Place(known[root].key, found.path.removeprefix(known[root].path + BETWEEN))

    async def below(self, project: str, area: str) -> Project:
        """The project that an area means; '' is the project itself."""
        root = await self.project(project)
        if area and not self._params.scope_down:
            raise errors.invalid("area", "the setting 'scope_down' is off")
        parts = [part.strip() for part in area.split("/") if part.strip()]
        path = BETWEEN.join([root.path, *parts])
        known = (await self.projects()).values()
        found = next((one for one in known if one.path.casefold() == path.casefold()), None)
        if found is None:
            start = root.path + BETWEEN
            names = [one.path.removeprefix(start) for one in known if one.path.startswith(start)]
            raise errors.invalid(
                "area",
                f"there is no project {path!r}",
                errors.choose(names, "Make the project in Rally"),
            )
        return found

    def known_place(self, oid: str) -> str:
        """The project's key without asking; '' when it is not surely known."""
        known: Projects | None = self._memory.held(_PROJECTS)
        if known is None or oid not in known:
            return ""
        if not self._params.scope_down or not self._params.projects:
            return known[oid].key
        for up in _upwards(known, oid):
            names = {up, known[up].name, known[up].path, known[up].key}
            if names & set(self._params.projects):
                return known[up].key
        return known[oid].key

    async def choices(self) -> tuple[Choice, ...]:
        found = sorted((await self.projects()).values(), key=lambda one: one.path)
        return tuple(Choice(one.path, one.key) for one in found)

    async def _space(self) -> Space:
        wanted = self._params.workspace
        ref = f"/workspace/{wanted}" if wanted.isdigit() else await self._ref(wanted)
        fetch = "Name,ObjectID,WorkspaceConfiguration,TimeZone"
        found = await self._client.one(ref, fetch, what="read the workspace")
        zone = str((found.get("WorkspaceConfiguration") or {}).get("TimeZone") or "")
        return Space(ref, wire.name(found), moments.zone(zone), zone)

    async def _ref(self, wanted: str) -> str:
        if not wanted:
            profile = (await self.me()).get("UserProfile") or {}
            what = "read the own profile"
            held = await self._client.one(wire.ref(profile), "DefaultWorkspace", what=what)
            default = held.get("DefaultWorkspace")
            if not default:
                raise errors.refused(
                    Fault.CONFIGURATION,
                    "The account has no default workspace.",
                    remedy="Add the setting 'workspace' to the connector.",
                )
            return wire.ref(default)
        what = "list the workspaces"
        subscription = await self._client.one("/subscription", "Name,Workspaces", what=what)
        place = wire.ref(subscription) + "/Workspaces"
        found = await self._client.find_all(place, {"fetch": "Name,ObjectID"}, what=what)
        for item in found:
            if wire.name(item).casefold() == wanted.casefold():
                return wire.ref(item)
        raise errors.refused(
            Fault.NOT_FOUND,
            f"Rally shows no workspace {wanted!r} to the connector's account.",
            remedy=errors.choose([wire.name(item) for item in found], "Give the account access"),
        )

    async def _projects(self) -> Projects:
        asked = {
            "query": query.text("State", "=", "Open"),
            "fetch": "Name,ObjectID,Parent",
            "order": "ObjectID",
            **await self.scope(),
        }
        found = await self._client.find_all("/project", asked, what="list the projects")
        parents = {wire.oid(item): wire.oid(item.get("Parent")) for item in found}
        names = {wire.oid(item): wire.name(item) for item in found}
        spread: dict[str, int] = {}
        for name in names.values():
            spread[name.casefold()] = spread.get(name.casefold(), 0) + 1
        projects: dict[str, Project] = {}
        for oid, name in names.items():
            path = _path(names, parents, oid)
            key = name if spread[name.casefold()] == 1 else path
            projects[oid] = Project(oid, name, path, parents[oid], key)
        return projects


def _path(names: Mapping[str, str], parents: Mapping[str, str], oid: str) -> str:
    parts: list[str] = []
    while oid in names and len(parts) < 100:
        parts.append(names[oid])
        oid = parents[oid]
    return BETWEEN.join(reversed(parts))


def _upwards(known: Projects, oid: str) -> list[str]:
    """The project itself, then what is above it."""
    line: list[str] = []
    while oid in known and oid not in line:
        line.append(oid)
        oid = known[oid].parent
    return line


def _fitting(known: Projects, wanted: str) -> list[Project]:
    if wanted in known:
        return [known[wanted]]
    folded = wanted.strip().casefold()
    by_path = [one for one in known.values() if one.path.casefold() == folded]
    return by_path or [one for one in known.values() if one.name.casefold() == folded]
