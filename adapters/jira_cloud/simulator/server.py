"""The simulated Jira Cloud as a web application, and as an object for tests."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiohttp import web

from adapters.jira.simulator import (
    attachments,
    comments,
    context,
    custom_fields,
    directory,
    hooks,
    issues,
    links,
    metadata,
    pages,
    rights,
    worklogs,
)
from adapters.jira.simulator.config import Webhook
from adapters.jira.simulator.server import JiraSimulator
from adapters.jira.simulator.state import State
from adapters.jira_cloud.simulator import directory as cloud_directory
from adapters.jira_cloud.simulator import login, search
from adapters.jira_cloud.simulator.config import CloudConfig
from adapters.jira_cloud.simulator.documents import Document
from adapters.jira_cloud.simulator.hooks import CloudHooks
from adapters.jira_cloud.simulator.limits import Limits
from adapters.jira_cloud.simulator.media import MediaHost
from adapters.jira_cloud.simulator.shapes import CloudShapes
from adapters.jira_cloud.simulator.state import CloudState, cloud, translated
from adapters.simulation import Now, system_now, template, until_cancelled

_V2, _V3 = "/rest/api/2", "/rest/api/3"
_GUARDED = ("/rest/", "/secure/", login.GATEWAY)
_OF_JIRA = (metadata, issues, links, comments, worklogs, attachments, directory)
_RICH = frozenset(
    key for key, field in custom_fields.FIELDS.items() if field.custom.endswith(":textarea")
)
LIMITS: web.AppKey[Limits] = web.AppKey("limits", Limits)


class JiraCloudSimulator(JiraSimulator):
    """`async with JiraCloudSimulator() as jira:` listens on two free loopback ports: the site, with
    Atlassian's gateway and its grants of tokens on the same one, and the media host."""

    def __init__(
        self,
        config: CloudConfig | None = None,
        *,
        now: Now = system_now,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.cloud_config = config or CloudConfig()
        self.limits = Limits(self.cloud_config, now)
        self.tokens: dict[str, int] = {}
        super().__init__(self.cloud_config, now=now, host=host, port=port)
        self.media = MediaHost(self.cloud, host)

    @property
    def cloud(self) -> CloudState:
        assert isinstance(self.state, CloudState)
        return self.state

    def write_document(
        self, issue_id: str, nodes: dict[str, Any], place: str = "description"
    ) -> None:
        """As a person does in the editor: into the description, or a new comment."""
        issue, alice = self.state.issue(issue_id), self.cloud.person("alice")
        text = Document(nodes)
        if place == "comment":
            self.state.add_comment(issue, {"body": text}, alice)
        else:
            self.state.edit(issue, {"fields": {place: text}}, alice)

    def revoke_tokens(self) -> None:
        """Those that service accounts were given."""
        self.tokens.clear()

    def new_state(self, now: Now) -> State:
        return CloudState(self.cloud_config, now)

    def new_hooks(self) -> CloudHooks:
        def shapes() -> CloudShapes:
            return CloudShapes(self.url, self.url + _V2, self.cloud)

        return CloudHooks(self.cloud_config, lambda: self.url, shapes)

    def compose(self) -> web.Application:
        app = self.application(_GUARDED, _admit, pages)
        app.middlewares.append(rights.checked)
        app[context.STATE] = self.state
        app[context.SHAPES] = _shapes
        app[context.TRANSLATE] = _translate
        app[hooks.HOOKS] = self.hooks
        app[cloud_directory.MEDIA] = self.media
        app[login.TOKENS] = self.tokens
        app[LIMITS] = self.limits
        own = [*cloud_directory.site_routes()]
        own.append(web.post("/oauth/token", login.grant))
        app.router.add_routes(own)
        for rest in (_V2, _V3, login.GATEWAY + "{cloud}" + _V3):
            app.router.add_routes(_api(rest))
        return app

    async def start(self) -> None:
        await self.media.start()
        await super().start()

    async def close(self) -> None:
        await super().close()
        await self.media.close()


def _api(rest: str) -> Iterable[web.RouteDef]:
    """One version of the API: what Jira Cloud does its own way, and the rest as any Jira does."""
    own = [*search.routes(rest), *cloud_directory.routes(rest)]
    taken = {(route.method, route.path) for route in own}
    yield from own
    for part in _OF_JIRA:
        for route in part.routes():
            path = route.path.replace(_V2, rest)
            if path.startswith(rest) and (route.method, path) not in taken:
                yield web.RouteDef(route.method, path, route.handler, {})


def _shapes(request: web.Request) -> CloudShapes:
    version = _V3 if _V3 in request.path else _V2
    url = f"{request.scheme}://{request.host}"
    return CloudShapes(url, url + version, cloud(request))


def _translate(request: web.Request, body: dict[str, Any]) -> dict[str, Any]:
    return translated(body, _RICH, documents=_V3 in request.path)


def _admit(request: web.Request) -> Mapping[str, str]:
    known = login.authenticate(request)
    issue = "" if request.method == "GET" else request.match_info.get("key", "")
    headers = request.app[LIMITS].spend(f"{request.method} {template(request)}", issue)
    return headers if known else login.FAILED


async def run(
    port: int,
    *,
    webhook: str | None,
    token: str,
    project: str,
    host: str = "127.0.0.1",
    announce: Callable[[str], None],
    webhook_secret: str = "",
) -> None:
    """Serves until cancelled. `webhook` is told of every change, signed with `webhook_secret`."""
    config = CloudConfig(
        projects={project: f"{project} (simulated)"},
        token=token,
        webhooks=(Webhook(webhook, webhook_secret),) if webhook else (),
        index_lag=2.0,
        webhook_pause=2.0,
    )
    async with JiraCloudSimulator(config, host=host, port=port) as jira:
        announce(f"Jira Cloud simulator: {jira.url}, account {config.email}")
        await until_cancelled()
