"""The adapter's requests and the simulator's answers against GitHub's own description of its API.

Repositories are addressed by their number, as GitHub's links do; the description knows that form in
its examples and writes the paths by name, so it is levelled here. An open issue has no reason for
its state: GitHub answers null, which the description calls nullable and leaves out of the values.
"""

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import msgspec
import pytest

from adapters.github import GitHubTracker, parse_params
from adapters.github.simulator import Fault, GitHubSimulator, Webhook
from schemas.errors import TrackerError
from schemas.issue import ALL_PARTS, CommentDraft, FieldChange
from schemas.rich_text import plain
from schemas.values import User

SPECIFICATION = Path(__file__).parents[5] / "shared" / "specs" / "github" / "openapi-issues.json"
pytestmark = pytest.mark.skipif(
    not SPECIFICATION.exists(), reason="GitHub's description of its API is not on this machine"
)

_NUMBERED = re.compile(r"/repositories/\d+")
_UNDESCRIBED = ("/user/repos",)


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
        context.exchange = Exchange(params.method, str(params.url), dict(params.headers))
        exchanges.append(context.exchange)

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


async def everything(tracker: GitHubTracker, github: GitHubSimulator, draft: Any) -> None:
    """Each call of the port at least once, refusals among them."""
    await tracker.check()
    cursor = (await tracker.changed_since(None, ())).cursor
    above = await tracker.create(draft("m-0"))
    issue = await tracker.create(
        draft(
            labels=("a", "ünï"),
            assignee=User(name="Alice Archer"),
            milestone="1.0",
            priority="High",
            status="closed",
            resolution="not_planned",
            parent=above.ref.id,
            links=(f"blocked_by {above.ref.id}",),
            field_73="ACME",
            field_74=2.5,
            field_75="2026-01-31",
            field_76="S1",
            field_77=("Red",),
        )
    )
    issue = await tracker.update(
        issue,
        FieldChange(
            {"summary": "New", "status": "open", "type": None, "milestone": None, "assignee": None}
            | {"field_73": None, "field_76": "S2", "parent": None, "description": plain("Ü")},
            {"labels": ("b",), "links": (f"blocks {above.ref.id}",)},
            {"labels": ("a",), "links": (f"blocked_by {above.ref.id}",)},
        ),
    )
    await tracker.find_by_marker("m-0", "sim/project", issue.updated)
    await tracker.resolve("sim/project#1")
    comment = await tracker.add_comment(issue.ref.id, CommentDraft(plain("Ünï @alice"), "c-1"))
    await tracker.edit_comment(issue.ref.id, comment.id, plain("Other"))
    await tracker.read(issue.ref.id, ALL_PARTS)
    await tracker.changed_since(cursor, ())
    await tracker.delete_comment(issue.ref.id, comment.id)
    await tracker.comment_exists(issue.ref.id, comment.id)
    await tracker.find_users("alice")
    await tracker.metadata("sim/project")
    page = await tracker.changed_since(cursor, ())
    await tracker.changed_since(page.cursor, ())
    assert [change async for change in tracker.all_issues(())]
    await github.hooks.settle()
    assert await tracker.watch(())
    assert any(call.endswith("/attempts") for call in github.calls)
    stranger = FieldChange({"assignee": User(id="stranger")})
    for wanted in (stranger, FieldChange({"assignee": User(id="unknown-login")})):
        with pytest.raises(TrackerError):
            await tracker.update(issue, wanted)
    github.fail_next(Fault(status=429, headers={"Retry-After": "1"}))
    await tracker.resolve("sim/project#1")


def _cause(problem: Exception) -> str:
    cause = problem.__cause__
    details = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in getattr(cause, "schema_errors", ())
    ]
    return "; ".join(details or [str(cause or problem)])


async def test_requests_and_answers_hold_to_the_specification(start_github, draft, clock) -> None:
    from openapi_core import Config, OpenAPI
    from openapi_core.testing import MockRequest, MockResponse

    hook = "http://127.0.0.1:1/hooks/github-a"
    github = await start_github(webhooks=(Webhook(hook),))
    exchanges: list[Exchange] = []
    settings = {
        "url": github.url,
        "token": github.config.token,
        "projects": ["sim/project"],
        "webhook_url": hook,
        "write_rate": 0,
    }
    async with aiohttp.ClientSession(trace_configs=[recording(exchanges)]) as session:
        tracker = GitHubTracker("github-a", parse_params(settings), session, clock, clock.pause)
        await everything(tracker, github, draft)
    specification = json.loads(SPECIFICATION.read_text())
    base = github.url + "/api/v3"
    reasons = specification["components"]["schemas"]["issue"]["properties"]["state_reason"]
    reasons["enum"].append(None)
    specification["servers"] = [{"url": base}]
    openapi = OpenAPI.from_dict(specification, config=Config(spec_validator_cls=None))
    checked, wrong = set(), []
    for exchange in exchanges:
        address = _NUMBERED.sub("/repos/sim/project", exchange.url)
        url = aiohttp.client.URL(address, encoded=True)
        if url.path.removeprefix("/api/v3") in _UNDESCRIBED:
            continue
        request = MockRequest(
            github.url,
            exchange.method.lower(),
            url.raw_path,
            args=dict(url.query),
            headers=exchange.headers,
            data=exchange.body or None,
            content_type=exchange.headers.get("Content-Type", "application/json"),
        )
        response = MockResponse(exchange.answer, exchange.status, content_type=exchange.answer_type)
        where = f"{exchange.method} {address} {exchange.status}"
        wrong += [f"{where} asked: {_cause(one)}" for one in openapi.iter_request_errors(request)]
        if exchange.status < 300 and exchange.status != 204:
            problems = openapi.iter_response_errors(request, response)
            wrong += [f"{where} answered: {_cause(one)}" for one in problems]
        checked.add(f"{exchange.method} {url.path}")
    print(f"{len(exchanges)} requests and answers checked, of {len(checked)} kinds")
    assert not wrong, "\n".join(sorted(set(wrong)))
    assert len(checked) > 25, sorted(checked)
