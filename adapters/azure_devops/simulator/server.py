"""The simulator as one web server: routes, credentials, weather, life cycle."""

import asyncio
import base64
import hmac
import re
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from aiohttp import web

from adapters.azure_devops.simulator.api_attachments import AttachmentApi
from adapters.azure_devops.simulator.api_comments import CommentApi
from adapters.azure_devops.simulator.api_hooks import HookApi
from adapters.azure_devops.simulator.api_items import ItemApi
from adapters.azure_devops.simulator.api_locations import LocationApi
from adapters.azure_devops.simulator.api_places import PlaceApi
from adapters.azure_devops.simulator.api_process import ProcessApi
from adapters.azure_devops.simulator.api_reports import ReportApi
from adapters.azure_devops.simulator.blobs import Blobs
from adapters.azure_devops.simulator.control import Control
from adapters.azure_devops.simulator.faults import (
    Fault,
    Handler,
    Mode,
    Weather,
    count_name,
    exchange,
)
from adapters.azure_devops.simulator.hooks import Hooks, Policy, Subscriber
from adapters.azure_devops.simulator.page import Page
from adapters.azure_devops.simulator.refusal import Refusal, refused
from adapters.azure_devops.simulator.state import State

_BESIDE = re.compile(r";\s*api-version=([\w.-]+)")
_QUERIES = ("/wiql", "/workitemsbatch")
LARGEST_BODY = 64 * 1024 * 1024


class SimulatorConfig(msgspec.Struct, frozen=True, kw_only=True):
    token: str = "simulator-token"  # noqa: S105 - stands for a secret, protects nothing
    reader: str = "reader-token"
    """The token of somebody who may look and not write."""
    projects: tuple[str, ...] = ("Tidegate",)
    collection: str = "DefaultCollection"
    webhooks: tuple[tuple[str, str, str], ...] = ()
    """(url, user, password) of each subscriber."""
    hooks: Policy = Policy()
    newest_version: str = "7.1"
    """Of the API; an older server refuses what is newer, and tells how far it goes."""
    report_page: int = 200
    """Entries per page of the reporting feeds."""


class AzureDevOpsSimulator:
    """`url` is what a connector takes as its own; `origin` is where the page is."""

    def __init__(
        self,
        config: SimulatorConfig | None = None,
        *,
        now: Callable[[], int] | None = None,
    ) -> None:
        self.config = config or SimulatorConfig()
        self._now = now or _wall_clock
        self.weather = Weather(self._now)
        self.newest_version = self.config.newest_version
        self.url = ""
        self.origin = ""
        self._runner: web.AppRunner | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def calls(self) -> Counter[str]:
        return self.weather.calls

    @property
    def latency(self) -> float:
        return self.weather.latency

    @latency.setter
    def latency(self, seconds: float) -> None:
        self.weather.latency = seconds

    def visible_until(self) -> datetime:
        """What is newer is not yet in the reporting feeds."""
        if not self.weather.report_lag:
            return datetime.max.replace(tzinfo=UTC)
        return datetime.fromtimestamp(self._now() / 1000 - self.weather.report_lag, UTC)

    def fail_next(
        self,
        *,
        status: int = 500,
        times: int = 1,
        method: str = "",
        path: str = "",
        headers: dict[str, str] | None = None,
        message: str = "TF400898: An internal error occurred.",
        type_key: str = "VssServiceException",
        body: bytes | None = None,
        mode: Mode = "answer",
    ) -> None:
        self.weather.fail_next(
            Fault(status, times, method, path, headers or {}, message, type_key, body, mode)
        )

    async def start(self, port: int = 0, host: str = "127.0.0.1") -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="azure-devops-simulator-")
        listening = _listen(host, port)
        self.origin = f"http://{host}:{listening.getsockname()[1]}"
        self.url = f"{self.origin}/{self.config.collection}"
        blobs = Blobs(Path(self._folder.name))
        self.state = State(self.config.projects, blobs, self._now, self.url)
        subscribers = tuple(Subscriber(*one) for one in self.config.webhooks)
        self.hooks = Hooks(subscribers, self.url, self.config.hooks)
        self.state.listeners.append(self.hooks.tell)
        self._runner = web.AppRunner(create_app(self), access_log=None)
        await self._runner.setup()
        await web.SockSite(self._runner, listening).start()
        await self.hooks.start()

    async def stop(self) -> None:
        self.weather.stop()
        if self._runner is not None:
            await self.hooks.stop()
            await self._runner.cleanup()
        if self._folder is not None:
            self._folder.cleanup()

    async def __aenter__(self) -> "AzureDevOpsSimulator":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


def create_app(simulator: AzureDevOpsSimulator) -> web.Application:
    """The application of a simulator whose state is set up (`start` does both)."""
    gate = _Gate(simulator)
    app = web.Application(middlewares=[gate.pass_through], client_max_size=LARGEST_BODY)
    state, url = simulator.state, simulator.url
    for api in (
        LocationApi(),
        PlaceApi(state, url),
        ProcessApi(state, url),
        CommentApi(state, url),
        ReportApi(state, url, simulator.config.report_page, simulator.visible_until),
        AttachmentApi(state, url),
        HookApi(simulator.hooks, url),
        ItemApi(state, url),
        Page(state, url),
        Control(simulator.weather),
    ):
        app.add_routes(api.routes())
    return app


class _Gate:
    """What every call to the API goes through; the page is open."""

    def __init__(self, simulator: AzureDevOpsSimulator) -> None:
        self._simulator = simulator
        self._weather = simulator.weather
        self._token = simulator.config.token

    @web.middleware
    async def pass_through(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if "/_apis/" not in request.path:
            return await handler(request)
        self._weather.calls[count_name(request)] += 1
        if self._weather.latency:
            await asyncio.sleep(self._weather.latency)
        recording = self._weather.exchanges
        body = b""
        if recording is not None and request.content_type != "application/octet-stream":
            body = await request.read()
        response = await self._answered(request, handler)
        if recording is not None:
            recording.append(exchange(request, body, response))
        return response

    async def _answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            self._admit(request)
            limited = self._weather.limited()
            if limited is not None:
                return limited
            fault = self._weather.fault_for(request)
            if fault is not None:
                return await self._weather.suffer(fault, request, handler)
            return await handler(request)
        except Refusal as refusal:
            return refused(refusal)

    def _admit(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        reading = _is_token(given, self._simulator.config.reader)
        if not reading and not _is_token(given, self._token):
            raise Refusal(
                401,
                "UnauthorizedRequestException",
                "TF400813: The user is not authorized to access this resource.",
            )
        if reading and request.method != "GET" and not request.path.endswith(_QUERIES):
            raise Refusal(
                403,
                "WorkItemTrackingSecurityException",
                "TF237111: The current user does not have permissions to save work items under"
                " the specified area path.",
            )
        version = _asked_version(request)
        if not version:
            raise Refusal(
                400,
                "VssVersionNotSpecifiedException",
                "No api-version was supplied for the request.",
            )
        self._speaks(version)

    def _speaks(self, asked: str) -> None:
        newest = self._simulator.newest_version
        if _numbers(asked) > _numbers(newest):
            raise Refusal(
                400,
                "VssVersionOutOfRangeException",
                f"The requested REST API version of {asked} is out of range for this server. "
                f"The latest REST API version this server supports is {newest}.",
            )


def _is_token(given: str, token: str) -> bool:
    wanted = "Basic " + base64.b64encode(f":{token}".encode()).decode()
    return hmac.compare_digest(given.encode(), wanted.encode())


def _asked_version(request: web.Request) -> str:
    """In the query, or beside the media type, as client libraries put it."""
    beside = _BESIDE.search(request.headers.get("Accept", ""))
    return request.query.get("api-version") or (beside.group(1) if beside else "")


def _numbers(version: str) -> tuple[int, ...]:
    """Of "7.1-preview.4" that is 7, 1."""
    return tuple(int(part) for part in version.partition("-")[0].split(".") if part.isdigit())


def _wall_clock() -> int:
    return time.time_ns() // 1_000_000


def _listen(host: str, port: int) -> socket.socket:
    """Bound before anything is built: the port is part of every URL that the API answers."""
    listening = socket.socket()
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    return listening
