"""The simulator beside what the adapter asks: pages for people, refusals, orders from outside."""

import json

import aiohttp
import pytest

from adapters.rally.simulator import run
from schemas.issue import ALL_PARTS
from schemas.rich_text import to_plain


async def test_a_person_writes_and_edits_on_the_pages(rally, session, tracker) -> None:
    oids = {one.name: one.oid for one in rally.state.of_type["Project"].values()}
    form = {
        "type": "Defect",
        "Project": str(oids["Harbour"]),
        "Name": "<script>alert(1)</script>",
        "Description": "Words é\n\nMore",
        "actor": "bob@example.com",
    }
    async with session.post(rally.url + "/", data=form) as answer:
        page = await answer.text()
        assert answer.status == 200
        assert "&lt;script&gt;" in page
        assert "<script>" not in page
        issue = answer.url.name
    edit = {"Name": "Renamed", "State": "Open", "Tags": "a, b", "Blocked": "on", "Owner": ""}
    async with session.post(f"{rally.url}/items/{issue}", data=edit) as answer:
        assert "Renamed" in await answer.text()
    async with session.post(f"{rally.url}/items/{issue}/posts", data={"Text": "Why"}) as answer:
        assert "Why" in await answer.text()
    upload = aiohttp.FormData()
    upload.add_field("file", b"data", filename="plan.txt")
    async with session.post(f"{rally.url}/items/{issue}/files", data=upload) as answer:
        assert answer.status == 200
    read = await tracker.read(issue, ALL_PARTS)
    shown = {name: read.fields[name] for name in ("summary", "status", "labels", "Blocked")}
    assert shown == {"summary": "Renamed", "status": "Open", "labels": ("a", "b"), "Blocked": True}
    assert to_plain(read.fields["description"]) == "Words é\n\nMore"
    assert read.fields["reporter"].name == "Bob Example"
    assert [to_plain(one.body) for one in read.comments] == ["Why"]
    assert [one.size for one in read.attachments] == [4]
    (post,), (held,) = read.comments, read.attachments
    async with session.get(f"{rally.url}/files/{held.id}") as answer:
        assert await answer.read() == b"data"
        assert answer.headers["Content-Disposition"].startswith("attachment")
    async with session.post(f"{rally.url}/posts/{post.id}", data={"Text": "Because"}) as answer:
        assert "Because" in await answer.text()
    assert [to_plain(one.body) for one in await tracker.read_comments(issue)] == ["Because"]
    for path in (f"/posts/{post.id}", f"/files/{held.id}"):
        async with session.post(rally.url + path, data={"way": "delete"}) as answer:
            assert answer.status == 200
    read = await tracker.read(issue, ALL_PARTS)
    assert (read.comments, read.attachments) == ((), ())
    async with session.post(rally.url + "/", data={**form, "Name": ""}) as answer:
        assert answer.status == 422
        assert "Name should not be null" in await answer.text()
    async with session.post(f"{rally.url}/items/{issue}/delete") as answer:
        assert answer.status == 200
    async with session.get(f"{rally.url}/items/{issue}") as answer:
        assert answer.status == 404


async def test_forms_of_other_sites_are_refused(rally, session) -> None:
    headers = {"Origin": "https://evil.example"}
    of_items = ("/items/1", "/items/1/posts", "/items/1/files", "/items/1/delete")
    for path in ("/", *of_items, "/posts/1", "/files/1"):
        async with session.post(rally.url + path, data={}, headers=headers) as answer:
            assert answer.status == 403


async def test_calls_latency_and_faults_can_be_set_from_outside(rally, session, by_hand) -> None:
    await by_hand("POST", "/tag/create", {"Tag": {"Name": "one"}})
    async with session.get(rally.url + "/simulator/calls") as answer:
        assert (await answer.json())["POST /slm/webservice/v2.0/tag/create"] == 1
    async with session.put(rally.url + "/simulator/latency", json={"seconds": 0.01}) as answer:
        assert answer.status == 200
    fault = json.dumps({"status": 503, "path": "/tag/create"})
    async with session.post(rally.url + "/simulator/faults", data=fault) as answer:
        assert answer.status == 201
    async with session.post(rally.url + "/simulator/faults", data="{}x") as answer:
        assert answer.status == 400


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        ("GET", "/nonsense", None, "Not a valid object type"),
        ("GET", "/defect/5", None, "Cannot find object to read"),
        ("GET", "/defect?query=(Nothing = 1)", None, "Could not find the attribute"),
        ("GET", '/artifact?query=(c_Team = "Red")', None, "could not read all instances"),
        ("GET", "/defect?query=((A = 1) AND (B = 2) AND (C = 3))", None, "expected"),
        ("GET", '/defect?query=(CreationDate > "2026-13-01")', None, "ISO8601"),
        ("POST", "/defect/create", {"Defect": {}}, "Name should not be null"),
        ("POST", "/defect/create", {"Task": {}}, "expected an object named Defect"),
        ("POST", "/defect/create", {"Defect": {"Name": "x" * 257}}, "maximum length of 256"),
        ("POST", "/defect/create", {"Defect": {"Name": "x", "State": "y"}}, "no allowed value"),
        ("POST", "/defect/create", {"Defect": {"Name": "x", "Owner": "/user/1"}}, "referenced"),
        ("POST", "/defect/create", {"Defect": {"Name": "x", "TargetDate": "soon"}}, "ISO8601"),
    ],
)
async def test_it_refuses_inside_a_200_as_rally_does(
    by_hand, method: str, path: str, body: object, told: str
) -> None:
    await by_hand("POST", "/defect/create", {"Defect": {"Name": "One"}})
    result = await by_hand(method, path, body)
    assert told in result["Errors"][0]


async def test_what_it_does_not_know_it_leaves_out_with_a_warning(by_hand) -> None:
    body = {"Defect": {"Name": "One", "Nothing": 1, "FormattedID": "DE9"}}
    result = await by_hand("POST", "/defect/create", body)
    assert result["Errors"] == []
    assert result["Warnings"] == [
        "Ignored JSON element defect.Nothing during processing of this request.",
        "Ignored JSON element defect.FormattedID during processing of this request.",
    ]


async def test_pages_of_a_query_start_at_one(by_hand) -> None:
    for number in range(5):
        await by_hand("POST", "/tag/create", {"Tag": {"Name": f"t{number}"}})
    seen = []
    for at in (1, 3, 5, 7):
        page = await by_hand("GET", f"/tag?fetch=Name&order=Name DESC&start={at}&pagesize=2")
        assert (page["TotalResultCount"], page["StartIndex"]) == (5, at)
        seen += [tag["Name"] for tag in page["Results"]]
    assert seen == ["t4", "t3", "t2", "t1", "t0"]


async def test_scope_goes_up_and_down(rally, by_hand) -> None:
    oids = {one.name: one.oid for one in rally.state.of_type["Project"].values()}
    for name in ("Harbour", "Pier", "Lagoon"):
        body = {"Task": {"Name": name, "Project": f"/project/{oids[name]}"}}
        await by_hand("POST", "/task/create", body)

    async def within(name: str, **scope: str) -> set[str]:
        more = "".join(f"&{key}={value}" for key, value in scope.items())
        found = await by_hand("GET", f"/task?fetch=Name&project=/project/{oids[name]}{more}")
        return {task["Name"] for task in found["Results"]}

    assert await within("Harbour") == {"Harbour", "Pier"}
    assert await within("Harbour", projectScopeDown="false") == {"Harbour"}
    assert await within("Pier", projectScopeUp="true") == {"Harbour", "Pier"}


async def test_scripts_and_hidden_comments_do_not_stay_in_texts(by_hand) -> None:
    body = {
        "Defect": {"Name": "x", "Description": '<p onclick="x()">a<!-- b --><script>c</script>'}
    }
    made = await by_hand("POST", "/defect/create?fetch=Description", body)
    assert made["Object"]["Description"] == "<p>a"


async def test_two_writes_are_written_down_with_who_wrote(by_hand) -> None:
    made = await by_hand("POST", "/defect/create", {"Defect": {"Name": "One"}})
    ref = made["Object"]["_ref"].partition("v2.0")[2]
    await by_hand("POST", ref, {"Defect": {"Name": "Two"}}, token="bob-token")
    history = (await by_hand("GET", ref + "?fetch=RevisionHistory"))["RevisionHistory"]
    place = history["_ref"].partition("v2.0")[2]
    found = await by_hand("GET", place + "/Revisions?fetch=Description,User,DisplayName")
    told = [(one["Description"], one["User"]["DisplayName"]) for one in found["Results"]]
    assert told == [("Original revision", "Alice Example"), ("Name changed", "Bob Example")]


def test_run_serves_as_the_command_line_starts_it() -> None:
    assert run.__kwdefaults__ == {"host": "127.0.0.1"}
