"""What the toolkit asks of an adapter: how its tracker logs in, limits and refuses."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from adapters.http.call import Call, Refusal
from adapters.http.waits import retry_after
from schemas.errors import TrackerError

Scope = Literal["all", "group", "lane"]


class Limit(msgspec.Struct, frozen=True):
    wait: float = 0.0
    """Seconds during which no further call should be made."""
    writes_only: bool = False
    scope: Scope = "all"
    """Whom it holds back: all calls, or those of the same group or lane as the one answered."""


NO_LIMIT = Limit()


class Dialect:
    """Adapters overwrite what their tracker does differently; `translate` always."""

    async def authorize(self, call: Call) -> Mapping[str, str]:
        """Headers of this very call. May itself ask for a session or a token."""
        return {}

    async def renew(self) -> bool:
        """Asked once in a call that was answered 401. True: log in anew and try again."""
        return False

    def accepts(self, status: int, headers: Mapping[str, str]) -> bool:
        """False turns the answer into a refusal."""
        return 200 <= status < 300

    def follows(self, status: int, headers: Mapping[str, str]) -> bool:
        """False turns a redirect into a refusal, for trackers that show their login page so."""
        return True

    def limits(self, status: int, headers: Mapping[str, str], now: int) -> Limit:
        """Read from every answer, good ones too. `now` in milliseconds."""
        return Limit(retry_after(headers, now) or 0.0)

    def translate(self, refusal: Refusal) -> TrackerError:
        raise NotImplementedError

    def secrets(self) -> tuple[str, ...]:
        """What must not appear in a message, even when the tracker repeats it."""
        return ()
