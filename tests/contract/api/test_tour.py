"""What an administrator does with a node, over real HTTP, held against the served document."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import requests

from tests.contract.api.described import Described
from tests.contract.api.house import ADMIN, HUB_PROJECT, House


def fresh(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def eventually(look: Any, seconds: float = 20.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "It does not come about."
        time.sleep(0.05)
    return found


def issue_in(house: House, summary: str) -> str:
    async def write() -> str:
        fields = {"project": {"key": "LEFT"}, "issuetype": {"name": "Bug"}, "summary": summary}
        state = house.left.state
        return state.create({"fields": fields}, state.users["alice"]).key

    key: str = house.run(write())
    return key


def test_the_node_its_health_and_its_lists(admin: Described) -> None:
    assert admin.get("/node")["name"] == "house"
    assert admin.get("/health")["serviceId"] == "house"
    for path in ("/connectors", "/connections/", "/peers", "/invitations", "/relay/passes/"):
        assert set(admin.get(path)) == {"count", "next", "previous", "results"}
    assert [each["name"] for each in admin.get("/connectors")["results"]] == [
        "hub",
        "left",
        "right",
    ]
    assert admin.get("/queue")["parked"] == 0
    assert admin.get("/connections?search=HER&type=local")["count"] == 2
    assert admin.get("/connections?status=broken")["count"] == 0


def test_an_issue_is_put_under_sync_looked_up_by_either_key_stopped_and_started(
    house: House, admin: Described
) -> None:
    key = issue_in(house, "Pumps stutter ñ 日")
    (synced,) = admin.post("/sync", {"issue": key, "connection": "here"})["twins"]
    assert synced["began"]

    def in_step() -> Any:
        return [
            twin
            for twin in admin.get(f"/twins?issue={key}")["results"]
            if twin["status"] == "in_step" and twin["remote_issue"]
        ]

    (twin,) = eventually(in_step)
    by_remote = admin.get(f"/twins/?remote={twin['remote_issue']}&connection=here")
    assert [each["id"] for each in by_remote["results"]] == [twin["id"]]
    path = f"/twins/here/{twin['id']}"
    whole = admin.get(path)
    assert whole["local"]["summary"] == whole["remote"]["summary"] == "Pumps stutter ñ 日"
    assert admin.post(f"{path}/stop")["status"] == "stopped"
    assert admin.get("/twins?status=stopped&connection=here")["count"] >= 1
    assert admin.post(f"{path}/start/")["status"] in ("working", "in_step")
    written = admin.get(f"/activity?connection=here&twin={twin['id']}")["results"]
    assert {"twin.stopped", "twin.started"} <= {entry["event"] for entry in written}


def test_what_people_edit_has_editions(admin: Described) -> None:
    got = admin.ask("GET", "/connectors/left")
    edition = got.headers["ETag"]
    admin.ask("GET", "/connectors/left", headers={"If-None-Match": edition}, status=304)
    change = {"params": {"projects": ["LEFT"]}, "check": False}
    admin.ask("PUT", "/connectors/left", json=change, status=428)
    changed = admin.ask("PUT", "/connectors/left", json=change, headers={"If-Match": edition})
    assert changed.headers["ETag"] != edition
    admin.ask("PUT", "/connectors/left", json=change, headers={"If-Match": edition}, status=412)
    settings = admin.ask("GET", "/connections/here")
    body = settings.json()["settings"] | {"issue_type": "Bug"}
    held = {"If-Match": settings.headers["ETag"]}
    admin.ask("PUT", "/connections/here/settings", json=body, headers=held)
    admin.ask("PUT", "/connections/here/settings", json=body, headers=held, status=412)
    rules = admin.ask("GET", "/connections/here/rules")
    edited = {"outgoing": rules.json()["outgoing"] + "\n# note\n"}
    edited["incoming"] = rules.json()["incoming"]
    held = {"If-Match": rules.headers["ETag"]}
    saved = admin.ask("PUT", "/connections/here/rules/", json=edited, headers=held)
    assert saved.json()["version"] == int(rules.headers["ETag"].strip('"')) + 1
    admin.ask("PUT", "/connections/here/rules", json=edited, headers=held, status=412)
    broken = edited | {"outgoing": "def outgoing("}
    refused = admin.ask(
        "PUT", "/connections/here/rules", json=broken, headers={"If-Match": "*"}, status=422
    )
    assert refused.json()["findings"]


def test_a_masked_secret_sent_back_stays(house: House, admin: Described) -> None:
    shown = admin.get("/connectors/right")
    assert shown["params"]["token"] == "********"
    body = {"params": shown["params"]}
    admin.ask("PUT", "/connectors/right", json=body, headers={"If-Match": "*"})
    assert admin.post("/connectors/right/check", {"project": "RIGHT"})["passed"]


def test_trackers_tell_their_projects_and_what_these_know(admin: Described) -> None:
    found = admin.get("/connectors/hub/projects?search=PROJ")["results"]
    assert [each["name"] for each in found] == [HUB_PROJECT]
    known = admin.get("/connectors/hub/metadata", params={"project": HUB_PROJECT, "fresh": "true"})
    fields = {field["name"]: field for each in known["types"] for field in each["fields"]}
    assert {"summary", "labels"} <= set(fields)
    assert admin.ask("GET", "/connectors/hub/metadata", status=400).json() == {
        "project": ["This field is required."]
    }
    admin.ask("GET", "/connectors/nobody/projects", status=404)


def test_creating_twice_under_one_key_creates_once(admin: Described) -> None:
    key, name = {"Idempotency-Key": fresh("key")}, fresh("token")
    body = {"name": name, "role": "viewer"}
    first = admin.ask("POST", "/tokens", json=body, headers=key, status=201)
    again = admin.ask("POST", "/tokens/", json=body, headers=key, status=201)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    other = body | {"name": fresh("token")}
    refused = admin.ask("POST", "/tokens", json=other, headers=key, status=422)
    assert "another request" in refused.json()["detail"]
    admin.ask("POST", "/tokens", json=body, status=409)
    # A refusal does not use a key up.
    key = {"Idempotency-Key": fresh("key")}
    admin.ask("POST", "/tokens", json=body, headers=key, status=409)
    admin.ask("POST", "/tokens", json=other, headers=key, status=201)


def test_a_token_is_shown_once_used_and_revoked(house: House, admin: Described) -> None:
    name = fresh("ci")
    made = admin.post("/tokens", {"name": name, "role": "operator"}, status=201)
    operator = admin.other(made["token"])
    assert operator.get("/node")["name"] == "house"
    operator.ask("GET", "/tokens", status=403)
    view = admin.get(f"/tokens/{name}")
    assert view["status"] == "active"
    assert view["last_used"] is not None
    assert made["token"] not in admin.ask("GET", "/tokens").text
    admin.ask("DELETE", f"/tokens/{name}", status=204)
    revoked = operator.ask("GET", "/node", status=401)
    unknown = admin.other("never-made").ask("GET", "/node", status=401)
    assert revoked.content == unknown.content
    assert admin.get(f"/tokens/{name}")["status"] == "revoked"
    again = admin.post("/tokens", {"name": name}, status=201)
    assert again["token"] != made["token"]


def test_changes_are_written_down_with_what_was_before_and_no_secret(admin: Described) -> None:
    name = fresh("audited")
    secret = "canary-" + uuid.uuid4().hex
    body = {"name": name, "system": "jira", "check": False,
            "params": {"url": "https://jira.example", "token": secret}}  # fmt: skip
    admin.post("/connectors", body, status=201)
    change = {"params": {"url": "https://other.example"}, "check": False}
    admin.ask("PUT", f"/connectors/{name}", json=change, headers={"If-Match": "*"})
    admin.ask("DELETE", f"/connectors/{name}", status=204)
    admin.ask("DELETE", f"/connectors/{name}", status=404)
    found = admin.ask("GET", f"/audit?target=/connectors/{name}")
    removed, changed = found.json()["results"]
    assert changed["caller"] == "listen.admin_token"
    assert changed["before"]["params"]["url"] == "https://jira.example"
    assert changed["after"]["params"]["url"] == "https://other.example"
    assert (removed["action"], removed["status"]) == ("connector_remove", 204)
    assert removed["before"]["name"] == name
    whole = admin.ask("GET", "/audit?page_size=500").text
    assert secret not in whole
    refused = {"name": name, "system": "no such system", "params": {}}
    admin.ask("POST", "/connectors", json=refused, status=400)


def test_bulk_work_tells_its_progress_its_problems_and_does_nothing_twice(
    house: House, admin: Described
) -> None:
    keys = [issue_in(house, f"Bulk {number}") for number in range(5)]
    body = {"kind": "sync", "connection": "here", "issues": [*keys, "LEFT-99999"]}
    task = admin.post("/tasks", body, status=201)
    path = f"/tasks/{task['id']}"
    done = eventually(lambda: (t := admin.get(path))["status"] == "done" and t)
    assert (done["total"], done["done"], done["failed"]) == (6, 6, 1)
    assert done["problems"][0]["subject"] == "LEFT-99999"
    admin.ask("POST", f"{path}/cancel", status=409)
    admin.ask("POST", f"{path}/resume", status=200)
    again = eventually(lambda: (t := admin.get(path))["status"] == "done" and t)
    assert (again["done"], again["failed"]) == (6, 1), "what had failed was tried again, and alone"
    assert admin.get("/tasks?status=done")["count"] >= 1
    missing = admin.ask("POST", "/tasks", json={"kind": "stop"}, status=400).json()
    assert list(missing) == ["connection"]
    whole = admin.post("/tasks/", {"kind": "sync", "connection": "here"}, status=201)
    done = eventually(lambda: (t := admin.get(f"/tasks/{whole['id']}"))["status"] == "done" and t)
    assert done["done"] >= 5
    assert admin.get(f"/twins?issue={keys[0]}&connection=here")["count"] == 1


def test_errors_of_a_kind_are_ignored_or_retried_together(admin: Described) -> None:
    body = {"connection": "here", "fault": "mapping"}
    assert admin.post("/errors/ignore", body)["count"] == 0
    assert admin.post("/errors/retry/", body)["count"] == 0
    admin.ask("POST", "/errors/ignore", json={"connection": "nowhere"}, status=404)


def test_the_stream_tells_what_happens_and_goes_on_after_a_break(
    house: House, admin: Described
) -> None:
    after = fresh("stream")
    with _stream(house, admin) as stream:
        lines = stream.iter_lines(decode_unicode=True)
        assert next(lines).startswith("retry:")
        key = issue_in(house, after)
        admin.post("/sync", {"issue": key, "connection": "here"})
        seen = _until(lines, "activity")
    assert seen["id"]
    with _stream(house, admin, **{"Last-Event-ID": str(int(seen["id"]) - 1)}) as stream:
        again = _until(stream.iter_lines(decode_unicode=True), "activity")
    assert again == seen
    admin.ask("GET", "/events?after=minus", status=400)


def test_the_stream_tells_how_bulk_work_goes_on(house: House, admin: Described) -> None:
    keys = [issue_in(house, f"Streamed {number}") for number in range(3)]
    name = fresh("watcher")
    body = {"name": name, "connections": ["here"]}
    watcher = admin.other(admin.post("/tokens", body, status=201)["token"])
    with _stream(house, watcher) as stream:
        lines = stream.iter_lines(decode_unicode=True)
        assert next(lines).startswith("retry:")
        other = {"kind": "retry", "connection": "here.right"}
        not_its_own = admin.post("/tasks", other, status=201)["id"]
        body = {"kind": "sync", "connection": "here", "issues": keys}
        id = admin.post("/tasks", body, status=201)["id"]
        told = []
        while not told or told[-1]["status"] != "done":
            seen = msgspec.json.decode(_until(lines, "task")["data"])
            assert seen["id"] != not_its_own
            told += [seen] if seen["id"] == id else []
    assert [each["done"] for each in told] == sorted(each["done"] for each in told)
    assert (told[-1]["done"], told[-1]["total"], told[-1]["failed"]) == (3, 3, 0)


def _stream(house: House, admin: Described, query: str = "", **headers: str) -> requests.Response:
    address = f"{house.api}/events{query}"
    return admin._session.get(address, headers=headers, stream=True, timeout=20)


def _until(lines: Any, kind: str) -> dict[str, str]:
    event: dict[str, str] = {}
    for line in lines:
        if not line and event.get("event") == kind:
            return event
        if not line:
            event = {}
            continue
        name, _, value = line.partition(": ")
        event[name] = value
    raise AssertionError("The stream has ended.")


def test_a_word_of_the_api_is_no_name(admin: Described) -> None:
    body = {"name": "alm", "system": "jira", "params": {}}
    answer = admin.ask("POST", "/connectors", json=body, status=400)
    assert list(answer.json()) == ["name"]


def test_a_token_of_one_connection_sees_its_own_and_nothing_else(admin: Described) -> None:
    name = fresh("narrow")
    body = {"name": name, "role": "operator", "connections": ["here"]}
    narrow = admin.other(admin.post("/tokens", body, status=201)["token"])
    assert [each["name"] for each in narrow.get("/connections")["results"]] == ["here"]
    assert narrow.get("/connections/here")["name"] == "here"
    assert narrow.get("/twins?connection=here")["count"] >= 0
    for path in ("/connections/here.right", "/connections/nobody", "/twins", "/connectors"):
        refused = narrow.ask("GET", path, status=403)
        assert "permission" in refused.json()["detail"]
    narrow.ask("POST", "/sync", json={"issue": "RIGHT-1", "connection": "here.right"}, status=403)
    narrow.ask("POST", "/sync", json={"issue": "LEFT-1"}, status=403)


def test_another_edition_is_refused_when_two_save_at_once(admin: Described) -> None:
    got = admin.ask("GET", "/connectors/right")
    held = {"If-Match": got.headers["ETag"], "Authorization": f"Token {ADMIN}"}

    def save(number: int) -> int:
        body = {"params": {"page_size": 50 + number}, "check": True}
        url = f"{got.url.split('/api/')[0]}/api/v2/connectors/right"
        return requests.put(url, json=body, headers=held).status_code

    with ThreadPoolExecutor(6) as threads:
        statuses = sorted(threads.map(save, range(6)))
    assert statuses == [200, *[412] * 5]
