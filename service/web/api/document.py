"""The OpenAPI document and a page that shows it to people: the same for everybody, and cached."""

import hashlib
from importlib import resources
from importlib.metadata import version

import msgspec
from aiohttp import web

from schemas.openapi import openapi
from schemas.routing import PREFIX

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGES = {
    "/docs": ("docs.html", "text/html"),
    "/docs/": ("docs.html", "text/html"),
    "/docs/docs.css": ("docs.css", "text/css"),
    "/docs/icon.svg": ("icon.svg", "image/svg+xml"),
    **{
        f"/docs/{name}.js": (f"{name}.js", "text/javascript")
        for name in ("docs", "describe", "attempt", "make")
    },
}


def document_routes() -> list[web.RouteDef]:
    document = msgspec.json.encode(openapi(version("tidegate")))
    found = {"/openapi.json": (document, "application/json")}
    folder = resources.files("service.web.pages")
    for path, (name, kind) in _PAGES.items():
        found[path] = ((folder / name).read_bytes(), kind)
    return [_route(PREFIX + path, body, kind) for path, (body, kind) in found.items()]


def _route(path: str, body: bytes, kind: str) -> web.RouteDef:
    edition = hashlib.sha256(body).hexdigest()[:32]

    async def handle(request: web.Request) -> web.Response:
        headers = {
            "ETag": f'"{edition}"',
            "Cache-Control": "public, max-age=60",
            "Content-Security-Policy": _POLICY,
        }
        if any(each.value == edition for each in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)

    return web.get(path, handle)
