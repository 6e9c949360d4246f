"""Looking after Rally's webhooks: they are made by hand, over an API of their own."""

from typing import Any

from adapters.http import Call
from adapters.rally import wire
from adapters.rally.client import HOOKS, RallyClient
from adapters.rally.kinds import KINDS
from adapters.rally.params import RallyParams
from schemas.errors import Fault, TrackerError

_PAGE = 200
_TYPES = (*(kind.element for kind in KINDS), "ConversationPost")


class Hooks:
    def __init__(self, client: RallyClient, params: RallyParams) -> None:
        self._client = client
        self._url = params.webhook_url.rstrip("/")

    async def watch(self) -> tuple[str, ...]:
        """What a person must do; () when the webhooks are there and on."""
        if not self._url:
            return ()
        try:
            ours = [hook for hook in await self._all() if _target(hook) == self._url]
        except TrackerError as error:
            if error.fault not in (Fault.PERMISSION, Fault.CREDENTIALS, Fault.NOT_FOUND):
                raise
            return (
                "Let a Rally subscription administrator look whether its webhooks are on: the"
                " connector's account may not. Changes are found by scans meanwhile.",
            )
        active = [hook for hook in ours if not hook.get("Disabled")]
        needed = [
            f"Switch on Rally's webhook {hook.get('Name')!r} again."
            for hook in ours
            if hook.get("Disabled")
        ]
        told = {str(kind) for hook in active for kind in hook.get("ObjectTypes") or ()}
        missing = [kind for kind in _TYPES if kind not in told]
        if missing and not needed:
            needed.append(
                f"Make a webhook in Rally for {', '.join(missing)} that calls the connector's"
                " webhook address."
            )
        return tuple(needed)

    async def _all(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            call = Call(
                what="list the webhooks",
                path=HOOKS,
                query={"start": str(len(found) + 1), "pagesize": str(_PAGE), "order": "Name"},
            )
            page = await self._client.http.fetch(call, wire.hooks)
            results = page.get("Results") or []
            found += [hook for hook in results if isinstance(hook, dict)]
            total = page.get("TotalResultCount")
            if not results or not isinstance(total, int) or len(found) >= total:
                return found


def _target(hook: dict[str, Any]) -> str:
    return str(hook.get("TargetUrl", "")).rstrip("/")
