"""The OpenAPI document of the management API, drawn from the route table."""

import re
from collections.abc import Iterator
from types import NoneType
from typing import Any

import msgspec

from schemas.api import Problem
from schemas.bulk import TaskView
from schemas.examples import EXAMPLES
from schemas.node import Activity
from schemas.routes import ROUTES
from schemas.routing import PREFIX, Route

_REF = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"{(\w+)}")

Json = dict[str, Any]

_DESCRIPTION = """\
Everything about a Tidegate node: connectors, connections, rules, twins, errors, bulk work, access.

Each path works with and without a slash at its end. Send `Authorization: Token …` (or `Bearer …`);
on the node's Unix socket no token is needed. A token has a role: `viewer` looks, `operator` keeps
things running, `admin` sets them up; each operation tells the least that it needs. A token may be
for some connections alone, and then has to name one of them.

Lists answer `count`, `next`, `previous` and `results`. Follow `next`: where a list grows while it
is read (activity, audit, conflicts, disclosures, errors, twins) it goes on after the last row by a
`cursor`, so that none comes twice or is left out, and far pages are as quick as the first. Their
`count` is that of the first page.

What is wrong with fields of a request is
told by field; every other refusal has `detail`, and `remedy` where a person can do something.
"""
_FIELD_ERRORS: Json = {
    "type": "object",
    "title": "FieldErrors",
    "description": "What is wrong with each field, by its name and the names inside it.",
    "additionalProperties": True,
    "examples": [{"params": {"token": ["This field is required."]}}],
}
_READING = (400, 401, 403, 404, 409, 429, 500, 502, 503)
_FINDING = (
    "rules_put",
    "rules_publish",
    "rules_rollback",
    "snippet_put",
    "snippet_rollback",
    "configuration_apply",
)
"""Their refusal may be an answer, with what was found."""
_CHANGING = (408, 410, 413, 415, 422)
_SAYS = {
    304: "It is the one of If-None-Match.",
    400: "The request does not fit.",
    401: "No token, or one that is not known here.",
    403: "The token may not do this.",
    404: "There is no such thing.",
    408: "The body came too slowly.",
    409: "It does not fit how things stand.",
    410: "It is gone.",
    412: "It was changed since it was got.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "It cannot be carried out.",
    428: "If-Match is missing.",
    429: "Too many requests of this token or address.",
    500: "Something failed in the node; its log has the incident.",
    502: "The tracker or the other node refused.",
    503: "Not available right now.",
}
_RETRY: Json = {
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}
}
_ETAG: Json = {"ETag": {"description": "Which edition this is.", "schema": {"type": "string"}}}


def openapi(version: str) -> Json:
    """In plain JSON types: msgspec leaves defaults as the tuples that they are."""
    document: Json = msgspec.json.decode(msgspec.json.encode(_document(version)))
    return document


def _document(version: str) -> Json:
    schemas, components = _schemas()
    components["FieldErrors"] = _FIELD_ERRORS
    paths: dict[str, Json] = {}
    for route in ROUTES:
        operation = _operation(route, schemas, components)
        paths.setdefault(PREFIX + route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tidegate",
            "version": version,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(map(_tag, ROUTES))],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {str(status): _refusal(status) for status in _SAYS if status >= 400},
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`Token …`, made by `tidegate token create`.",
                },
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
        "security": [{"token": []}, {"bearer": []}],
    }


def _schemas() -> tuple[dict[Any, Json], dict[str, Json]]:
    wanted: list[Any] = [Problem, Activity, TaskView]
    for route in ROUTES:
        wanted += [t for t in (route.query, route.body, route.answer) if t is not NoneType]
    types = list(dict.fromkeys(wanted))
    found, components = msgspec.json.schema_components(types, ref_template=_REF)
    return dict(zip(types, found, strict=True)), components


def _operation(
    route: Route[Any, Any, Any], schemas: dict[Any, Json], components: dict[str, Json]
) -> Json:
    operation: Json = {
        "operationId": route.name,
        "summary": route.summary,
        "description": _needs(route),
        "tags": [_tag(route)],
        "x-role": route.role,
        "parameters": list(_parameters(route, schemas, components)),
        "responses": {**_successes(route, schemas), **_refusals(route, schemas)},
    }
    if route.permission:
        operation["x-permission"] = route.permission
    if route.body is not NoneType:
        content: Json = {"schema": schemas[route.body]}
        if route.name in EXAMPLES:
            content["example"] = EXAMPLES[route.name]
        # Where nothing has to be said, no body has to be sent.
        needed = bool(_component(schemas[route.body], components).get("required"))
        operation["requestBody"] = {"required": needed, "content": {"application/json": content}}
    return operation


def _needs(route: Route[Any, Any, Any]) -> str:
    also = f" and the permission `{route.permission}`" if route.permission else ""
    return f"Needs the role `{route.role}`{also}."


def _tag(route: Route[Any, Any, Any]) -> str:
    return route.path.split("/")[1]


def _parameters(
    route: Route[Any, Any, Any], schemas: dict[Any, Json], components: dict[str, Json]
) -> Iterator[Json]:
    for name in _PARAMETER.findall(route.path):
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        }
    if route.query is not NoneType:
        found = _component(schemas[route.query], components)
        required = found.get("required", ())
        for name, schema in found["properties"].items():
            yield {"name": name, "in": "query", "required": name in required, "schema": schema}
    for name, needed in _headers(route):
        short = {"maxLength": 255} if name == "Idempotency-Key" else {}
        text = {"type": "string", **short}
        yield {"name": name, "in": "header", "required": needed, "schema": text}


def _headers(route: Route[Any, Any, Any]) -> Iterator[tuple[str, bool]]:
    """Names, and whether they are needed."""
    if route.edition == "told":
        yield "If-None-Match", False
    if route.edition == "needed":
        yield "If-Match", True
    if route.creates:
        yield "Idempotency-Key", False
    if route.streams:
        yield "Last-Event-ID", False


def _successes(route: Route[Any, Any, Any], schemas: dict[Any, Json]) -> Json:
    if route.streams:
        stream = {"schema": {"type": "string"}, "x-events": {
            "activity": schemas[Activity], "task": schemas[TaskView]
        }}  # fmt: skip
        return {"200": {"description": "Events", "content": {"text/event-stream": stream}}}
    answer: Json = {"description": "Success"}
    if route.answer is not NoneType:
        answer["content"] = {"application/json": {"schema": schemas[route.answer]}}
    if not route.edition:
        return {str(route.status): answer}
    answer["headers"] = _ETAG
    known = {"304": {"description": _SAYS[304], "headers": _ETAG}}
    return {str(route.status): answer} | (known if route.edition == "told" else {})


def _refusals(route: Route[Any, Any, Any], schemas: dict[Any, Json]) -> Json:
    statuses = [*_READING, *(_CHANGING if route.method != "GET" else ())]
    statuses += (412, 428) if route.edition == "needed" else ()
    statuses += (412,) if "edition" in getattr(route.body, "__struct_fields__", ()) else ()
    found: Json = {
        str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(statuses)
    }
    if route.name in _FINDING:
        either = [schemas[route.answer], _ref("Problem")]
        found["422"] = {
            "description": "What speaks against it; nothing was changed",
            "content": {"application/json": {"schema": {"anyOf": either}}},
        }
    return found


def _refusal(status: int) -> Json:
    schema = _ref("Problem")
    if status == 400:
        schema = {"anyOf": [_ref("Problem"), _ref("FieldErrors")]}
    answer: Json = {
        "description": _SAYS[status],
        "content": {"application/json": {"schema": schema}},
    }
    return answer | ({"headers": _RETRY} if status in (429, 503) else {})


def _ref(name: str) -> Json:
    return {"$ref": _REF.format(name=name)}


def _component(schema: Json, components: dict[str, Json]) -> Json:
    return components[schema["$ref"].rpartition("/")[2]]
