"""The limits of Jira Cloud: calls to one endpoint, and writes to one issue."""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

from adapters.jira.simulator.model import Refused
from adapters.jira_cloud.simulator.config import CloudConfig

_WRITE_WINDOW = 2000
_SECOND = 1000


class Limits:
    def __init__(self, config: CloudConfig, now: Callable[[], int]) -> None:
        self._config = config
        self._now = now
        self._seen: dict[str, deque[int]] = {}

    def spend(self, endpoint: str, issue: str) -> dict[str, str]:
        """Headers for the answer. Raises Refused 429. `issue` is '' for reads."""
        if issue and self._config.issue_writes:
            self._take(issue, self._config.issue_writes, _WRITE_WINDOW, "jira-per-issue-on-write")
        if not self._config.burst:
            return {}
        left = self._take(endpoint, self._config.burst, _SECOND, "jira-burst-based")
        return self._headers(left)

    def _take(self, name: str, most: int, window: int, reason: str) -> int:
        now = self._now()
        seen = self._seen.setdefault(name, deque())
        while seen and seen[0] <= now - window:
            seen.popleft()
        if len(seen) >= most:
            wait = max(1, -(-(seen[0] + window - now) // _SECOND))
            headers = {**self._headers(0), "RateLimit-Reason": reason, "Retry-After": str(wait)}
            raise Refused(429, "Rate limit exceeded", headers=headers)
        seen.append(now)
        return most - len(seen)

    def _headers(self, left: int) -> dict[str, str]:
        reset = datetime.fromtimestamp((self._now() + _SECOND) / 1000, UTC)
        return {
            "X-RateLimit-Limit": str(self._config.burst or self._config.issue_writes),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": f"{reset:%Y-%m-%dT%H:%M:%S}Z",
            "X-RateLimit-NearLimit": str(left == 0).lower(),
        }
