"""REST: the search by pages with tokens, which learns of changes late."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import msgspec
from aiohttp import web

from adapters.jira.simulator import context, jql
from adapters.jira.simulator.issues import shape_of
from adapters.jira.simulator.model import Issue, Refused
from adapters.jira_cloud.simulator.state import CloudState, cloud
from adapters.simulation import json_reply

_MOST = 5000
_MOST_WITH_FIELDS = 100
_MOST_RECONCILED = 50
_MOST_FETCHED = 100
_LASTS = 7 * 86_400_000


class _Token(msgspec.Struct):
    jql: str
    start: int
    until: int


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Token).decode


async def by_body(request: web.Request) -> web.Response:
    return _search(request, await context.body(request))


async def by_query(request: web.Request) -> web.Response:
    wanted: dict[str, Any] = {
        "jql": request.query.get("jql", ""),
        "maxResults": context.number(request, "maxResults", 50),
        "fields": context.names(request, "fields"),
        "properties": context.names(request, "properties"),
        "nextPageToken": request.query.get("nextPageToken"),
    }
    return _search(request, wanted)


def _search(request: web.Request, wanted: dict[str, Any]) -> web.Response:
    state = cloud(request)
    text = str(wanted.get("jql") or "")
    if not text.strip() or text.strip().lower().startswith("order by"):
        raise Refused(400, "Unbounded JQL queries are not allowed here. Add a search restriction.")
    reconciled = wanted.get("reconcileIssues") or []
    if len(reconciled) > _MOST_RECONCILED:
        raise Refused(400, "Too many issues to reconcile.")
    reconciled_ids = {str(number) for number in reconciled}

    def date_of(issue: Issue, column: str) -> int:
        fresh = issue.id in reconciled_ids
        return int(getattr(issue, column)) if fresh else state.indexed(issue, column)

    issues = state.issues.values()
    found = jql.search(text, issues, state.me, set(state.projects), date_of)
    fields = wanted.get("fields") or ["id"]
    start = _start(wanted.get("nextPageToken"), text, state)
    size = min(int(wanted.get("maxResults") or 50), _MOST, state.config.page_cap)
    if len(fields) > 1 or fields[0] in ("*all", "*navigable"):
        size = min(size, _MOST_WITH_FIELDS)
    page = found[start : start + size]
    keys = wanted.get("properties") or ()
    answer: dict[str, Any] = {"issues": [_shaped(request, each, fields, keys) for each in page]}
    end = start + len(page)
    answer["isLast"] = end >= len(found)
    if end < len(found):
        token = _Token(text, end, state.clock() + _LASTS)
        answer["nextPageToken"] = urlsafe_b64encode(_encode(token)).decode()
    return json_reply(answer)


def _start(token: Any, text: str, state: CloudState) -> int:
    if not token:
        return 0
    try:
        known = _decode(urlsafe_b64decode(str(token)))
    except ValueError:
        raise Refused(400, "The provided next page token is invalid or expired.") from None
    if known.jql != text or state.clock() > known.until:
        raise Refused(400, "The provided next page token is invalid or expired.")
    return known.start


async def fetch(request: web.Request) -> web.Response:
    """Straight from where issues are kept: what was not found is left out."""
    wanted, state = await context.body(request), context.state(request)
    keys = wanted.get("issueIdsOrKeys") or []
    if not 0 < len(keys) <= _MOST_FETCHED:
        raise Refused(400, "Between 1 and 100 issues may be asked for.")
    found: list[Issue] = []
    for key in keys:
        try:
            found.append(state.issue(str(key)))
        except Refused:
            continue
    fields, names = wanted.get("fields") or ["*navigable"], wanted.get("properties") or ()
    shaped = [_shaped(request, each, fields, names) for each in found]
    return json_reply({"issues": shaped, "issueErrors": []})


def _shaped(request: web.Request, issue: Issue, fields: list[str], keys: Any) -> dict[str, Any]:
    shaped = shape_of(request, issue, fields)
    if keys:
        held = issue.properties
        shaped["properties"] = {key: held[key] for key in keys if key in held}
    return shaped


async def gone(request: web.Request) -> web.Response:
    raise Refused(
        410, "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."
    )


def routes(rest: str) -> list[web.RouteDef]:
    return [
        web.post(rest + "/search/jql", by_body),
        web.get(rest + "/search/jql", by_query),
        web.post(rest + "/search", gone),
        web.get(rest + "/search", gone),
        web.post(rest + "/issue/bulkfetch", fetch),
    ]
