"""A client that holds each request that is taken, and each answer, against the served document."""

from functools import cache
from typing import Any

import requests
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse

from tests.contract.api.house import House, header


@cache
def _document(url: str) -> OpenAPI:
    return OpenAPI.from_dict(requests.get(url).json())


class Described:
    def __init__(self, house: House, token: str) -> None:
        self._house = house
        self._session = requests.Session()
        self._session.headers.update(header(token))
        self._document = _document(f"{house.api}/openapi.json")

    def ask(self, method: str, path: str, *, status: int = 200, **more: Any) -> requests.Response:
        answer = self._session.request(method, self._house.api + path, **more)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        request = RequestsOpenAPIRequest(_without_slash(answer.request))
        if answer.ok:
            self._document.validate_request(request)
        self._document.validate_response(request, RequestsOpenAPIResponse(answer))
        return answer

    def get(self, path: str, **more: Any) -> Any:
        return self.ask("GET", path, **more).json()

    def post(self, path: str, body: Any = None, *, status: int = 200, **more: Any) -> Any:
        return self.ask("POST", path, json=body, status=status, **more).json()

    def other(self, token: str) -> "Described":
        return Described(self._house, token)


def _without_slash(sent: requests.PreparedRequest) -> requests.PreparedRequest:
    """The document tells each path once, without the slash that may end it."""
    copy = sent.copy()
    path, mark, query = (copy.url or "").partition("?")
    copy.url = path.rstrip("/") + mark + query
    return copy
