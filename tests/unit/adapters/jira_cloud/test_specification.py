"""The adapter's requests, the simulator's answers and all documents in them against Atlassian's
specification and schema.

What differs is levelled out here: offsets are written +0000, as the real one does and wants it,
where the specification claims RFC 3339; an item of a changelog has null where there was no value,
as recorded webhooks show; and attachment metadata tell their id as a string.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.jira_cloud import JiraCloudTracker, parse_params
from adapters.jira_cloud.simulator import Fault, JiraCloudSimulator, Webhook
from schemas.errors import TrackerError
from schemas.issue import ALL_PARTS, AttachmentDraft, CommentDraft, FieldChange, WorklogDraft
from schemas.rich_text import Image, Mention, Paragraph, RichText, plain
from tests.contract.trackers.jira_cloud_site import VALUES
from tests.unit.adapters.jira.test_specification import Exchange, cause_of, recording
from tests.unit.adapters.rich_text.test_adf import WHOLE

SPECS = Path(__file__).parents[5] / "shared" / "specs" / "jira-cloud"
SPECIFICATION = SPECS / "openapi-v3-issues.json"
pytestmark = pytest.mark.skipif(
    not SPECIFICATION.exists(), reason="Atlassian's specification is not on this machine"
)

_OFFSET = re.compile(rb"(T\d\d:\d\d:\d\d\.\d{3})\+0000")
_EMPTY = (204, 303)
_BARE = ("/attachments", "/attachment/content/")
"""A multipart body, which the library cannot read, and bytes of a file."""


async def content() -> Any:
    async def stream() -> Any:
        yield b"content"

    return stream()


async def everything(tracker: JiraCloudTracker, cloud: JiraCloudSimulator, draft: Any) -> None:
    """Each call of the port at least once, refusals among them."""
    await tracker.check("SIM")
    await tracker.metadata("SIM")
    await tracker.projects()
    await tracker.watch(())
    cursor = (await tracker.changed_since(None, ())).cursor
    other = await tracker.create(draft("marker-2", source_url="https://other.example/1"))
    issue = await tracker.create(
        draft(**{**VALUES.fields, "description": WHOLE, "parent": other.ref.id, "status": "Done"})
    )
    file = AttachmentDraft("file.png", 7, "image/png", "a-1")
    attachment = await tracker.add_attachment(issue.ref.id, file, content)
    tree = RichText((*WHOLE.blocks, Paragraph((Mention("Alice"), Image("file.png")))))
    change = FieldChange(
        {"summary": "New", "status": "To Do", "description": tree, "assignee": None, "due": None},
        {"labels": ("b",), "links": (f"blocks {other.ref.id}",), "components": ("Frontend",)},
        {"customfield_10009": ("Firefox",)},
    )
    issue = await tracker.update(issue, change)
    issue = await tracker.update(issue, FieldChange({"parent": None, "estimate": 3600}))
    await tracker.update(issue, FieldChange(remove={"links": (f"blocks {other.ref.id}",)}))
    await tracker.find_by_marker("marker-1", "SIM", issue.updated)
    await tracker.find_by_marker("marker-none", "SIM", issue.updated)
    await parts(tracker, cloud, issue.ref.id)
    async with tracker.open_attachment(issue.ref.id, attachment.id) as chunks:
        assert b"".join([chunk async for chunk in chunks]) == b"content"
    await tracker.delete_attachment(issue.ref.id, attachment.id)
    await tracker.find_users("alice")
    await tracker.changed_since(cursor, ())
    assert [change async for change in tracker.all_issues(())]
    for wanted in ({"priority": "None such"}, {"components": ("No",)}, {"status": "No"}):
        with pytest.raises(TrackerError):
            await tracker.update(issue, FieldChange(wanted))
    cloud.fail_next(Fault(status=429, headers={"Retry-After": "1"}))
    await tracker.resolve("SIM-1")


async def parts(tracker: JiraCloudTracker, cloud: JiraCloudSimulator, issue: str) -> None:
    internal = CommentDraft(plain("Ünï"), "c-1", internal=True)
    comment = await tracker.add_comment(issue, internal)
    await tracker.edit_comment(issue, comment.id, plain("Other"))
    held = cloud.state.issue(issue)
    cloud.state.add_comment(held, {"body": "h1. From *wiki*"}, cloud.state.me)
    logged = await tracker.add_worklog(issue, WorklogDraft(3600, 0, "w-1", plain("Did")))
    await tracker.edit_worklog(issue, logged.id, WorklogDraft(1800, 0, "w-1"))
    await tracker.read(issue, ALL_PARTS)
    await tracker.read_comments(issue)
    await tracker.delete_worklog(issue, logged.id)
    await tracker.delete_comment(issue, comment.id)
    assert not await tracker.comment_exists(issue, comment.id)


def levelled(exchange: Exchange) -> bytes:
    """The answer, as the module's docstring says."""
    answer = _OFFSET.sub(rb"\1+00:00", exchange.answer)
    if exchange.method == "GET" and "/attachment/" in exchange.url and exchange.status == 200:
        data = json.loads(answer)
        answer = json.dumps({**data, "id": int(data["id"])}).encode()
    if b'"changelog"' in answer:
        data = json.loads(answer)
        for history in data["changelog"]["histories"]:
            history["items"] = [
                {name: value for name, value in item.items() if value is not None}
                for item in history["items"]
            ]
        answer = json.dumps(data).encode()
    return answer


def documents(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from documents(item)
    elif isinstance(value, dict):
        if value.get("type") == "doc" and "version" in value:
            yield value
        else:
            yield from documents(list(value.values()))


@pytest.fixture
async def exchanges(start_cloud, draft, clock) -> list[Exchange]:
    hook = "http://127.0.0.1:9/hooks/c"
    cloud = await start_cloud(webhooks=(Webhook(hook),), webhook_tries=1, page_cap=50)
    seen: list[Exchange] = []
    login = {"email": cloud.cloud_config.email, "token": cloud.cloud_config.token}
    settings = {"url": cloud.url, **login, "projects": ["SIM"]}
    async with aiohttp.ClientSession(trace_configs=[recording(seen)]) as session:
        tracker = JiraCloudTracker("c", parse_params(settings), session, clock, clock.pause)
        await everything(tracker, cloud, draft)
    return seen


async def test_requests_and_answers_hold_to_the_specification(exchanges) -> None:
    from openapi_core import Config, OpenAPI
    from openapi_core.testing import MockRequest, MockResponse

    origin = str(aiohttp.client.URL(exchanges[0].url).origin())
    specification = json.loads(SPECIFICATION.read_text())
    specification["servers"] = [{"url": origin}]
    openapi = OpenAPI.from_dict(specification, config=Config(spec_validator_cls=None))
    checked = set()
    for exchange in exchanges:
        if "/rest/webhooks/" in exchange.url:
            continue  # older than the specification
        answer = exchange.answer if "/content/" in exchange.url else levelled(exchange)
        url = aiohttp.client.URL(exchange.url)
        request = MockRequest(
            origin,
            exchange.method.lower(),
            url.raw_path,
            args=dict(url.query),
            headers=exchange.headers,
            data=_OFFSET.sub(rb"\1+00:00", exchange.body) or None,
            content_type=exchange.headers.get("Content-Type", "application/json"),
        )
        response = MockResponse(answer, exchange.status, content_type=exchange.answer_type)
        where = f"{exchange.method} {exchange.url} {exchange.status}"
        if not any(part in exchange.url for part in _BARE):
            problems = list(openapi.iter_request_errors(request))
            assert not problems, (where, problems, exchange.body)
        if exchange.status in _EMPTY or exchange.url.endswith("/issueLink"):
            assert answer == b""  # the specification says JSON, and means nothing by it
        elif "/content/" in exchange.url:
            continue
        elif exchange.status < 300:
            problems = list(openapi.iter_response_errors(request, response))
            causes = [cause_of(problem) for problem in problems]
            assert not problems, "\n".join([where, *causes])
        checked.add(re.sub(r"\d{5,}", "*", where.split("?", maxsplit=1)[0]))
    assert len(checked) > 35, sorted(checked)


async def test_every_document_holds_to_the_schema(exchanges) -> None:
    import jsonschema

    schema = json.loads((SPECS / "adf-schema.json").read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    seen: dict[str, set[str]] = {"sent": set(), "answered": set()}
    for exchange in exchanges:
        for side, raw in (("sent", exchange.body), ("answered", exchange.answer)):
            if b'"doc"' in raw:
                seen[side].update(map(json.dumps, documents(json.loads(raw))))
    for text in seen["sent"] | seen["answered"]:
        errors = sorted(validator.iter_errors(json.loads(text)), key=str)
        assert not errors, (text, errors[0].message)
    assert len(seen["sent"]) >= 6, seen
    assert len(seen["answered"]) >= 6, seen
