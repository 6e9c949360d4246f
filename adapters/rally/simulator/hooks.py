"""Webhooks: made over an API of their own, posted with what changed, tried again when they fail."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from adapters.rally.moments import text as moment
from adapters.rally.simulator.model import Attribute, Happening, Thing
from adapters.rally.simulator.shapes import API
from adapters.rally.simulator.state import State
from adapters.simulation.post import Post

_encode = msgspec.json.Encoder().encode
_TRIES = 3
_UNREACHED = 502
_OWN_TYPES = {"ObjectUUID": "Raw", "VersionId": "Integer"}
_SHOWN = ("User", "Project", "Iteration", "Release")
"""Beside the issues, what has a page of its own."""
_TYPES = {
    "STRING": "String",
    "TEXT": "Text",
    "INTEGER": "Integer",
    "DECIMAL": "Decimal",
    "QUANTITY": "Quantity",
    "BOOLEAN": "Boolean",
    "DATE": "Date",
    "RATING": "Rating",
    "STATE": "State",
    "COLLECTION": "Collection",
}


class Hook(msgspec.Struct):
    id: str
    name: str
    target: str
    object_types: list[str]
    expressions: list[dict[str, Any]]
    created: str
    disabled: bool = False
    version: int = 1
    fired: int = 0
    failed: int = 0
    last_status: int | None = None


class Hooks:
    """`site` tells the simulator's own address once it is known."""

    def __init__(self, state: State, targets: tuple[str, ...], site: Callable[[], str]) -> None:
        self.registered: dict[str, Hook] = {}
        self.delivered = 0
        self.lost = 0
        """Given up after the last try."""
        self.drop = 0
        """So many of the next posts get lost on the way."""
        self.double = False
        self._state = state
        self._site = site
        self._post = Post(10)
        for target in targets:
            kinds = ["Defect", "HierarchicalRequirement", "Task", "ConversationPost"]
            self.register("Started with", target, kinds, [])

    async def start(self) -> None:
        await self._post.start()
        self._state.listeners.append(self.tell)

    async def close(self) -> None:
        await self._post.close()

    async def settle(self) -> None:
        """Returns when all that happened so far was posted, or given up."""
        await self._post.settle()

    def register(
        self, name: str, target: str, kinds: list[str], expressions: list[dict[str, Any]]
    ) -> Hook:
        created = moment(self._state.now())
        hook = Hook(str(uuid.uuid4()), name, target, kinds, expressions, created)
        self.registered[hook.id] = hook
        return hook

    def tell(self, happening: Happening) -> None:
        for hook in self.registered.values():
            if hook.disabled or happening.thing.type not in hook.object_types:
                continue
            if all(self._fits(one, happening) for one in hook.expressions):
                body = _encode({"message": self._message(happening), "rule": shown(hook)})
                for _ in range(2 if self.double else 1):
                    self._post.put("all", partial(self._deliver, hook, body))

    def _fits(self, expression: dict[str, Any], happening: Happening) -> bool:
        thing, wanted = happening.thing, str(expression.get("Value", ""))
        operator = expression.get("Operator")
        if operator == "project":
            project = self._state.things.get(thing.fields.get("Project") or 0)
            return project is not None and wanted in (project.uuid, str(project.oid))
        held = str(self._state.plain(thing, str(expression.get("AttributeName"))))
        return (held == wanted) is (operator != "!=")

    def _message(self, happening: Happening) -> dict[str, Any]:
        state, thing = self._state, happening.thing
        definition = state.types[thing.type]
        ours = definition.attributes
        changed = {name: pair for name, pair in happening.changes.items() if name in ours}
        if changed:
            changed["VersionId"] = (thing.version - 1, thing.version)
        project = state.things.get(thing.fields.get("Project") or 0)
        message_id = str(uuid.uuid4())
        return {
            "action": happening.action,
            "object_id": thing.uuid,
            "id": thing.uuid,
            "object_type": definition.label if definition.artifact else thing.type,
            "ref": f"{self._api()}/{thing.type.lower()}/{thing.uuid}",
            "detail_link": self._detail(thing),
            "message_id": message_id,
            "message_version": 2,
            "subscription_id": 1,
            "project": {"uuid": project.uuid, "name": project.name} if project else None,
            "transaction": _transaction(happening, message_id),
            "state": {_attribute_id(name): self._value(thing, one) for name, one in ours.items()},
            "changes": {
                _attribute_id(name): {
                    **self._value(thing, ours[name]),
                    "old_value": before,
                    "added": None,
                    "removed": None,
                }
                for name, (before, _) in changed.items()
            },
        }

    def _value(self, thing: Thing, attribute: Attribute) -> dict[str, Any]:
        value: Any
        if attribute.shape == "COLLECTION":
            value = [self._pointer(one) for one in self._state.of(thing, attribute)] or None
        elif attribute.shape == "OBJECT":
            other = self._state.things.get(self._state.plain(thing, attribute.name) or 0)
            value = self._pointer(other) if other else None
        else:
            value = self._state.plain(thing, attribute.name)
            if attribute.name == "VersionId":
                value = thing.version
            elif attribute.shape in ("RATING", "STATE") and value is not None:
                value = {"value": value, "ordinal_index": attribute.values.index(value)}
            elif attribute.shape == "QUANTITY" and value is not None:
                value = {"value": value, "units": "Hours" if thing.type == "Task" else "Points"}
        place = f"{self._api()}/{thing.type}/{thing.oid}/{attribute.name}"
        return {
            "value": value,
            "type": _OWN_TYPES.get(attribute.name) or self._type(attribute),
            "name": attribute.name,
            "display_name": attribute.label,
            "ref": place if attribute.shape == "COLLECTION" else None,
        }

    def _type(self, attribute: Attribute) -> str:
        target = self._state.types.get(attribute.target)
        label = target.label if target else attribute.target
        return _TYPES.get(attribute.shape, label)

    def _api(self) -> str:
        """Webhooks write the version like this."""
        return self._site() + API.replace("v2.0", "v2.x")

    def _pointer(self, thing: Thing) -> dict[str, Any]:
        shown = {
            "name": thing.name,
            "ref": f"{self._api()}/{thing.type.lower()}/{thing.uuid}",
            "detail_link": self._detail(thing),
            "id": thing.uuid,
            "object_type": thing.type,
        }
        formatted = thing.fields.get("FormattedID")
        return {"formatted_id": formatted, **shown} if formatted else shown

    def _detail(self, thing: Thing) -> str | None:
        if thing.type not in _SHOWN and not self._state.types[thing.type].artifact:
            return None
        kind = "userstory" if thing.type == "HierarchicalRequirement" else thing.type.lower()
        return f"{self._site()}/slm/#/detail/{kind}/{thing.oid}"

    async def _deliver(self, hook: Hook, body: bytes) -> None:
        status = _UNREACHED
        for _ in range(_TRIES):
            status = await self._send(hook, body)
            if status < 400:
                break
        hook.last_status, arrived = status, status < 400
        hook.fired += arrived
        hook.failed += not arrived
        self.delivered += arrived
        self.lost += not arrived

    async def _send(self, hook: Hook, body: bytes) -> int:
        if self.drop:
            self.drop -= 1
            return _UNREACHED
        headers = {"Content-Type": "application/json"}
        return await self._post.send(hook.target, body, headers) or _UNREACHED


def _attribute_id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def _transaction(happening: Happening, message_id: str) -> dict[str, Any]:
    actor = happening.actor
    return {
        "trace_id": str(uuid.uuid4()),
        "span_id": str(uuid.uuid4()),
        "parent_span_id": str(uuid.uuid4()),
        "message_lag": 0,
        "timestamp": happening.at,
        "message_id": message_id,
        "user": {
            "uuid": actor.uuid,
            "username": actor.fields["UserName"],
            "email": actor.fields["EmailAddress"],
        },
    }


def shown(hook: Hook) -> dict[str, Any]:
    return {
        "_type": "webhook",
        "_objectVersion": hook.version,
        "ObjectUUID": hook.id,
        "Name": hook.name,
        "AppName": hook.name,
        "AppUrl": hook.target,
        "TargetUrl": hook.target,
        "ObjectTypes": hook.object_types,
        "Expressions": hook.expressions,
        "Disabled": hook.disabled,
        "CreationDate": hook.created,
        "LastUpdateDate": hook.created,
        "FireCount": hook.fired,
        "ErrorCount": hook.failed,
        "LastStatus": hook.last_status,
        "LastSuccess": None,
        "LastFailure": None,
        "LastWebhookResponseTime": None,
        "CreatedBy": None,
        "OwnerID": None,
        "SubscriptionID": 1,
    }
