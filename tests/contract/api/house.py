"""A whole node with two simulated trackers, in a thread of its own, and its API over TCP."""

import asyncio
import queue
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import requests

from adapters.github.simulator import GitHubSimulator
from adapters.github.simulator import SimulatorConfig as GitHubConfig
from adapters.jira.simulator import JiraSimulator, SimulatorConfig
from service.config.model import Config, Limits, Listen, Node, Store, Trackers
from service.log import Redactor
from service.node import open_node
from tests.support.ports import free_port

ADMIN = "the-admin-token-of-the-file"
HUB_PROJECT = "sim/project"
PATIENCE = 60.0


class House:
    """`left` and `right` are trackers and connectors, `here` connects them; `hub` is a third."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        self.api = f"{self.base}/api/v2"
        self.config = Config(
            node=Node(name="house"),
            listen=Listen(
                address="127.0.0.1:0", admin=f"127.0.0.1:{port}", admin_token=ADMIN,
                cors_origins=("https://console.example",),
            ),
            store=Store(url=f"sqlite:///{folder}/tidegate.db"),
            data=str(folder),
            key_file=str(folder / "tidegate.key"),
            limits=Limits(
                settle_ms=0, drain_seconds=1.0, api_requests=1e6, refusals_per_address=1e6
            ),
            trackers=Trackers(allow_networks=("127.0.0.0/8",)),
        )  # fmt: skip
        self._loop = asyncio.new_event_loop()
        self._ready: queue.Queue[BaseException | None] = queue.Queue()
        self._thread = threading.Thread(target=self._work, name="house")
        self.left = JiraSimulator(SimulatorConfig(projects={"LEFT": "Left"}))
        self.hub = GitHubSimulator(GitHubConfig())
        self.right = JiraSimulator(SimulatorConfig(projects={"RIGHT": "Right"}))

    def _work(self) -> None:
        try:
            self._loop.run_until_complete(self._live())
        except BaseException as error:
            self._ready.put(error)
        finally:
            self._loop.close()

    async def _live(self) -> None:
        self._stop = asyncio.Event()
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.left)
            await stack.enter_async_context(self.right)
            await stack.enter_async_context(self.hub)
            running = await stack.enter_async_context(open_node(self.config, Redactor()))
            self.node = running.parts
            running = asyncio.create_task(
                running.run(self._stop, asyncio.Event(), lambda: self.config)
            )
            self._ready.put(None)
            await running

    def open(self) -> None:
        self._thread.start()
        if (error := self._ready.get(timeout=PATIENCE)) is not None:
            raise error
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            assert time.monotonic() < deadline, "The node does not answer."
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.base}/readyz", headers=header(ADMIN)).ok
        except requests.ConnectionError:
            return False

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "The node does not stop."

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """On the node's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    def furnish(self) -> None:
        """The connectors and the connection."""
        for name, tracker in (("left", self.left), ("right", self.right)):
            params = {
                "url": tracker.url, "token": SimulatorConfig().token,
                "projects": [name.upper()], "webhook_secret": "hush",
            }  # fmt: skip
            body = {"name": name, "system": "jira", "params": params}
            self._post("/connectors", body)
        params = {"url": self.hub.url, "token": GitHubConfig().token, "projects": [HUB_PROJECT]}
        self._post("/connectors", {"name": "hub", "system": "github", "params": params})
        body = {
            "name": "here", "connector": "left", "remote_connector": "right",
            "local_side": "left", "remote_side": "right", "mode": "script",
            "settings": {"project": "LEFT"}, "remote_settings": {"project": "RIGHT"},
        }  # fmt: skip
        self._post("/connections", body)

    def _post(self, path: str, body: Any) -> None:
        answer = requests.post(f"{self.api}{path}", json=body, headers=header(ADMIN))
        assert answer.status_code == 201, answer.text


def header(token: str) -> dict[str, str]:
    return {"Authorization": f"Token {token}"}


@contextmanager
def opened(folder: Path) -> Iterator[House]:
    house = House(folder)
    house.open()
    try:
        house.furnish()
        yield house
    finally:
        house.close()
