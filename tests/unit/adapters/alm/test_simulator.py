"""The simulated ALM, as a person and as another program meet it."""

import json

import aiohttp
import pytest

from adapters.alm.simulator.tidy import tidy

BASE = "/qcbin/rest/domains/DEFAULT/projects/sim"


async def signed_in(alm, session: aiohttp.ClientSession) -> dict[str, str]:
    key = {"clientId": alm.config.client_id, "secret": alm.config.secret}
    async with session.post(alm.address + "/rest/oauth2/login", json=key) as answer:
        assert answer.status == 200
        cookies = {name: morsel.value for name, morsel in answer.cookies.items()}
    pairs = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return {
        "Cookie": pairs,
        "X-XSRF-TOKEN": cookies["XSRF-TOKEN"],
        "Accept": "application/json",
        "Content-Type": "application/json",
    }


def defect(*fields: tuple[str, str]) -> str:
    shaped = [{"Name": name, "values": [{"value": value}]} for name, value in fields]
    return json.dumps({"Fields": shaped, "Type": "defect"})


WHOLE = (
    ("name", "By a program"),
    ("severity", "1-Low"),
    ("detected-by", "alice"),
    ("creation-time", "2026-01-31"),
)


@pytest.mark.parametrize(
    ("fields", "status", "kind"),
    [
        (WHOLE, 201, ""),
        (WHOLE[:1], 400, "required-field-missing"),
        ((*WHOLE[1:], WHOLE[0]), 500, "general-error"),
        ((*WHOLE, ("status", "Nonsense")), 400, "invalid-list-field-value"),
        ((*WHOLE, ("user-03", "x")), 400, "invalid-value-type-for-field"),
        ((*WHOLE, ("colour", "x")), 400, "unknown-field-name"),
        ((*WHOLE, ("id", "7")), 403, "operation-forbidden"),
    ],
)
async def test_new_entities_are_looked_at(alm, session, fields, status, kind) -> None:
    headers = await signed_in(alm, session)
    url = alm.url + BASE + "/defects"
    async with session.post(url, data=defect(*fields), headers=headers) as answer:
        told = await answer.json()
        assert answer.status == status
        assert told.get("Id", "") == (f"qccore.{kind}" if kind else "")


async def test_strangers_are_turned_away(alm, session) -> None:
    headers = await signed_in(alm, session)
    url = alm.url + BASE + "/defects"
    without_token = {name: value for name, value in headers.items() if name != "X-XSRF-TOKEN"}
    async with session.post(url, data=defect(*WHOLE), headers=without_token) as answer:
        assert answer.status == 401
        assert "XSRF" in (await answer.json())["Title"]
    async with session.get(url, headers={"Accept": "application/xml"}) as answer:
        assert answer.status == 401
        assert "<Id>qccore.session-has-expired</Id>" in await answer.text()
    async with session.get(url, headers={**headers, "Accept": "*/*"}) as answer:
        assert answer.status == 406
        assert answer.content_type == "text/html"


async def test_unquoted_words_are_no_literal(alm, session) -> None:
    headers = await signed_in(alm, session)
    url = alm.url + BASE + "/defects"
    async with session.get(url, params={"query": "{name[two words]}"}, headers=headers) as answer:
        assert answer.status == 404
        assert (await answer.json())["Id"] == "qccore.invalid-filter-expression"
    query = '{name["two*"];id[>0]}'
    async with session.get(url, params={"query": query}, headers=headers) as answer:
        assert await answer.json() == {"entities": [], "TotalResults": 0}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("<p onclick='x()'>a<script>alert(1)</script></p>", "<p>a</p>"),
        ("<img src='plan.png' alt='x'>", 'alt="x"'),
        ("<img src='https://example.com/a.png'>", 'src="https://example.com/a.png"'),
        ("<table><tr><td>1</td></tr></table>", "<tbody>"),
        ("<pre>a\n  <b>b</b></pre>", "<pre>a\n  <b>b</b></pre>"),
    ],
)
def test_memos_are_cleaned_and_laid_out(given: str, kept: str) -> None:
    text = tidy(given)
    assert kept in text
    assert "plan.png" not in text
    assert "script" not in text
    assert tidy(text).count("<p>") == text.count("<p>")


async def test_people_write_edit_comment_and_upload(alm, session, tracker) -> None:
    form = {"kind": "defect", "name": "By <b>hand</b>", "description": "One\ntwo", "actor": "bob"}
    async with session.post(alm.url + "/", data=form) as page:
        assert page.status == 200
        assert "By &lt;b&gt;hand&lt;/b&gt;" in await page.text()
    edit = {"name": "Edited", "status": "Open", "comment": "Look", "actor": "alice"}
    async with session.post(alm.url + "/defect/1", data=edit) as page:
        assert "Alice Example &lt;alice&gt;" in await page.text()
    upload = aiohttp.FormData()
    upload.add_field("file", b"data", filename="plan.txt")
    async with session.post(alm.url + "/defect/1/attachments", data=upload) as page:
        assert "plan.txt" in await page.text()
    async with session.post(alm.url + "/defect/1/hold", data={"actor": "alice"}) as page:
        assert "Open at alice" in await page.text()
    read = await tracker.read("defect-1", frozenset({"comments", "attachments"}))
    assert (read.fields["summary"], read.fields["status"]) == ("Edited", "Open")
    assert [comment.author.name for comment in read.comments] == ["Alice Example"]
    assert [file.filename for file in read.attachments] == ["plan.txt"]
    wrong = {"name": "", "actor": "alice"}
    async with session.post(alm.url + "/defect/1", data=wrong) as page:
        assert page.status == 400
        assert "required" in await page.text()


async def test_other_sites_cannot_write(alm, session) -> None:
    headers = {"Origin": "https://evil.example"}
    async with session.post(alm.url + "/", data={"name": "x"}, headers=headers) as page:
        assert page.status == 403
    assert alm.state.entities == {}
