"""The connection check, stage by stage."""

from adapters.alm import errors
from adapters.alm.client import AlmClient
from adapters.alm.customization import Customizations
from adapters.alm.moments import ServerClock
from adapters.alm.params import AlmParams
from adapters.alm.people import People
from adapters.http import Call
from adapters.port import StageResult
from adapters.stages import checked
from schemas.errors import Fault, TrackerError


class Check:
    def __init__(
        self,
        client: AlmClient,
        params: AlmParams,
        customizations: Customizations,
        people: People,
        clock: ServerClock,
    ) -> None:
        self._client = client
        self._params = params
        self._customizations = customizations
        self._people = people
        self._clock = clock
        self._project = ""

    async def run(self, project: str) -> tuple[StageResult, ...]:
        self._project = project
        self._customizations.forget()
        return await checked(
            server=self._server,
            credentials=self._credentials,
            project=self._known_project,
            permissions=self._permissions,
        )

    async def _server(self) -> str:
        """Whoever is signed in nowhere is answered 401 by ALM, and 404 by anybody else."""
        call = Call(
            what="answer",
            path="/rest/is-authenticated",
            headers={"Accept": "application/xml"},
            anonymous=True,
        )
        try:
            await self._client.http.send(call)
        except TrackerError as error:
            if error.fault is Fault.NOT_FOUND:
                raise errors.refused(
                    Fault.CONFIGURATION,
                    "There is no ALM under the setting 'url'.",
                    remedy="Write the address with its context path, such as"
                    " https://alm.example.com/qcbin.",
                ) from error
            if error.fault is not Fault.CREDENTIALS:
                raise
        return "ALM answers."

    async def _credentials(self) -> str:
        await self._client.session.sign_in_anew()
        me = await self._client.site_xml(
            "/rest/is-authenticated", "AuthenticationInfo", what="tell the own account"
        )
        offset = round(await self._clock.offset() / 60_000)
        told = f"its server's local time is {offset:+} minutes from this node's UTC"
        return f"Signed in as {me.findtext('Username') or 'somebody'}; {told}."

    async def _known_project(self) -> str:
        of_this_project(self._params, self._project)
        me = await self._people.myself()
        return f"Found {self._params.domain}/{self._params.project}, as {me.name or me.id}."

    async def _permissions(self) -> str:
        """ALM tells no rights but by what it shows; each kind of issue is asked for once."""
        required: list[str] = []
        there: set[str] = set()
        for kind in self._params.entities:
            known = await self._customizations.of(kind)
            await self._client.many(f"/{kind}s", {"page-size": "1"}, what=f"list the {kind}s")
            for setting in (self._params.marker_field, self._params.source_field):
                if setting and setting not in known.fields:
                    raise _no_field(kind, setting)
            there |= known.fields.keys()
            required += [
                f"{kind}: {field.label}"
                for field in known.fields.values()
                if field.required and not field.system and field.name not in self._params.defaults
            ]
        for field_name in self._params.fields.values():
            if field_name not in there:
                raise _no_field("project", field_name)
        told = f" Required besides: {', '.join(required)}." if required else ""
        return f"All that is needed can be read.{told}"


def _no_field(of_what: str, name: str) -> TrackerError:
    return errors.refused(
        Fault.CONFIGURATION,
        f"The {of_what} has no field {name!r} in ALM.",
        remedy="Make it in the project's customization, or name one that is there in the settings"
        " 'marker_field', 'source_field' and 'fields'.",
    )


def of_this_project(params: AlmParams, project: str) -> None:
    """A connector has one project: numbers of issues repeat in the next one."""
    if project in ("", params.project, f"{params.domain}/{params.project}"):
        return
    raise errors.refused(
        Fault.CONFIGURATION,
        f"This connector is for the ALM project {params.domain}/{params.project} alone,"
        f" not for {project!r}.",
        remedy="Make a connector of its own for each ALM project.",
    )
