"""Changes: their editions, their keys, and what is written down of them."""

import msgspec
import pytest

from schemas.errors import StoreUnavailable
from schemas.examples import EXAMPLES
from service.web.api.records import shown

TOKENS, NEW = "/api/v2/tokens", {"name": "ci"}
SETTINGS = "/api/v2/connections/left-right/settings"


async def test_who_edits_has_to_say_what_it_had_seen(client, operations) -> None:
    async with client.get("/api/v2/connections/left-right") as answer:
        edition = answer.headers["ETag"]
    async with client.put(SETTINGS, json={}) as answer:
        assert answer.status == 428
        assert "If-Match" in (await answer.json())["detail"]
    for given in ('"another"', f"W/{edition}"):
        async with client.put(SETTINGS, json={}, headers={"If-Match": given}) as answer:
            assert answer.status == 412, given
    assert operations.calls == []
    for given in (edition, f'"another", {edition}', "*"):
        async with client.put(SETTINGS, json={}, headers={"If-Match": given}) as answer:
            assert answer.status == 200, given
            assert answer.headers["ETag"] == edition
    assert len(operations.calls) == 3


async def test_a_snippet_is_saved_over_the_version_that_was_seen(client, operations) -> None:
    path, body = "/api/v2/snippets/statuses", {"source": "A = 1"}
    async with client.get(path) as answer:
        edition = answer.headers["ETag"]
    for headers, status in (({}, 428), ({"If-Match": '"2"'}, 412), ({"If-Match": edition}, 200)):
        async with client.put(path, json=body, headers=headers) as answer:
            assert answer.status == status
    assert answer.headers["ETag"] == edition
    assert len(operations.calls) == 1
    async with client.put(path, json={"source": "("}, headers={"If-Match": "*"}) as answer:
        assert answer.status == 422
        assert (await answer.json())["findings"][0]["file"] == "snippets/statuses.py"


async def test_counts_of_a_connection_make_no_new_edition(client, monkeypatch, operations) -> None:
    async def more(name: str):
        shown = await before(name)
        return msgspec.structs.replace(shown, twins=99, last_sync=7, status="paused")

    before = operations.connection
    async with client.get("/api/v2/connections/left-right") as answer:
        edition = answer.headers["ETag"]
    monkeypatch.setattr(operations, "connection", more)
    headers = {"If-None-Match": edition}
    async with client.get("/api/v2/connections/left-right", headers=headers) as answer:
        assert (answer.status, answer.headers["ETag"]) == (304, edition)


async def test_one_key_creates_once(client, operations) -> None:
    headers = {"Idempotency-Key": "k"}
    said = []
    for path in (TOKENS, f"{TOKENS}/", TOKENS):
        async with client.post(path, json=NEW, headers=headers) as answer:
            assert answer.status == 201
            said.append((await answer.text(), answer.headers.get("Idempotent-Replayed")))
    assert said == [(said[0][0], None), (said[0][0], "true"), (said[0][0], "true")]
    assert len(operations.calls) == 1
    async with client.post(TOKENS, json={"name": "other"}, headers=headers) as answer:
        assert answer.status == 422
    async with client.post(TOKENS, json=NEW, headers={"Idempotency-Key": "other"}) as answer:
        assert answer.status == 201
    long = {"Idempotency-Key": "x" * 256}
    async with client.post(TOKENS, json=NEW, headers=long) as answer:
        assert answer.status == 400
    assert len(operations.calls) == 2


async def test_a_refusal_leaves_the_key_free(client, operations) -> None:
    headers, body = {"Idempotency-Key": "k"}, {"name": "missing", "system": "x", "params": {}}
    async with client.post("/api/v2/connectors", json=body, headers=headers) as answer:
        assert answer.status == 404
    body["name"] = "good"
    async with client.post("/api/v2/connectors", json=body, headers=headers) as answer:
        assert answer.status == 201


async def test_a_change_is_written_down_before_it_is_made(client, operations, records) -> None:
    records.away = True
    async with client.post(TOKENS, json=NEW) as answer:
        assert answer.status == 503
    assert operations.calls == []
    records.away = False
    async with client.post(TOKENS, json=NEW) as answer:
        assert answer.status == 201
    (entry,) = records.entries
    assert (entry.action, entry.target, entry.status) == ("token_create", "/tokens", 201)
    assert entry.given["name"] == "ci"
    assert "canary" not in repr(entry)


@pytest.mark.parametrize(("name", "status"), [("used", 409), ("locked", 502), ("broken", 500)])
async def test_how_a_change_ended_is_written_down_too(client, records, name, status) -> None:
    body = {"name": name, "system": "x", "params": {"token": "canary"}}
    async with client.post("/api/v2/connectors", json=body) as answer:
        assert answer.status == status
    (entry,) = records.entries
    assert entry.status == status
    assert "canary" not in repr(entry)


async def test_a_change_stands_when_its_end_cannot_be_written_down(
    client, records, monkeypatch
) -> None:
    async def away(*given: object) -> None:
        raise StoreUnavailable("The store is away.")

    monkeypatch.setattr(records, "end", away)
    async with client.post(TOKENS, json=NEW) as answer:
        assert answer.status == 201


async def test_looking_is_not_written_down(client, records) -> None:
    for path in ("/api/v2/connectors/jira/check", "/api/v2/connections/probe"):
        body = {"url": "https://x"} if "probe" in path else {}
        async with client.post(path, json=body) as answer:
            assert answer.status == 200
    assert records.entries == []


def test_what_is_written_down_is_short_and_masked() -> None:
    assert shown({"token": "x", "deep": [{"password": "y"}]}) == {
        "token": "********",
        "deep": [{"password": "********"}],
    }
    long = shown({"outgoing": "x" * 20_000})
    assert set(long) == {"bytes", "sha256"}
    assert shown(None) is None


@pytest.mark.parametrize("path", ["/api/v2/connections/accept", "/api/v2/connections/probe/"])
@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH"])
async def test_a_word_in_a_path_is_not_taken_for_a_name(client, operations, path, method) -> None:
    async with client.request(method, path) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert operations.calls == []


async def test_the_stream_is_events_of_one_line_each(client, operations) -> None:
    async with client.get("/api/v2/events?connection=left-right&after=3") as answer:
        assert (answer.status, answer.content_type) == (200, "text/event-stream")
        text = await answer.text()
    retry, written, task, _ = text.split("\n\n")
    assert retry == "retry: 3000"
    assert written.startswith('id: 8\nevent: activity\ndata: {"at":1,"event":"twin.written"')
    assert len(written.splitlines()) == 3
    assert task.startswith('event: task\ndata: {"id":"k1"')
    assert operations.reader.after == 3
    async with client.get("/api/v2/events", headers={"Last-Event-ID": "77"}) as answer:
        await answer.read()
    assert operations.reader.after == 77
    async with client.get("/api/v2/events", headers={"Last-Event-ID": "x"}) as answer:
        assert answer.status == 400


async def test_a_configuration_is_told_once_and_applied_whole_or_refused(
    client, operations, records
) -> None:
    async with client.get("/api/v2/configuration") as answer:
        edition = answer.headers["ETag"]
        assert edition == f'"{(await answer.json())["edition"]}"'
    async with client.get("/api/v2/configuration", headers={"If-None-Match": edition}) as answer:
        assert answer.status == 304
    body = EXAMPLES["configuration_apply"]
    secret = {"connectors": {"jira": {"system": "jira", "params": {"token": "canary"}}}}
    for message, status in (("good", 200), ("bad", 422)):
        given = body | {"message": message, "wanted": secret}
        async with client.post("/api/v2/configuration/apply", json=given) as answer:
            assert answer.status == status
            assert (await answer.json())["applied"] == (status == 200)
    assert [entry.status for entry in records.entries] == [200, 422]
    assert "canary" not in repr(records.entries)
    assert operations.calls[0][0] == "apply"
