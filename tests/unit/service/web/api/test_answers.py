import json

import pytest

from schemas.api import PageQuery
from schemas.connection_api import ConnectionInitiate
from schemas.twin_api import TwinQuery

ANY = {"If-Match": "*"}


async def test_secrets_of_connectors_never_come_out(client) -> None:
    for path in ("/api/v2/connectors", "/api/v2/connectors/jira"):
        async with client.get(path) as answer:
            text = await answer.text()
        assert "canary" not in text
        assert "********" in text
        assert "jira.example" in text
    added = {"name": "a", "system": "jira", "params": {"token": "canary"}}
    async with client.post("/api/v2/connectors", json=added) as answer:
        assert answer.status == 201
        assert "canary" not in await answer.text()


async def test_the_body_reaches_the_operation_typed(client, operations) -> None:
    body = {
        "name": "x",
        "connector": "jira",
        "local_side": "l",
        "remote_side": "r",
        "settings": {"trigger": {"project": "ABC"}, "disclosed": ["summary"]},
    }
    async with client.post("/api/v2/connections", json=body) as answer:
        assert answer.status == 201
        assert (await answer.json())["invitation"] == "TG1-ABC"
    ((_, given),) = operations.calls
    assert isinstance(given, ConnectionInitiate)
    assert given.settings.trigger is not None
    assert given.settings.trigger.project == "ABC"
    assert given.settings.disclosed == ("summary",)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"system": "jira", "params": {}}, "name"),
        ({"name": "a/b", "system": "jira", "params": {}}, "name"),
        ({"name": "a\n", "system": "jira", "params": {}}, "name"),
        ({"name": "a" * 65, "system": "jira", "params": {}}, "name"),
        ({"name": 7, "system": "jira", "params": {}}, "name"),
        ({"name": "a", "system": "jira", "params": [], "x": 1}, "params"),
        ({"name": "a", "system": "jira", "params": {}, "colour": 1}, "colour"),
    ],
)
async def test_a_wrong_field_is_named(client, operations, body, field: str) -> None:
    async with client.post("/api/v2/connectors", json=body) as answer:
        assert answer.status == 400
        ((named, reasons),) = (await answer.json()).items()
    assert named == field
    assert all(isinstance(each, str) for each in reasons)
    assert operations.calls == []


async def test_a_whole_number_may_be_written_with_a_point(client, operations) -> None:
    body = {"name": "ci", "days": 30.0, "role": "viewer"}
    async with client.post("/api/v2/tokens", json=body) as answer:
        assert answer.status == 201
    for wrong in (30.5, 1e300, "30", -0.5):
        async with client.post("/api/v2/tokens", json=body | {"days": wrong}) as answer:
            assert answer.status == 400
            assert list(await answer.json()) == ["days"]
    relaxed = {"name": "x", "system": "jira", "params": {"ratio": 1.0}}
    async with client.post("/api/v2/connectors", json=relaxed) as answer:
        assert answer.status == 201
    added = next(call for call in operations.calls if call[0] == "add_connector")
    assert isinstance(added[1].params["ratio"], float)


async def test_a_wrong_field_inside_settings_is_named_with_its_place(client) -> None:
    body = {"project": "A", "trigger": {"project": "A", "label": ["x"]}}
    async with client.put("/api/v2/connections/x/settings", json=body, headers=ANY) as answer:
        assert await answer.json() == {"trigger": {"label": ["There is no such field."]}}


async def test_lists_are_paged_and_filtered(client, operations) -> None:
    async with client.get("/api/v2/connectors?page=3&page_size=10") as answer:
        page = await answer.json()
        here = str(answer.url.with_query(None))
    assert (page["count"], page["next"]) == (1, None)
    assert page["previous"] == f"{here}?page=2&page_size=10"
    async with client.get("/api/v2/twins/?connection=x&status=parked") as answer:
        assert answer.status == 200
    assert operations.calls == [
        ("connectors", PageQuery(page=3, page_size=10)),
        ("twins", TwinQuery(connection="x", status="parked")),
    ]
    assert PageQuery(page=3, page_size=10).offset == 20


async def test_a_list_leads_from_page_to_page_with_its_filters(client, operations) -> None:
    operations.items = 5
    found, address = [], "/api/v2/connections?page_size=2&search=left"
    while address:
        async with client.get(address) as answer:
            page = await answer.json()
        found += page["results"]
        assert page["count"] == 5
        address = page["next"]
    assert len(found) == 5
    assert [query.page for _, query, _ in operations.calls] == [1, 2, 3]
    assert {query.search for _, query, _ in operations.calls} == {"left"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page=x", "page"),
        ("page_size=501", "page_size"),
        ("page=99999999999999999999", "page"),
        ("colour=red", "colour"),
        ("status=odd", "status"),
    ],
)
async def test_wrong_queries_are_refused(client, operations, query: str, field: str) -> None:
    async with client.get(f"/api/v2/twins?{query}") as answer:
        assert answer.status == 400
        assert list(await answer.json()) == [field]
    assert operations.calls == []


async def test_a_query_where_none_is_taken_is_refused(client) -> None:
    async with client.get("/api/v2/node?x=1") as answer:
        assert answer.status == 400


async def test_names_with_odd_characters_arrive_whole(client, operations) -> None:
    async with client.post("/api/v2/connections/a%2Fb%20%E6%97%A5/pause") as answer:
        assert answer.status == 200
    assert operations.calls == [("pause", "a/b 日")]


@pytest.mark.parametrize(
    ("name", "status", "detail"),
    [
        ("missing", 404, "No such connector."),
        ("used", 409, "It is in use."),
        ("locked", 502, "The tracker refuses the token."),
        ("limited", 503, "Slow down."),
        ("away", 503, "The other node is away."),
    ],
)
async def test_our_errors_keep_their_words(client, name: str, status: int, detail: str) -> None:
    async with client.get(f"/api/v2/connectors/{name}") as answer:
        assert answer.status == status
        assert (await answer.json())["detail"] == detail
        assert status != 503 or int(answer.headers["Retry-After"]) in (5, 8)


async def test_errors_carry_no_secret_and_unexpected_ones_an_incident(client) -> None:
    async with client.get("/api/v2/connectors/storeless") as answer:
        assert "canary" not in await answer.text()
    async with client.get("/api/v2/connectors/broken") as answer:
        assert answer.status == 500
        body = await answer.json()
    assert "canary" not in json.dumps(body)
    assert body["incident"] == "id-1"


async def test_rules_that_do_not_pass_are_422_with_their_findings(client) -> None:
    path = "/api/v2/connections/x/rules"
    async with client.put(path, json={"outgoing": "f(", "incoming": ""}, headers=ANY) as answer:
        assert answer.status == 422
        body = await answer.json()
    assert body["version"] is None
    assert body["findings"][0]["message"] == "never closed"
    async with client.put(path, json={"outgoing": "f", "incoming": ""}, headers=ANY) as answer:
        assert (answer.status, (await answer.json())["version"]) == (200, 2)


async def test_wrong_methods_and_paths_are_json_too(client) -> None:
    async with client.patch("/api/v2/connectors") as answer:
        assert answer.status == 405
        assert (
            set(answer.headers["Allow"].split(",")) == {"GET", "HEAD", "POST"}
            or answer.headers["Allow"]
        )
        assert (await answer.json())["remedy"]
    async with client.get("/api/v2/nothing") as answer:
        assert (answer.status, answer.content_type) == (404, "application/json")
