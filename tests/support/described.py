"""Holds what a server answers, and what it takes, against an OpenAPI document."""

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from openapi_core import OpenAPI
from openapi_core.contrib.aiohttp import AIOHTTPOpenAPIWebRequest, AIOHTTPOpenAPIWebResponse
from openapi_core.exceptions import OpenAPIError


class Asked(AIOHTTPOpenAPIWebRequest):
    """The document tells each path once, without the slash that may end it."""

    @property
    def path(self) -> str:
        return self.request.rel_url.raw_path.rstrip("/")


class Answered(AIOHTTPOpenAPIWebResponse):
    @property
    def data(self) -> bytes:
        body = self.response.body
        return body if isinstance(body, bytes) else b""


def held_against(told: OpenAPI, prefix: str, broken: list[str]) -> Middleware:
    """The outermost middleware of a server under test; `broken` gets what does not fit."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await handler(request)
        if not request.path.startswith(prefix) or not isinstance(answer, web.Response):
            return answer
        if request.match_info.http_exception is not None or answer.status == 405:
            return answer
        asked = Asked(request, body=await request.read() if answer.status < 400 else b"")
        try:
            if answer.status < 400:
                told.validate_request(asked)
            told.validate_response(asked, Answered(answer))
        except OpenAPIError as error:
            broken.append(f"{request.method} {request.path} {answer.status}: {error!r}")
        return answer

    return middleware
