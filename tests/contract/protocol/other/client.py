"""A private node that asks a public one over HTTP: sections 1 and 7."""

from typing import Any, NamedTuple

import aiohttp

from tests.contract.protocol.other import signatures
from tests.contract.protocol.other.pairing import Keys
from tests.contract.protocol.other.wire import decode, pack


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    def __init__(
        self, session: aiohttp.ClientSession, keys: Keys, url: str, now: int, identity_key: bytes
    ) -> None:
        """`now` in seconds; `identity_key` is the answerer's."""
        self._session = session
        self._keys = keys
        self.url = url
        self._now = now
        self._pinned = identity_key
        self._nonce = 0

    async def ask(
        self, method: str, path: str, body: bytes, stream: str = "", *, answers_stream: bool = False
    ) -> Answer:
        """Checks the answer unless it is a refusal."""
        bound = ("tidegate-stream", stream) if stream else _digest(body)
        self._nonce += 1
        headers = signatures.sign_request(
            self._keys, method, self.url + path, bound, self._now, f"{self._nonce:016}"
        )
        answer = await self.send(method, path, body, headers)
        if answer.status == 200:
            name = "tidegate-stream"
            covered = (name, answer.headers[name]) if answers_stream else _digest(answer.body)
            signatures.check_answer(self._pinned, 200, covered, answer.headers, headers)
        return answer

    async def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        async with self._session.request(
            method, self.url + path, data=body, headers=headers
        ) as answer:
            names = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, names, await answer.read())

    async def exchange(self, said: dict[str, Any]) -> dict[str, Any]:
        answer = await self.ask("POST", "/peer/v1/exchange", pack(said))
        heard: dict[str, Any] = decode(answer.body)
        return heard


def _digest(body: bytes) -> tuple[str, str]:
    return "content-digest", signatures.digest_of(body)
