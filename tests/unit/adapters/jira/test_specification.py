"""The adapter's requests and the simulator's answers against Atlassian's specification.

It describes version 3 of the API. What differs is levelled out here: the paths say 2, rich text is
a string where version 3 has an untyped document (so nothing is to be done), attachment metadata
tells its id as a string, offsets are written +0000, as real servers do, where the specification
claims RFC 3339, and an item of a changelog has null where there was no value, as recorded webhooks
show, where the specification claims a string.
"""

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import msgspec
import pytest

from adapters.jira import JiraTracker, parse_params
from adapters.jira.simulator import Fault, JiraSimulator
from schemas.errors import TrackerError
from schemas.issue import (
    ALL_PARTS,
    AttachmentDraft,
    CommentDraft,
    FieldChange,
    Issue,
    WorklogDraft,
)
from schemas.rich_text import plain
from tests.contract.trackers import jira_site

SPECIFICATION = (
    Path(__file__).parents[5] / "shared" / "specs" / "jira-cloud" / "openapi-v3-issues.json"
)
pytestmark = pytest.mark.skipif(
    not SPECIFICATION.exists(), reason="Atlassian's specification is not on this machine"
)


_OFFSET = re.compile(rb"(T\d\d:\d\d:\d\d\.\d{3})\+0000")


class Exchange(msgspec.Struct):
    method: str
    url: str
    headers: dict[str, str]
    body: bytes = b""
    status: int = 0
    answer: bytes = b""
    answer_type: str = ""


def recording(exchanges: list[Exchange]) -> aiohttp.TraceConfig:
    trace = aiohttp.TraceConfig()

    async def started(_: Any, context: SimpleNamespace, params: Any) -> None:
        exchange = Exchange(params.method, str(params.url), dict(params.headers))
        context.exchange = exchange
        exchanges.append(exchange)

    async def sent(_: Any, context: SimpleNamespace, params: Any) -> None:
        context.exchange.body += params.chunk

    async def received(_: Any, context: SimpleNamespace, params: Any) -> None:
        context.exchange.answer += params.chunk

    async def ended(_: Any, context: SimpleNamespace, params: Any) -> None:
        context.exchange.status = params.response.status
        context.exchange.answer_type = params.response.content_type

    trace.on_request_start.append(started)
    trace.on_request_chunk_sent.append(sent)
    trace.on_response_chunk_received.append(received)
    trace.on_request_end.append(ended)
    return trace


async def everything(tracker: JiraTracker, jira: JiraSimulator, draft: Any) -> None:
    """Each call of the port at least once, refusals among them."""
    await tracker.check("SIM")
    cursor = (await tracker.changed_since(None, ())).cursor
    issue = await tracker.create(
        draft(
            source_url="https://other.example/1",
            labels=("a",),
            assignee="alice",
            customfield_10003="S1",
            status="Done",
        )
    )
    issue = await tracker.update(
        issue, FieldChange({"summary": "New", "status": "To Do"}, {"labels": ("b",)})
    )
    await tracker.find_by_marker("marker-1", "SIM", issue.updated)
    internal = CommentDraft(plain("Ünï"), "c-1", internal=True)
    comment = await tracker.add_comment(issue.ref.id, internal)
    await tracker.edit_comment(issue.ref.id, comment.id, plain("Other"))
    held = jira.state.issue(issue.ref.id)
    jira.state.add_comment(held, {"body": "x"}, jira.state.me)
    await tracker.read(issue.ref.id, ALL_PARTS)
    await tracker.read_comments(issue.ref.id)

    async def open_content() -> Any:
        async def stream() -> Any:
            yield b"content"

        return stream()

    file = AttachmentDraft("file.txt", 7, "text/plain", "a-1")
    attachment = await tracker.add_attachment(issue.ref.id, file, open_content)
    async with tracker.open_attachment(issue.ref.id, attachment.id) as chunks:
        assert b"".join([chunk async for chunk in chunks]) == b"content"
    await tracker.delete_attachment(issue.ref.id, attachment.id)
    await tracker.delete_comment(issue.ref.id, comment.id)
    await times_and_links(tracker, draft, issue)
    await tracker.metadata("SIM")
    await tracker.find_users("alice")
    await tracker.changed_since(cursor, ())
    assert [change async for change in tracker.all_issues(())]
    for wanted in ({"priority": "None such"}, {"components": ("No",)}, {"status": "No"}):
        with pytest.raises(TrackerError):
            await tracker.update(issue, FieldChange(wanted))
    jira.fail_next(Fault(status=429, headers={"Retry-After": "1"}))
    await tracker.resolve("SIM-1")


async def times_and_links(tracker: JiraTracker, draft: Any, issue: Issue) -> None:
    above = await tracker.create(msgspec.structs.replace(draft("m-2"), type="Epic"))
    await tracker.create(
        msgspec.structs.replace(draft("m-3", parent=issue.ref.id), type="Sub-task")
    )
    values = dict(jira_site.VALUES.fields)
    wanted = {**values, "parent": above.ref.id, "links": (f"blocks {above.ref.id}",)}
    issue = await tracker.update(issue, FieldChange(wanted))
    removed = FieldChange(
        add={"customfield_10009": ("Safari",), "affected_versions": ("2.0",)},
        remove={"links": issue.fields["links"]},
    )
    await tracker.update(issue, removed)
    spent = WorklogDraft(3600, 0, "w-1", plain("Looked"))
    made = await tracker.add_worklog(issue.ref.id, spent)
    await tracker.edit_worklog(issue.ref.id, made.id, spent)
    for _ in range(20):
        await tracker.add_worklog(issue.ref.id, spent)
    await tracker.read(issue.ref.id, ALL_PARTS)
    await tracker.delete_worklog(issue.ref.id, made.id)


def as_version_3(exchange: Exchange) -> tuple[str, bytes]:
    """The address and the answer, levelled as the module's docstring says."""
    answer = _OFFSET.sub(rb"\1+00:00", exchange.answer)
    if exchange.method == "GET" and "/attachment/" in exchange.url and exchange.status == 200:
        data = json.loads(answer)
        answer = json.dumps({**data, "id": int(data["id"])}).encode()
    if b'"changelog"' in answer:
        answer = json.dumps(_without_empty_values(json.loads(answer))).encode()
    return exchange.url.replace("/rest/api/2/", "/rest/api/3/"), answer


def _without_empty_values(issue: Any) -> Any:
    for history in issue["changelog"]["histories"]:
        history["items"] = [
            {name: value for name, value in item.items() if value is not None}
            for item in history["items"]
        ]
    return issue


def cause_of(problem: Exception) -> str:
    cause = problem.__cause__
    details = [str(error.message) for error in getattr(cause, "schema_errors", ())]
    return "; ".join(details or [str(cause)])


async def test_requests_and_answers_hold_to_the_specification(jira, draft, clock) -> None:
    from openapi_core import Config, OpenAPI
    from openapi_core.testing import MockRequest, MockResponse

    exchanges: list[Exchange] = []
    params = parse_params({"url": jira.url, "token": jira.config.token, "projects": ["SIM"]})
    async with aiohttp.ClientSession(trace_configs=[recording(exchanges)]) as session:
        tracker = JiraTracker("jira-a", params, session, clock, clock.pause)
        await everything(tracker, jira, draft)
    specification = json.loads(SPECIFICATION.read_text())
    specification["servers"] = [{"url": jira.url}]
    openapi = OpenAPI.from_dict(specification, config=Config(spec_validator_cls=None))
    checked = set()
    for exchange in exchanges:
        if "/rest/api/2/" not in exchange.url:
            continue  # the bytes of an attachment, which the API leaves to a plain page
        address, answer = as_version_3(exchange)
        url = aiohttp.client.URL(address)
        request = MockRequest(
            jira.url,
            exchange.method.lower(),
            url.raw_path,
            args=dict(url.query),
            headers=exchange.headers,
            data=_OFFSET.sub(rb"\1+00:00", exchange.body) or None,
            content_type=exchange.headers.get("Content-Type", "application/json"),
        )
        response = MockResponse(answer, exchange.status, content_type=exchange.answer_type)
        where = f"{exchange.method} {address} {exchange.status}"
        if "/attachments" not in address:  # a multipart body, which the library cannot read
            problems = list(openapi.iter_request_errors(request))
            assert not problems, (where, problems, exchange.body)
        if exchange.status == 204 or address.endswith("/issueLink"):
            assert answer == b""  # the specification says JSON, and means nothing by it
        elif exchange.status < 300:
            problems = list(openapi.iter_response_errors(request, response))
            causes = [cause_of(problem) for problem in problems]
            assert not problems, "\n".join([where, *causes])
        checked.add(where.split("?", maxsplit=1)[0])
    assert len(checked) > 45
