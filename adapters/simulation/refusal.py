"""A request that the simulated tracker turns down."""

from collections.abc import Mapping

from aiohttp import web

from adapters.simulation.replies import json_reply


class Refused(Exception):
    """`body` is JSON as the tracker words it."""

    def __init__(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = headers or {}

    def answer(self) -> web.Response:
        answer = json_reply(self.body, self.status)
        answer.headers.update(self.headers)
        return answer
