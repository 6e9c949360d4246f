"""A node with a simulated SD Elements, over its API, in the test's own loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from adapters.sd_elements.simulator import SdElementsSimulator, SimulatorConfig
from adapters.sd_elements.simulator.model import Task
from service.config.model import Alm, Config, Limits, Listen, Node, Store, Trackers
from service.log import Redactor
from service.node import open_node
from service.parts import Parts
from tests.support.ports import free_port

ADMIN = "the-admin-token-of-the-file"
PATIENCE = 60.0


class CountingSdElements(SdElementsSimulator):
    """Keeps the path of each call."""

    paths: list[str]

    def _authenticate(self, request: web.Request) -> None:
        self.paths.append(request.path)
        super()._authenticate(request)


class Rig:
    def __init__(self, folder: Path, sde: CountingSdElements, alm: Alm) -> None:
        port = free_port()
        self.patience = PATIENCE
        self.sde = sde
        self.api = f"http://127.0.0.1:{port}/api/v2"
        self.config = Config(
            node=Node(name="rig"),
            listen=Listen(address="127.0.0.1:0", admin=f"127.0.0.1:{port}", admin_token=ADMIN),
            store=Store(url=f"sqlite:///{folder}/tidegate.db"),
            data=str(folder),
            key_file=str(folder / "tidegate.key"),
            limits=Limits(
                settle_ms=0, drain_seconds=1.0, api_requests=1e6, refusals_per_address=1e6
            ),
            trackers=Trackers(allow_networks=("127.0.0.0/8",)),
            alm=alm,
        )
        self.node: Parts
        self.session: aiohttp.ClientSession

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Rig"]:
        """Until the end of the block; may be run again on the same folder."""
        stop = asyncio.Event()
        async with AsyncExitStack() as stack:
            headers = {"Authorization": f"Token {ADMIN}"}
            self.session = await stack.enter_async_context(aiohttp.ClientSession(headers=headers))
            running = await stack.enter_async_context(open_node(self.config, Redactor()))
            self.node = running.parts
            task = asyncio.create_task(running.run(stop, asyncio.Event(), lambda: self.config))
            try:
                await self._ready()
                yield self
            finally:
                stop.set()
                await task

    async def _ready(self) -> None:
        url = self.api.removesuffix("/api/v2") + "/readyz"
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    async with self.session.get(url) as answer:
                        if answer.ok:
                            return
                except aiohttp.ClientError:
                    await asyncio.sleep(0.01)

    async def ask(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        async with self.session.request(method, self.api + path, json=body) as answer:
            text = await answer.text()
            assert answer.status == status, f"{method} {path}: {answer.status} {text}"
            return await answer.json() if text else None

    async def connect_sd_elements(self) -> None:
        params = {"url": self.sde.url, "token": self.sde.config.token}
        body = {"name": "sde", "system": "sd-elements", "params": params}
        await self.ask("POST", "/connectors", body, status=201)

    async def connect(
        self, system: str, params: dict[str, Any], own: dict[str, Any], **more: Any
    ) -> int:
        """An ALM connector and a connection over it; answers the connection."""
        body = {"name": system, "system": {"id": system}, "params": params}
        made = await self.ask("POST", "/connectors/alm/", body, status=201)
        body = {
            "alias": f"{system} of 1",
            "connector": made["id"],
            "project": 1,
            "params": own,
            **more,
        }
        answer = await self.ask("POST", "/connections/alm/", body, status=201)
        return int(answer["id"])

    async def run_job(self, connection: int) -> dict[str, Any]:
        """Starts one, and answers it once it is over."""
        body = {"connection": connection, "automatic": False, "ready": False}
        job = await self.ask("POST", "/projects/1/jobs/alm/", body, status=201)
        return await self.over(job["id"])

    async def over(self, job: int) -> dict[str, Any]:
        async with asyncio.timeout(self.patience):
            while True:
                found: dict[str, Any] = await self.ask("GET", f"/jobs/alm/{job}/")
                if found["ready"]:
                    return found
                await asyncio.sleep(0.02)

    # SD Elements

    def task(self, short: str) -> Task:
        return self.sde.state.tasks[f"1-{short}"]

    def edit(self, short: str, **change: Any) -> None:
        """As a person there."""
        state = self.sde.state
        state.change(self.task(short), change, state.users["alice"])


@asynccontextmanager
async def rigged(
    folder: Path, *, tasks: int = 3, alm: Alm | None = None, **config: Any
) -> AsyncIterator[Rig]:
    """Running, with a connector to SD Elements. Its tasks have the priorities 5 to 10."""
    sde = CountingSdElements(SimulatorConfig(library_tasks=tasks, **config))
    sde.paths = []
    async with sde:
        for number, task in enumerate(sde.state.tasks.values()):
            task.priority = 10 - number % 6
            task.text = f"Words of {task.short}."
        rig = Rig(folder, sde, alm or Alm())
        async with rig.running():
            await rig.connect_sd_elements()
            yield rig
