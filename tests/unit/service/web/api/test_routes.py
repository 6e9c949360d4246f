import io
import re

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from schemas.error_api import RetryOne
from schemas.examples import EXAMPLES
from schemas.openapi import openapi
from schemas.routes import ERROR_RETRY, ROUTES
from schemas.routing import PREFIX

DOCUMENT = openapi("1.2.3")
LIMIT = 1 << 18


@pytest.fixture(autouse=True)
def body_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small one: on a busy machine megabytes may still be on their way when the refusal is."""
    monkeypatch.setattr("service.web.app.ADMIN_BODY_BYTES", LIMIT)


def path_of(route) -> str:
    return PREFIX + re.sub(r"{(\w+)}", r"some-\1", route.path)


def test_the_openapi_document_is_valid_and_tells_every_route() -> None:
    validate(DOCUMENT)
    told = {(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item}
    assert told == {(route.method, PREFIX + route.path) for route in ROUTES}


QUERIES = {"metadata": {"project": "ABC"}}
ANSWERING = [route for route in ROUTES if not route.streams]
ANY = {"If-Match": "*"}


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("route", ANSWERING, ids=lambda route: route.name)
async def test_every_route_answers_as_its_document_says(client, route, slash: str) -> None:
    async with client.request(
        route.method,
        path_of(route) + slash,
        json=EXAMPLES.get(route.name),
        params=QUERIES.get(route.name),
        headers=ANY,
    ) as answer:
        assert answer.status == route.status, await answer.text()
        if route.status == 204:
            return
        body = await answer.json()
    operation = DOCUMENT["paths"][PREFIX + route.path][route.method.lower()]
    told = operation["responses"][str(route.status)]["content"]["application/json"]["schema"]
    Draft202012Validator(told | {"components": DOCUMENT["components"]}).validate(body)


@pytest.mark.parametrize("route", [r for r in ROUTES if r.name in EXAMPLES], ids=lambda r: r.name)
@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"no_such_key": 1}', "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"a":' * 20_000, "application/json", 400),
        (b"{}", "text/plain", 415),
        (b'{"x":"' + b"x" * LIMIT + b'"}', "application/json", 413),
    ],
)
async def test_bad_bodies_are_refused_and_nothing_is_done(
    client, operations, route, data: bytes, kind: str, status: int
) -> None:
    headers = {"Content-Type": kind} | ANY
    async with client.request(
        route.method, path_of(route), data=io.BytesIO(data), headers=headers
    ) as answer:
        assert answer.status == status
        body = await answer.json()
    assert body
    assert operations.calls == []


async def test_a_bare_request_stands_for_a_body_that_says_nothing(client, operations) -> None:
    path = path_of(ERROR_RETRY)
    async with client.post(path) as answer:
        assert answer.status == 200
    assert operations.calls[-1][-1] == RetryOne()
