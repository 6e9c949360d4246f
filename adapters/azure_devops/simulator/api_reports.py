"""The reporting feeds: revisions and links since a token or a time."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from aiohttp import web

from adapters.azure_devops.simulator import render
from adapters.azure_devops.simulator.api_items import item_number
from adapters.azure_devops.simulator.refusal import Refusal, answer
from adapters.azure_devops.simulator.state import LinkEntry, RevisionEntry, State

Entry = TypeVar("Entry", RevisionEntry, LinkEntry)


class ReportApi:
    def __init__(
        self, state: State, base: str, page_size: int, visible_until: Callable[[], datetime]
    ) -> None:
        self._state = state
        self._base = base
        self._page_size = page_size
        self._visible_until = visible_until

    def routes(self) -> list[web.AbstractRouteDef]:
        revisions = "/_apis/wit/reporting/workitemrevisions"
        return [
            web.get("/{collection}" + revisions, self.revisions),
            web.get("/{collection}/{project}" + revisions, self.revisions),
            web.get("/{collection}/_apis/wit/reporting/workitemlinks", self.links),
            web.get("/{collection}/{project}/_apis/wit/reporting/workitemlinks", self.links),
        ]

    async def revisions(self, request: web.Request) -> web.Response:
        project = request.match_info.get("project", "")
        asked = request.query.get("fields", "")
        latest = request.query.get("includeLatestOnly", "").lower() == "true"
        deleted = request.query.get("includeDeleted", "").lower() == "true"
        page, token, last = self._page(request, self._state.revisions)
        values = []
        for entry in page:
            item = self._state.items[entry.item]
            if (latest and entry.rev != item.rev) or (item.deleted and not deleted):
                continue
            if project and self._state.project(project) != item.project:
                continue
            shown = render.fields(item, self._base)
            shown |= {"System.Id": item.id, "System.Rev": entry.rev}
            shown["System.IsDeleted"] = item.deleted
            names = asked.split(",") if asked else list(shown)
            fields = {name: shown[name] for name in names if name in shown}
            values.append({"id": item.id, "rev": entry.rev, "fields": fields})
        return self._answer(request, values, token, last)

    async def links(self, request: web.Request) -> web.Response:
        named = request.match_info.get("project", "")
        project = self._state.project(named) if named else ""
        page, token, last = self._page(request, self._state.links)
        values = [
            render.link(entry)
            for entry in page
            if project in ("", self._state.items[entry.source].project)
        ]
        return self._answer(request, values, token, last)

    def _page(
        self, request: web.Request, log: Sequence[Entry]
    ) -> tuple[Sequence[Entry], int, bool]:
        token = request.query.get("continuationToken")
        start = request.query.get("startDateTime")
        if token and start:
            raise Refusal(
                400, "ReportingException", "Give a continuation token or a start, not both."
            )
        mark = item_number(token) if token else 0
        end = self._visible_until()
        log = log[: bisect_right(log, end, key=lambda one: datetime.fromisoformat(one.at))]
        rest = log[bisect_right(log, mark, key=lambda one: one.mark) :]
        if start:
            since = _moment(start)
            rest = [one for one in rest if datetime.fromisoformat(one.at) >= since]
        page = rest[: self._page_size]
        # With nothing to tell, the token still moves to the end of what there is.
        newest = page[-1].mark if page else max(mark, log[-1].mark if log else 0)
        return page, newest, len(page) == len(rest)

    def _answer(
        self, request: web.Request, values: Sequence[object], token: int, last: bool
    ) -> web.Response:
        next_link = f"{self._base}{request.path.partition('/_apis')[2]}?continuationToken={token}"
        body = {
            "values": values,
            "nextLink": next_link,
            "continuationToken": str(token),
            "isLastBatch": last,
        }
        return answer(body)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refusal(400, "VssPropertyValidationException", "That is no date.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
