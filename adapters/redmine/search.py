"""Searching by the filters of a Redmine address: `tracker_id=1&status_id=*&subject=~word`."""

import re
from urllib.parse import parse_qsl

from adapters.port import SearchPage
from adapters.query_text import wrong
from adapters.redmine import mapping, wire
from adapters.redmine.client import RedmineClient
from adapters.redmine.directory import Directory
from adapters.redmine.scan import project_filter

_TITLE = "Redmine"
_FILTERS = frozenset(
    {
        *("status_id", "tracker_id", "priority_id", "author_id", "assigned_to_id", "category_id"),
        *("fixed_version_id", "subject", "description", "created_on", "updated_on", "closed_on"),
        *("start_date", "due_date", "estimated_hours", "done_ratio", "parent_id", "issue_id"),
    }
)
_CUSTOM = re.compile(r"cf_[0-9]+")
_OPERATOR = re.compile(r"(><|>=|<=|!~|!\*|=|!|~|\*)?(.*)", re.DOTALL)
_ALONE = ("o", "c", "*", "!*")
Pairs = list[tuple[str, str]]


class FilterSearch:
    def __init__(self, client: RedmineClient, directory: Directory, page_size: int) -> None:
        self._client = client
        self._directory = directory
        self._page_size = page_size

    async def page(
        self, query: str, projects: tuple[str, ...], cursor: str, issue: str
    ) -> SearchPage:
        """Closed issues too, unless the query speaks of the status."""
        asked = filters(query)
        if "status_id" not in dict(_names(asked)):
            asked += _filter("status_id", "*", [])
        if issue:
            asked += _filter("issue_id", "=", [issue])
        ids = [(await self._directory.project(key)).id for key in projects]
        start = int(cursor or 0)
        asked += project_filter(tuple(ids))
        asked += [("sort", "id:asc"), ("offset", str(start)), ("limit", str(self._page_size))]
        found = await self._client.get(
            "/issues.json",
            wire.issues,
            what="search issues",
            query=(("set_filter", "1"), *asked),
        )
        refs = tuple(mapping.reference(self._client.base, row) for row in found.issues)
        end = start + len(refs)
        return SearchPage(refs, str(end) if refs and end < found.total_count else "")


def filters(query: str) -> Pairs:
    """In Redmine's long form. It takes no notice of a filter that it does not know, and would show
    everything: so a name that is none is told here."""
    found: Pairs = []
    text = query.strip().lstrip("?")
    for name, value in parse_qsl(text, keep_blank_values=True):
        if name not in _FILTERS and not _CUSTOM.fullmatch(name):
            raise wrong(_TITLE, f"{name[:60]!r} is no filter", max(text.find(name), 0))
        found += _filter(name, *_operator(value))
    if not found:
        raise wrong(_TITLE, "it has no filter, such as tracker_id=1", 0)
    return found


def _operator(value: str) -> tuple[str, list[str]]:
    if value == "open":
        return "o", []
    if value == "closed":
        return "c", []
    if value in _ALONE:
        return value, []
    matched = _OPERATOR.fullmatch(value)
    operator, rest = (matched[1] or "=", matched[2]) if matched else ("=", value)
    return operator, [part for part in rest.split("|") if part]


def _filter(name: str, operator: str, values: list[str]) -> Pairs:
    return [
        ("f[]", name),
        (f"op[{name}]", operator),
        *((f"v[{name}][]", value) for value in values),
    ]


def _names(pairs: Pairs) -> Pairs:
    return [(value, "") for name, value in pairs if name == "f[]"]
