"""Bodies that are wrong in all ways that come to mind, the same in each run."""

import random
from collections.abc import Iterator
from typing import Any

import msgspec

_JSON = msgspec.json.Encoder().encode
_PACK = msgspec.msgpack.Encoder().encode

_ODD: tuple[Any, ...] = (
    None, True, -1, 0.5, 1e308, 2**63, "", "\x00", "\u202e\ud7ff🛢️", "a" * 5000,
    [], [[]], {}, {"": 1},
)  # fmt: skip


def jira(draw: random.Random, canary: str) -> bytes:
    """A webhook of Jira that must be refused."""
    hook = {
        "timestamp": 1,
        "webhookEvent": "jira:issue_updated",
        "issue": {"id": "10000", "fields": {"summary": canary, "project": {"key": "DOOR"}}},
        "changelog": {"items": [{"field": "summary", "toString": canary}]},
    }
    wrong = {
        "webhookEvent": lambda: draw.choice([v for v in _ODD if not isinstance(v, str)]),
        "issue": lambda: draw.choice(
            [v for v in _ODD if v is not None and not isinstance(v, dict)]
        ),
        "timestamp": lambda: draw.choice(["1", None, -1, 0.5, [], {}, 2**60]),
        "changelog": lambda: draw.choice([{"items": [1]}, {"items": {}}, [], "x", 7]),
        "comment": lambda: draw.choice([{"self": 1}, [], 1, "x"]),
    }
    field = draw.choice(sorted(wrong))
    return draw.choice(
        (
            lambda: _JSON(hook | {field: wrong[field]()}),
            lambda: _JSON(hook | {"issue": {"id": _bad_id(draw)}}),
            lambda: _no_json(draw, _JSON(hook)),
        )
    )()


def azure(draw: random.Random, canary: str) -> bytes:
    """A service hook message of Azure DevOps that must be refused."""
    resource: dict[str, Any] = {
        "workItemId": 7,
        "rev": 2,
        "fields": {"System.Title": {"newValue": canary}},
    }
    hook = {"id": "x", "eventType": "workitem.updated", "resource": resource}
    wrong = {
        "workItemId": lambda: draw.choice([0, -5, "7", None, [], {}, 0.5, 2**80, 10**4000]),
        "rev": lambda: draw.choice(["2", [], {}, 1.5, -1, 2**80]),
        "fields": lambda: draw.choice([[], 1, "x", True]),
        "relations": lambda: draw.choice([[], 1, {"added": 1}, {"removed": {}}]),
        "revision": lambda: draw.choice([[], 1, {"id": "x"}, {"rev": []}]),
    }
    field = draw.choice(sorted(wrong))
    return draw.choice(
        (
            lambda: _JSON(hook | {"resource": resource | {field: wrong[field]()}}),
            lambda: _JSON(hook | {"resource": draw.choice([v for v in _ODD if v != {}])}),
            lambda: _JSON(hook | {"eventType": draw.choice([None, 1, [], {}])}),
            lambda: _no_json(draw, _JSON(hook)),
        )
    )()


def mangled(draw: random.Random, canary: str) -> bytes:
    """A webhook with some bytes changed: it may pass for one, but must not break anything."""
    hook = {
        "webhookEvent": "jira:issue_updated",
        "eventType": "workitem.updated",
        "resource": {"workItemId": 7, "fields": {"a": canary}},
        "issue": {"id": "10000"},
    }
    body = bytearray(_JSON(hook))
    for _ in range(draw.randint(1, 6)):
        body[draw.randrange(len(body))] = draw.randrange(256)
    return bytes(body)


def exchange(draw: random.Random) -> bytes:
    """What one peer says to another, and must not."""
    item = {"seq": 1, "connection": "c", "twin": "t", "sealed": draw.randbytes(40)}
    said: dict[str, Any] = {"epoch": "e", "items": [item]}
    wrong = {
        "epoch": lambda: draw.choice(
            [v for v in _ODD if not isinstance(v, str) or len(v) in (0, 5000)]
        ),
        "have": lambda: draw.choice([-1, 2**60, "1", None, [], 0.5]),
        "have_epoch": lambda: draw.choice([1, None, [], "a" * 300]),
        "items": lambda: draw.choice(
            [
                [item, item],
                [item | {"seq": -1}],
                [item | {"seq": 2**60}],
                [item | {"sealed": 1}],
                [item | {"connection": ""}],
                [{}],
                [item] * 1001,
                {"a": 1},
                [None],
            ]
        ),
        "refused": lambda: draw.choice([[1], [{}], {}, [{"seq": 1, "connection": "c"}]]),
        "unavailable": lambda: draw.choice([[1], [{}], [{"request": "../..", "reason": ""}]]),
        "serving": lambda: draw.choice([["a b"], [1], "x", ["x" * 200]]),
        "wait": lambda: draw.choice(["1", [], {}]),
        "version": lambda: draw.choice([0, -1, "1", [], None]),
        "minimum": lambda: draw.choice([99, "1", []]),
    }
    field = draw.choice(sorted(wrong))
    return draw.choice(
        (
            lambda: _PACK(said | {field: wrong[field]()}),
            lambda: _no_message(draw, _PACK(said)),
        )
    )()


def pairing(draw: random.Random) -> bytes:
    asked = {
        "invitation": f"unknown{draw.random()}",
        "sealed": draw.randbytes(draw.randint(0, 300)),
    }
    wrong = ({"invitation": draw.choice([1, None, "", []])}, {"sealed": draw.choice([1, None, []])})
    return draw.choice(
        (
            lambda: _PACK(asked),
            lambda: _PACK(asked | draw.choice(wrong)),
            lambda: _PACK(asked | {"version": draw.choice([0, "x", None])}),
            lambda: _no_message(draw, _PACK(asked)),
        )
    )()


def fetching(draw: random.Random) -> bytes:
    wanted = {"request": "r", "connection": "c", "twin": "t", "attachment": "a", "limit": 10}
    wrong = {
        "request": draw.choice(["", "../x", 1, None]),
        "connection": draw.choice(["", 1, None, "no such"]),
        "limit": draw.choice([-1, "1", None, 0.5]),
    }
    field = draw.choice(sorted(wrong))
    return draw.choice(
        (
            lambda: _PACK({"wanted": wanted}),
            lambda: _PACK({"wanted": wanted | {field: wrong[field]}}),
            lambda: _no_message(draw, _PACK({"wanted": wanted})),
        )
    )()


def _bad_id(draw: random.Random) -> Any:
    return draw.choice([-1, 0.5, True, [], {}, 2**60, "a b", "\n", "ü", "x" * 300, "\x7f"])


def _no_json(draw: random.Random, good: bytes) -> bytes:
    return draw.choice(
        (
            lambda: good[: draw.randrange(len(good))],
            lambda: good + draw.choice((b"}", b"x", b",", good)),
            lambda: draw.choice((b"[", b'{"a":', b'{"issue":')) * draw.randint(500, 9_000),
            lambda: _JSON(draw.choice([v for v in _ODD if not isinstance(v, dict)])),
            lambda: b"\xff" + draw.randbytes(draw.randint(0, 200)),
            lambda: good.replace(b'"', b"'"),
        )
    )()


def _no_message(draw: random.Random, good: bytes) -> bytes:
    return draw.choice(
        (
            lambda: good[: draw.randrange(len(good))],
            lambda: good + b"\x00",
            lambda: b"\x91" * draw.randint(500, 9_000),
            lambda: _PACK(draw.choice([v for v in _ODD if not isinstance(v, dict) and v != 2**63])),
            lambda: b"\xc1" + draw.randbytes(draw.randint(0, 200)),
            lambda: b"\xdd\xff\xff\xff\xff" + draw.randbytes(8),
        )
    )()


def parts(draw: random.Random, count: int) -> Iterator[random.Random]:
    """Each its own source, so that one more draw in one does not change all after it."""
    for _ in range(count):
        yield random.Random(draw.getrandbits(64))
