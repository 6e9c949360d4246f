"""Where a call goes. Credentials go to the tracker's own origin only, redirects included."""

from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar
from urllib.parse import quote, urlencode

from yarl import URL

from adapters.http.call import Call
from schemas.errors import Fault, TrackerError

MOVED = frozenset({301, 302, 303, 307, 308})
_SAME_METHOD = frozenset({307, 308})


class Addresses:
    MOST_REDIRECTS: ClassVar[int] = 5

    def __init__(self, title: str, base: str) -> None:
        self._title = title
        self._base = base
        self._origin = URL(base).origin()

    def of(self, call: Call) -> URL:
        whole = "://" in call.path.partition("?")[0]
        text = call.path if whole else self._base + call.path
        if call.query:
            text += ("&" if "?" in text else "?") + _encoded(tuple(call.query.items()))
        url = URL(text, encoded=True)
        if whole or not call.path.startswith("/"):
            self._check_origin(call, url)
        return url

    def redirect(self, call: Call, url: URL, status: int, headers: Mapping[str, str]) -> URL | None:
        """The next address; None when the answer is no redirect that can be followed."""
        place = headers.get("Location", "")
        if status not in MOVED or not place:
            return None
        if call.write and (status not in _SAME_METHOD or call.transfer):
            return None
        onward = url.join(URL(place, encoded=True))
        if call.redirects != "anywhere" or call.write:
            self._check_origin(call, onward)
        return onward

    def is_own(self, url: URL) -> bool:
        return url.absolute and url.origin() == self._origin

    def circle(self, call: Call) -> TrackerError:
        return TrackerError(
            Fault.UNAVAILABLE,
            f"{self._title} redirects in circles on the call to {call.what}.",
            remedy=f"Check the proxy in front of {self._title} and its own base address.",
        )

    def _check_origin(self, call: Call, url: URL) -> None:
        if not self.is_own(url):
            raise TrackerError(
                Fault.CONFIGURATION,
                f"{self._title} sends the call to {call.what} to another server, {url.host}.",
                remedy="Set the connector's 'url' to the address under which the tracker answers.",
            )


@lru_cache(maxsize=256)
def _encoded(query: tuple[tuple[str, str], ...]) -> str:
    """Most calls of an adapter ask for the same few things."""
    return urlencode(query, quote_via=quote, safe=",*:$/")
