"""The connection check, stage by stage."""

from adapters.http import Call
from adapters.port import StageResult
from adapters.rally import errors, query, wire
from adapters.rally.client import API, RallyClient
from adapters.rally.kinds import KINDS
from adapters.rally.memory import Memory
from adapters.rally.params import RallyParams
from adapters.rally.schema import Schema
from adapters.rally.wire import Item
from adapters.rally.workspace import Workspace
from adapters.stages import checked
from schemas.errors import Fault, TrackerError

_PERMISSIONS = "read the own permissions"
_WRITERS = ("Editor", "Project Admin")
_ADMINS = ("Admin", "Workspace Admin", "Subscription Admin")


class Check:
    def __init__(
        self,
        client: RallyClient,
        params: RallyParams,
        workspace: Workspace,
        schema: Schema,
        memory: Memory,
    ) -> None:
        self._client = client
        self._params = params
        self._workspace = workspace
        self._schema = schema
        self._memory = memory
        self._projects: tuple[str, ...] = ()
        self._me: Item = {}

    async def run(self, projects: tuple[str, ...]) -> tuple[StageResult, ...]:
        self._projects = projects
        self._memory.forget()
        return await checked(
            server=self._server,
            credentials=self._credentials,
            project=self._project,
            permissions=self._permissions,
        )

    async def _server(self) -> str:
        call = Call(what="answer", path=f"{API}/subscription", anonymous=True)
        try:
            await self._client.http.send(call)
        except TrackerError as error:
            if error.fault is Fault.NOT_FOUND:
                raise errors.refused(
                    Fault.CONFIGURATION, "There is no Rally under the setting 'url'."
                ) from error
            if error.fault not in (Fault.CREDENTIALS, Fault.PERMISSION):
                raise
        return "Rally answers."

    async def _credentials(self) -> str:
        self._me = await self._workspace.me()
        kind = "subscription administrator" if self._me.get("SubscriptionAdmin") else "account"
        return f"Logged in as {wire.texts(self._me, 'UserName', '_refObjectName')}, {kind}."

    async def _project(self) -> str:
        space = await self._workspace.space()
        keys = [(await self._workspace.project(wanted)).key for wanted in self._projects]
        place = f"Found the workspace {space.name}, whose days begin in {space.zone.key}."
        if space.zone_name and space.zone_name != space.zone.key:
            place += (
                f" This machine does not know its time zone {space.zone_name}, so that dates may"
                " be a day off: install tzdata."
            )
        return f"{place} Found {', '.join(keys)}." if keys else f"{place} No project is named."

    async def _permissions(self) -> str:
        if not await self._is_admin():
            for wanted in self._projects:
                await self._may_write(wanted)
        told = "All needed permissions are there."
        return told + await self._marker_place()

    async def _is_admin(self) -> bool:
        if self._me.get("SubscriptionAdmin"):
            return True
        space = await self._workspace.space()
        roles = await self._roles("workspacepermission", "Workspace", space.ref)
        return any(role in _ADMINS for role in roles or ())

    async def _may_write(self, wanted: str) -> None:
        project = await self._workspace.project(wanted)
        roles = await self._roles("projectpermission", "Project", f"/project/{project.oid}")
        if roles is None:
            return
        if not any(role in _WRITERS for role in roles):
            held = ", ".join(roles) or "no role"
            raise errors.refused(
                Fault.PERMISSION,
                f"The account has {held} in {project.key}.",
                remedy="Make it an editor of the project.",
            )

    async def _roles(self, path: str, place: str, ref: str) -> list[str] | None:
        """None where Rally does not tell."""
        mine = int(wire.oid(self._me) or 0)
        oid = int(ref.rpartition("/")[2])
        condition = query.all_of(
            query.number("User.ObjectID", "=", mine), query.number(f"{place}.ObjectID", "=", oid)
        )
        asked = {"query": condition, "fetch": "Role", **await self._workspace.scope()}
        try:
            found = await self._client.find_all(f"/{path}", asked, what=_PERMISSIONS)
        except TrackerError as error:
            if error.fault is not Fault.PERMISSION:
                raise
            return None
        return [role for item in found if (role := wire.texts(item, "Role"))]

    async def _marker_place(self) -> str:
        field = self._params.marker_field
        lacking = [
            kind.name
            for kind in KINDS
            if not field or field not in await self._schema.attributes(kind)
        ]
        if not lacking:
            return ""
        wanted = field or "a text field"
        return f" Markers are hidden in Notes, for want of {wanted}: {', '.join(lacking)}."
