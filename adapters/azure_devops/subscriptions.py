"""The service hooks that send us changes: Azure DevOps puts one on probation when it fails, and
switches it off when that goes on."""

from collections.abc import Iterable

from adapters.azure_devops import wire
from adapters.azure_devops.client import AzureDevOpsClient, Call, segment
from adapters.azure_devops.params import AzureDevOpsParams
from schemas.errors import Fault, TrackerError

EVENTS = tuple(
    f"workitem.{event}" for event in ("created", "updated", "commented", "deleted", "restored")
)
_WHERE = "under Project settings, Service hooks"
_ADVICE = {
    "onProbation": "Azure DevOps could not deliver {events} and has put the subscription on"
    " probation: see that {url} can be reached; it goes on by itself",
    "disabledBySystem": f"Azure DevOps has switched off {{events}} after failures: see that"
    f" {{url}} can be reached, then enable the subscription again {_WHERE}",
    "disabledByInactiveIdentity": f"{{events}} are switched off because whoever subscribed is not"
    f" active any more: subscribe anew with another account {_WHERE}",
    "disabledByUser": f"somebody has switched off {{events}}: enable the subscription again"
    f" {_WHERE}, or remove the setting 'webhook_url'",
    "": f"no subscription sends {{events}} to {{url}}: add one each {_WHERE}",
}
"""By a subscription's status; '' for one that is missing."""


class Subscriptions:
    def __init__(self, client: AzureDevOpsClient, params: AzureDevOpsParams) -> None:
        self._client = client
        self._url = params.webhook_url.rstrip("/")
        secret = params.webhook_secret
        self._shown = self._url.replace(secret, "…") if secret else self._url
        self._default = params.project
        self._ids: dict[str, str] = {}
        """Of projects, which a subscription names by id only."""

    async def troubles(self, projects: tuple[str, ...]) -> tuple[str, ...]:
        """One call, and one more per project that was not asked about before."""
        names = projects or ((self._default,) if self._default else ())
        if not self._url or not names:
            return ()
        try:
            found = await self._ours()
        except TrackerError as error:
            if error.fault is not Fault.PERMISSION:
                raise
            return (
                "The state of the service hooks cannot be seen: allow the token's account to view"
                " subscriptions, or remove the setting 'webhook_url'.",
            )
        return tuple([told for name in names for told in await self._of(name, found)])

    async def _of(self, project: str, found: list[wire.Subscription]) -> list[str]:
        project_id = await self._id(project)
        here = [one for one in found if one.project_id in ("", project_id)]
        by_status: dict[str, list[str]] = {}
        for event in EVENTS:
            status = _best(one.status for one in here if one.event_type == event)
            if status in _ADVICE:
                by_status.setdefault(status, []).append(event.removeprefix("workitem."))
        return [
            f"Project {project}: " + _ADVICE[status].format(events=_named(names), url=self._shown)
            for status, names in by_status.items()
        ]

    async def _ours(self) -> list[wire.Subscription]:
        call = Call(
            what="list the service hooks",
            path="/_apis/hooks/subscriptions",
            query={"publisherId": "tfs", "consumerId": "webHooks"},
        )
        found = await self._client.fetch(call, wire.subscriptions)
        return [one for one in found.value if one.url.rstrip("/") == self._url]

    async def _id(self, project: str) -> str:
        if project not in self._ids:
            path = f"/_apis/projects/{segment(project)}"
            call = Call(what=f"show the project {project}", path=path)
            self._ids[project] = (await self._client.fetch(call, wire.project)).id
        return self._ids[project]


def _best(statuses: Iterable[str]) -> str:
    """Of several subscriptions to the same, one that works is enough."""
    order = ("enabled", *_ADVICE)
    known = sorted(statuses, key=lambda one: order.index(one) if one in order else 0)
    return known[0] if known else ""


def _named(events: list[str]) -> str:
    return "the events " + ", ".join(events) if len(events) > 1 else f"the event {events[0]}"
