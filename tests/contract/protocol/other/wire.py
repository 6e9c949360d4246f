"""MessagePack as section 2 has it: the shortest form, and slices left as they came."""

import struct
from typing import Any

import msgspec

decode = msgspec.msgpack.decode


def pack(value: Any) -> bytes:
    match value:
        case None:
            return b"\xc0"
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int():
            return _number(value)
        case float():
            return b"\xcb" + struct.pack(">d", value)
        case str():
            raw = value.encode()
            return _head(len(raw), 0xA0, 32, (0xD9, 0xDA, 0xDB)) + raw
        case bytes():
            return _head(len(value), 0, 0, (0xC4, 0xC5, 0xC6)) + value
        case list() | tuple():
            head = _head(len(value), 0x90, 16, (None, 0xDC, 0xDD))
            return head + b"".join(map(pack, value))
        case dict():
            head = _head(len(value), 0x80, 16, (None, 0xDE, 0xDF))
            return head + b"".join(pack(key) + pack(each) for key, each in value.items())
    raise TypeError(type(value).__name__)


def slices(map_bytes: bytes) -> dict[str, bytes]:
    """Of a map: the very bytes of each value."""
    count, at = _count(map_bytes)
    found = {}
    for _ in range(count):
        middle = _end(map_bytes, at)
        end = _end(map_bytes, middle)
        found[decode(map_bytes[at:middle])] = map_bytes[middle:end]
        at = end
    return found


def _number(value: int) -> bytes:
    if 0 <= value < 128 or -32 <= value < 0:
        return struct.pack(">b" if value < 0 else ">B", value)
    forms = (">b", ">h", ">i", ">q") if value < 0 else (">B", ">H", ">I", ">Q")
    for code, form in enumerate(forms, 0xD0 if value < 0 else 0xCC):
        size = struct.calcsize(form) * 8
        low, high = (-(1 << size - 1), 0) if value < 0 else (0, 1 << size)
        if low <= value < high:
            return bytes([code]) + struct.pack(form, value)
    raise OverflowError(value)


def _head(size: int, fixed: int, below: int, codes: tuple[int | None, int, int]) -> bytes:
    if size < below:
        return bytes([fixed | size])
    for code, form in zip(codes, (">B", ">H", ">I"), strict=True):
        if code is not None and size < 1 << 8 * struct.calcsize(form):
            return bytes([code]) + struct.pack(form, size)
    raise OverflowError(size)


def _count(content: bytes) -> tuple[int, int]:
    """Of a map: its entries, and where they begin."""
    if content[0] & 0xF0 == 0x80:
        return content[0] & 0x0F, 1
    if content[0] == 0xDE:
        return int.from_bytes(content[1:3], "big"), 3
    raise ValueError("This is no map.")


def _end(content: bytes, at: int) -> int:
    """Where the value at `at` ends: the only length at which it decodes."""
    code = content[at]
    if code & 0xE0 == 0xA0:
        return at + 1 + (code & 0x1F)
    if code in (0xC4, 0xD9):
        return at + 2 + content[at + 1]
    if code in (0xC5, 0xDA):
        return at + 3 + int.from_bytes(content[at + 1 : at + 3], "big")
    if code & 0xF0 == 0x80 or code == 0xDE:
        count, begin = _count(content[at:])
        at += begin
        for _ in range(2 * count):
            at = _end(content, at)
        return at
    if code & 0xF0 == 0x90:
        at, count = at + 1, code & 0x0F
        for _ in range(count):
            at = _end(content, at)
        return at
    return at + 1 + {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xCB: 8}.get(code, 0)
