"""Things that issues name: tags, milestones, releases, iterations, flow states."""

from collections.abc import Mapping

from adapters.rally import errors, query, wire
from adapters.rally.client import RallyClient
from adapters.rally.fit import TAG_LIMIT
from adapters.rally.memory import Memory
from adapters.rally.wire import Item
from adapters.rally.workspace import Workspace
from schemas.errors import Fault, TrackerError

_MAKE_TAG = "make a tag"


class Names:
    def __init__(self, client: RallyClient, workspace: Workspace, memory: Memory) -> None:
        self._client = client
        self._workspace = workspace
        self._memory = memory

    async def tags(self, names: tuple[str, ...], *, make: bool) -> list[str]:
        """Their references. Tags that nobody has made yet are made, or left out."""
        refs = [await self._tag(name[:TAG_LIMIT], make) for name in names]
        return [ref for ref in refs if ref]

    async def milestone(self, name: str) -> str:
        return await self._named("milestone", "/milestone", name, {})

    async def release(self, name: str, project: str) -> str:
        return await self._named("fix_versions", "/release", name, _of(project))

    async def iteration(self, name: str, project: str) -> str:
        return await self._named("iteration", "/iteration", name, _of(project))

    async def flow_state(self, field: str, name: str, project: str) -> str:
        known = await self.listed("/flowstate", _of(project))
        if name not in known:
            remedy = errors.choose(list(known), "Add the state to the project's flow")
            raise errors.invalid(field, f"the project has no flow state {name!r}", remedy)
        return known[name]

    async def listed(self, path: str, scope: Mapping[str, str]) -> Mapping[str, str]:
        """Name -> reference, of all there are; the order is that of their making."""

        async def ask() -> Mapping[str, str]:
            asked = {
                "fetch": "Name,ObjectID",
                "order": "ObjectID",
                **await self._workspace.scope(),
                **scope,
            }
            found = await self._client.find_all(path, asked, what=f"list each {path[1:]}")
            return {wire.name(item): wire.ref(item) for item in found}

        return await self._memory.get((path, *scope.items()), ask)

    async def in_project(self, path: str, project: str) -> tuple[str, ...]:
        return tuple(await self.listed(path, _of(project)))

    async def _named(self, field: str, path: str, name: str, scope: Mapping[str, str]) -> str:
        for fresh in (False, True):
            if fresh:
                self._memory.forget((path, *scope.items()))
            known = await self.listed(path, scope)
            folded = {held.casefold(): ref for held, ref in reversed(list(known.items()))}
            found = known.get(name) or folded.get(name.strip().casefold())
            if found:
                return found
        remedy = errors.choose(list(known), f"Make the {path[1:]} in Rally")
        raise errors.invalid(field, f"there is no {path[1:]} {name!r}", remedy)

    async def _tag(self, name: str, make: bool) -> str:
        ref = await self._memory.get(("tag", name), lambda: self._find_tag(name))
        if not ref and make:
            ref = await self._make_tag(name)
            self._memory.put(("tag", name), ref)
        return ref

    async def _find_tag(self, name: str) -> str:
        asked = {
            "query": query.text("Name", "=", name),
            "fetch": "Name,ObjectID",
            "pagesize": "20",
            **await self._workspace.scope(),
        }
        found = (await self._client.find("/tag", asked, what="look for a tag")).results
        # Rally compares without regard to case.
        exact = [item for item in found if wire.name(item) == name]
        return wire.ref((exact or list(found))[0]) if found else ""

    async def _make_tag(self, name: str) -> str:
        scope = await self._workspace.scope()
        try:
            made: Item = await self._client.create("Tag", {"Name": name}, scope, what=_MAKE_TAG)
        except TrackerError as error:
            if error.fault is Fault.VALIDATION and (ref := await self._find_tag(name)):
                return ref  # somebody was quicker
            raise
        return wire.ref(made)


def _of(project: str) -> dict[str, str]:
    """Of one project alone: what is called alike elsewhere is another release."""
    return {
        "project": f"/project/{project}",
        "projectScopeUp": "false",
        "projectScopeDown": "false",
    }
