"""Rally's JSON: the envelope around every answer, and what all its objects have in common."""

from typing import Any

import msgspec

Item = dict[str, Any]
"""One object. Which attributes it has depends on its type and on what was fetched."""


class Result(msgspec.Struct, frozen=True, rename="pascal"):
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    total_result_count: int = 0
    results: tuple[Item, ...] = ()
    object: Item | None = None
    security_token: str = ""


class Envelope(msgspec.Struct, frozen=True, rename="pascal"):
    query_result: Result | None = None
    create_result: Result | None = None
    operation_result: Result | None = None

    @property
    def result(self) -> Result | None:
        return self.query_result or self.create_result or self.operation_result


envelope = msgspec.json.Decoder(Envelope)
single = msgspec.json.Decoder(dict[str, Item])
hooks = msgspec.json.Decoder(dict[str, Any])
encode = msgspec.json.Encoder().encode


def oid(item: Item | None) -> str:
    """The ObjectID, which every reference ends with."""
    if not item:
        return ""
    told = item.get("ObjectID")
    return str(told) if told else ref(item).rpartition("/")[2]


def ref(item: Item) -> str:
    """`/defect/123`, whatever host Rally writes before it."""
    whole = str(item.get("_ref", ""))
    parts = whole.rstrip("/").split("/")
    if "v2.0" in parts or "v2.x" in parts:
        at = parts.index("v2.0") if "v2.0" in parts else parts.index("v2.x")
        return "/" + "/".join(parts[at + 1 :])
    return whole


def name(item: Item | None) -> str:
    return str(item.get("_refObjectName") or item.get("Name") or "") if item else ""


def count(item: Item, collection: str) -> int:
    found = item.get(collection)
    number = found.get("Count", 0) if isinstance(found, dict) else 0
    return number if isinstance(number, int) else 0


def texts(item: Item, *keys: str) -> str:
    """The first text among them."""
    return next((value for key in keys if isinstance(value := item.get(key), str) and value), "")
