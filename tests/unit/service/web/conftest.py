import itertools
from contextlib import AsyncExitStack

import msgspec
import pytest
from aiohttp import ClientSession
from prometheus_client import CollectorRegistry

from adapters.port import WebhookRequest
from schemas.errors import InputError
from schemas.events import IssueChanged
from service.metrics import Metrics
from service.web.health import HealthBoard
from service.web.serving import Hardening, listening

TIGHT = Hardening(keepalive_seconds=0.3, lingering_seconds=0.2, shutdown_seconds=0.2)


class FakeBody(msgspec.Struct):
    issue: str = ""
    issues: list[str] = []


class FakeTracker:
    """Takes `{"issue": …}` or `{"issues": [...]}`; the path secret is `s3cret` where one is set."""

    def __init__(self, secret: str = "") -> None:
        self.secret = secret
        self.requests: list[WebhookRequest] = []

    def parse_webhook(self, request: WebhookRequest) -> tuple[IssueChanged, ...]:
        self.requests.append(request)
        if request.path_secret != self.secret:
            raise InputError("The path secret is wrong.", status=401)
        try:
            body = msgspec.json.decode(request.body, type=FakeBody)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise InputError("The body is not what this tracker sends.") from None
        return tuple(IssueChanged("jira", issue) for issue in (body.issue, *body.issues) if issue)


class FakeDesk:
    def __init__(self) -> None:
        self.trackers = {"jira": FakeTracker(), "guarded": FakeTracker("s3cret")}
        self.cares = True

    def tracker(self, connector: str) -> FakeTracker | None:
        return self.trackers.get(connector)

    async def interested(self, changes: tuple[IssueChanged, ...]) -> tuple[IssueChanged, ...]:
        return changes if self.cares else ()


class FakeBus:
    def __init__(self) -> None:
        self.published: list[IssueChanged] = []
        self.error: Exception | None = None

    async def publish(self, *events: IssueChanged) -> None:
        if self.error is not None:
            raise self.error
        self.published += events


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def bus() -> FakeBus:
    return FakeBus()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics.create(CollectorRegistry(), version="1.2.3")


@pytest.fixture
def clock() -> list[int]:
    return [1_700_000_000_000]


@pytest.fixture
def new_id():
    numbers = itertools.count(1)
    return lambda: f"id-{next(numbers)}"


@pytest.fixture
def board(clock: list[int]) -> HealthBoard:
    return HealthBoard(node="left", version="1.2.3", now=lambda: clock[0], check_seconds=0.2)


@pytest.fixture
async def serve():
    """Serves an application on a free loopback port and gives a session bound to it."""
    async with AsyncExitStack() as stack:

        async def serve(app, hardening: Hardening = TIGHT) -> ClientSession:
            host, port = await stack.enter_async_context(listening(app, "127.0.0.1", 0, hardening))
            session = ClientSession(f"http://{host}:{port}")
            return await stack.enter_async_context(session)

        yield serve
