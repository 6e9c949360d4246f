"""Who is let in by which token, and what every answer of the admin door carries."""

import pytest

from schemas.access import Caller
from service.web.access import by_token
from service.web.api.records import Records
from service.web.app import build_admin_app
from service.web.callers import Callers
from service.web.rates import Rates
from service.web.refusals import Refusals

ORIGIN = "https://console.example"


class FakeAccess:
    def __init__(self) -> None:
        self.asked: list[str] = []

    async def caller(self, token: str) -> Caller | None:
        self.asked.append(token)
        return Caller("token t", "viewer") if token == "s3cret" else None


class Nothing:
    """These tests reach no operation and no record."""

    rule_life = None
    configuration = None
    snippets = None


@pytest.fixture
def access() -> FakeAccess:
    return FakeAccess()


@pytest.fixture
def opened(serve, board, metrics, new_id, clock, access):
    async def opened(*, per_second: float = 1000.0, refused: float = 1000.0, origins=frozenset()):
        board.open()
        app = build_admin_app(
            Nothing(),
            board,
            metrics,
            new_id=new_id,
            records=Records(Nothing(), Nothing()),
            entrance=by_token(
                access,
                allowance=Rates(per_second, per_second, now=lambda: clock[0]),
                refused=Rates(refused, refused, now=lambda: clock[0]),
                callers=Callers(),
                refusals=Refusals(metrics, now=lambda: clock[0]),
            ),
            origins=origins,
        )
        return await serve(app)

    return opened


@pytest.mark.parametrize(
    "given",
    [
        "Token s3cret",
        "token s3cret",
        "TOKEN  s3cret ",
        "Bearer s3cret",
        'bEaReR "s3cret"',
        "Token 's3cret'",
    ],
)
async def test_the_token_is_taken_as_clients_send_it(opened, given: str) -> None:
    client = await opened()
    async with client.get("/api/v2/health", headers={"Authorization": given}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    "given",
    [
        None, "", "s3cret", "Basic s3cret", "Token", "Token s3cre", "Token s3crets",
        "Bearer S3CRET", "Token s3cret extra", 'Token "s3cret', "Token s3cr\u00e9t",
    ],
)  # fmt: skip
async def test_nothing_is_told_without_a_good_token(opened, given: str | None) -> None:
    client = await opened()
    headers = {} if given is None else {"Authorization": given}
    said = set()
    for path in ("/api/v2/health", "/api/v2/nothing", "/metrics", "/health", "/nothing"):
        async with client.get(path, headers=headers) as answer:
            assert answer.status == 401
            assert answer.headers["WWW-Authenticate"] == "Token"
            said.add(await answer.text())
    assert len(said) == 1


SCRIPTS = ("docs", "describe", "attempt", "make")


async def test_the_document_and_its_page_are_for_everybody(opened, access: FakeAccess) -> None:
    client = await opened()
    for path, kind in (
        ("/api/v2/openapi.json", "application/json"),
        ("/api/v2/docs", "text/html"),
        ("/api/v2/docs/", "text/html"),
        *((f"/api/v2/docs/{name}.js", "text/javascript") for name in SCRIPTS),
        ("/api/v2/docs/docs.css", "text/css"),
    ):
        async with client.get(path) as answer:
            assert (answer.status, answer.content_type) == (200, kind)
            policy, edition = answer.headers["Content-Security-Policy"], answer.headers["ETag"]
            text = await answer.text()
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "http://" not in text.replace("http://localhost", "")
        async with client.get(path, headers={"If-None-Match": edition}) as answer:
            assert answer.status == 304
    assert access.asked == []


async def test_a_token_that_asks_too_often_waits_and_others_do_not(opened, clock) -> None:
    client = await opened(per_second=2.0)
    good = {"Authorization": "Token s3cret"}
    statuses = []
    for _ in range(4):
        async with client.get("/api/v2/health", headers=good) as answer:
            statuses.append(answer.status)
    assert statuses == [200, 200, 429, 429]
    assert answer.headers["Retry-After"] == "1"
    clock[0] += 500
    async with client.get("/api/v2/health", headers=good) as answer:
        assert answer.status == 200


async def test_who_guesses_tokens_waits_before_the_next_guess(opened, access, clock) -> None:
    client = await opened(refused=3.0)
    statuses = []
    for number in range(5):
        bad = {"Authorization": f"Token guess-{number}"}
        async with client.get("/api/v2/health", headers=bad) as answer:
            statuses.append(answer.status)
    assert statuses == [401, 401, 401, 429, 429]
    assert len(access.asked) == 3


async def test_answers_are_safe_in_a_browser_refusals_too(opened) -> None:
    client = await opened()
    good = {"Authorization": "Token s3cret"}
    for path, status in (("/api/v2/health", 200), ("/api/v2/nothing", 404)):
        async with client.get(path, headers=good | {"Origin": ORIGIN}) as answer:
            assert answer.status == status
            told = answer.headers
        assert told["X-Content-Type-Options"] == "nosniff"
        assert told["X-Frame-Options"] == "DENY"
        assert told["Cache-Control"] == "no-store"
        assert "default-src 'none'" in told["Content-Security-Policy"]
        assert "Access-Control-Allow-Origin" not in told


async def test_only_pages_of_named_sites_may_read_answers(opened) -> None:
    client = await opened(origins=frozenset({ORIGIN}))
    asked = {"Access-Control-Request-Method": "PUT"}
    async with client.options("/api/v2/tokens", headers=asked | {"Origin": ORIGIN}) as answer:
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
        assert "If-Match" in answer.headers["Access-Control-Allow-Headers"]
    for origin in ("https://evil.example", "null", f"{ORIGIN}.evil.example"):
        async with client.options("/api/v2/tokens", headers=asked | {"Origin": origin}) as answer:
            assert answer.status == 401
            assert "Access-Control-Allow-Origin" not in answer.headers
    async with client.get("/api/v2/health", headers={"Origin": ORIGIN}) as answer:
        assert answer.status == 401
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "Access-Control-Allow-Credentials" not in answer.headers
