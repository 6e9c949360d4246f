"""How Azure DevOps says no: the body of its error answers."""

from typing import Any

import msgspec
from aiohttp import web


class Refusal(Exception):
    def __init__(self, status: int, type_key: str, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.type_key = type_key
        self.message = message
        self.field = field


def refuse_field(field: str, code: str, message: str) -> Refusal:
    return Refusal(400, "RuleValidationException", f"{code}: {message}", field=field)


def not_found(item_id: object) -> Refusal:
    return Refusal(
        404,
        "WorkItemUnauthorizedAccessException",
        f"TF401232: Work item {item_id} does not exist, or you do not have permissions to read it.",
    )


def refusal_body(refusal: Refusal) -> dict[str, Any]:
    body: dict[str, Any] = {
        "$id": "1",
        "innerException": None,
        "message": refusal.message,
        "typeName": f"Microsoft.TeamFoundation.WorkItemTracking.Server.{refusal.type_key}, "
        "Microsoft.TeamFoundation.WorkItemTracking.Server",
        "typeKey": refusal.type_key,
        "errorCode": 0,
        "eventId": 3200,
    }
    if refusal.field:
        failure = {"fieldReferenceName": refusal.field, "errorMessage": refusal.message}
        body["customProperties"] = {"RuleValidationErrors": [failure]}
    return body


def refused(refusal: Refusal) -> web.Response:
    return answer(refusal_body(refusal), refusal.status)


def answer(body: object, status: int = 200) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(body), status=status, content_type="application/json"
    )
