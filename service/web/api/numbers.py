"""JSON has one kind of number: 3.0 is the integer 3, as the OpenAPI document has it too."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

B = TypeVar("B")

_SAFE = 1 << 53
"""Beyond it a float no longer tells which integer it is."""


def body_decoder(kind: type[B]) -> Callable[[bytes], B]:
    strict: Callable[[bytes], B] = msgspec.json.Decoder(kind).decode

    def decode(raw: bytes) -> B:
        try:
            return strict(raw)
        except msgspec.ValidationError as error:
            if "got `float`" not in str(error):
                raise
        return msgspec.convert(_whole(msgspec.json.decode(raw)), kind, str_keys=True)

    return decode


def _whole(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) <= _SAFE else value
    if isinstance(value, dict):
        return {name: _whole(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return value
