"""What only Jira Cloud does: bounded searches, two versions of one text, calls that are gone."""

import json
from base64 import b64encode

import pytest


@pytest.fixture
def call(cloud, session):
    config = cloud.cloud_config
    pair = b64encode(f"{config.email}:{config.token}".encode()).decode()

    async def sent(method: str, path: str, body=None, status: int = 200):
        headers = {"Authorization": "Basic " + pair}
        async with session.request(
            method, cloud.url + path, json=body, headers=headers, allow_redirects=False
        ) as answer:
            text = await answer.text()
            assert answer.status == status, text
            return json.loads(text) if text.startswith(("{", "[")) else answer

    return sent


def fields(**more):
    return {"project": {"key": "SIM"}, "issuetype": {"name": "Bug"}, "summary": "x", **more}


@pytest.mark.parametrize("path", ["/rest/api/3/search", "/rest/api/2/search"])
async def test_the_old_search_is_gone(call, path) -> None:
    assert "search/jql" in (await call("GET", path, status=410))["errorMessages"][0]


@pytest.mark.parametrize("jql", ["", "ORDER BY key", "  order by created"])
async def test_an_unbounded_search_is_refused(call, jql) -> None:
    await call("POST", "/rest/api/3/search/jql", {"jql": jql}, status=400)


async def test_a_search_tells_ids_unless_asked_for_more(call) -> None:
    await call("POST", "/rest/api/3/issue", {"fields": fields()}, status=201)
    found = await call("POST", "/rest/api/3/search/jql", {"jql": "project = SIM"})
    assert found["issues"][0]["fields"] == {}
    assert (found["isLast"], "total" in found) == (True, False)


async def test_a_token_belongs_to_its_search(call) -> None:
    for _ in range(2):
        await call("POST", "/rest/api/3/issue", {"fields": fields()}, status=201)
    body = {"jql": "project = SIM", "maxResults": 1}
    token = (await call("POST", "/rest/api/3/search/jql", body))["nextPageToken"]
    rest = await call("POST", "/rest/api/3/search/jql", {**body, "nextPageToken": token})
    assert (len(rest["issues"]), rest["isLast"]) == (1, True)
    other = {**body, "jql": "project = SIM ORDER BY key", "nextPageToken": token}
    await call("POST", "/rest/api/3/search/jql", other, status=400)
    await call("POST", "/rest/api/3/search/jql", {**body, "nextPageToken": "x"}, status=400)
    many = {**body, "reconcileIssues": list(range(51))}
    await call("POST", "/rest/api/3/search/jql", many, status=400)


async def test_versions_show_one_text_each_in_their_way(call) -> None:
    await call("POST", "/rest/api/2/issue", {"fields": fields(description="*b*")}, status=201)
    new = await call("GET", "/rest/api/3/issue/SIM-1?fields=description")
    assert new["fields"]["description"]["type"] == "doc"
    old = await call("GET", "/rest/api/2/issue/SIM-1?fields=description")
    assert old["fields"]["description"] == "*b*"


async def test_user_names_are_refused(call) -> None:
    body = {"fields": fields(assignee={"name": "alice"})}
    refused = await call("POST", "/rest/api/3/issue", body, status=400)
    assert "assignee" in refused["errors"]
    await call("GET", "/rest/api/3/user/search?username=alice", status=400)


async def test_content_comes_from_the_media_host_to_those_with_a_link(call, cloud, session) -> None:
    await call("POST", "/rest/api/3/issue", {"fields": fields()}, status=201)
    state = cloud.state
    path = state.folder / "f"
    path.write_bytes(b"data")
    held = state.attach(state.issue("SIM-1"), path, "f.txt", "text/plain", state.me)
    there = await call("GET", f"/rest/api/3/attachment/content/{held.id}", status=303)
    address = there.headers["Location"]
    assert not address.startswith(cloud.url)
    async with session.get(address) as answer:
        assert await answer.read() == b"data"
    async with session.get(address.partition("?")[0]) as answer:
        assert answer.status == 403


async def test_the_site_tells_its_cloud_id(cloud, session) -> None:
    async with session.get(cloud.url + "/_edge/tenant_info") as answer:
        assert await answer.json() == {"cloudId": cloud.cloud_config.cloud_id}
