"""The OpenAPI document of the management API, drawn from the route table."""

import re
from types import NoneType
from typing import Any

import msgspec

from schemas.api import Problem
from schemas.routes import PREFIX, ROUTES, Route

_REF = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"{(\w+)}")

Json = dict[str, Any]


def openapi(version: str) -> Json:
    """In plain JSON types: msgspec leaves defaults as the tuples that they are."""
    document: Json = msgspec.json.decode(msgspec.json.encode(_document(version)))
    return document


def _document(version: str) -> Json:
    schemas, components = _schemas()
    paths: dict[str, Json] = {}
    for route in ROUTES:
        paths.setdefault(PREFIX + route.path, {})[route.method.lower()] = _operation(
            route, schemas, components
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tidegate management API",
            "version": version,
            "description": "Served on the node's Unix socket, and over TCP behind the admin token.",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}, {}],
    }


def _schemas() -> tuple[dict[Any, Json], dict[str, Json]]:
    wanted: list[Any] = [Problem]
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
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
              for name in _PARAMETER.findall(route.path)),
            *_query_parameters(route.query, schemas, components),
        ],
        "responses": {
            str(route.status): _response("Success", schemas.get(route.answer)),
            "default": _response("What is wrong, and what to do next", schemas[Problem]),
        },
    }  # fmt: skip
    if route.body is not NoneType:
        content = {"application/json": {"schema": schemas[route.body]}}
        operation["requestBody"] = {"required": True, "content": content}
    if route.name == "rules_put":
        operation["responses"]["422"] = _response("Findings; not saved", schemas[route.answer])
    return operation


def _query_parameters(
    query: Any, schemas: dict[Any, Json], components: dict[str, Json]
) -> list[Json]:
    if query is NoneType:
        return []
    properties = components[schemas[query]["$ref"].rpartition("/")[2]]["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in properties.items()
    ]


def _response(description: str, schema: Json | None) -> Json:
    if schema is None:
        return {"description": description}
    return {"description": description, "content": {"application/json": {"schema": schema}}}
