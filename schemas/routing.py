"""A route of the management API, and short ways to write one."""

from types import NoneType
from typing import Generic, Literal, TypeVar

import msgspec

from schemas.access import Permission, Role

Q = TypeVar("Q")
B = TypeVar("B")
A = TypeVar("A")

PREFIX = "/api/v2"

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class Route(msgspec.Struct, Generic[Q, B, A], frozen=True, kw_only=True):
    """`query`, `body` and `answer` are Structs, or NoneType where there is none."""

    name: str
    method: Method
    path: str
    summary: str
    role: Role
    """The least that a caller needs."""
    query: type[Q]
    body: type[B]
    answer: type[A]
    status: int = 200
    permission: Permission = ""
    """Needed as well."""
    changes: bool = True
    """False for a POST that only looks."""
    edition: Literal["", "told", "needed"] = ""
    """`told`: the answer has an ETag. `needed`: If-Match has to name the one that was edited."""

    narrow: bool = False
    """Also for callers of some connections alone, who are shown what is theirs. Any other route is
    theirs when its path, query or body names such a connection in `connection`."""

    streams: bool = False
    """It answers with server-sent events in place of `answer`."""

    @property
    def audited(self) -> bool:
        return self.method != "GET" and self.changes

    @property
    def creates(self) -> bool:
        """It takes an Idempotency-Key."""
        return self.method == "POST" and self.status == 201


def read(
    name: str, path: str, summary: str, answer: type[A], *, role: Role = "viewer",
    edition: Literal["", "told"] = "", narrow: bool = False,
) -> Route[None, None, A]:  # fmt: skip
    return Route(
        name=name, method="GET", path=path, summary=summary, role=role,
        query=NoneType, body=NoneType, answer=answer, edition=edition, narrow=narrow,
    )  # fmt: skip


def listed(
    name: str, path: str, summary: str, query: type[Q], answer: type[A], *, role: Role = "viewer",
    narrow: bool = False,
) -> Route[Q, None, A]:  # fmt: skip
    return Route(
        name=name, method="GET", path=path, summary=summary, role=role,
        query=query, body=NoneType, answer=answer, narrow=narrow,
    )  # fmt: skip


def act(name: str, path: str, summary: str, answer: type[A], *, role: Role) -> Route[None, None, A]:
    return Route(
        name=name, method="POST", path=path, summary=summary, role=role,
        query=NoneType, body=NoneType, answer=answer,
    )  # fmt: skip


def post(
    name: str, path: str, summary: str, body: type[B], answer: type[A], *, role: Role,
    status: int = 200, changes: bool = True,
) -> Route[None, B, A]:  # fmt: skip
    return Route(
        name=name, method="POST", path=path, summary=summary, role=role,
        query=NoneType, body=body, answer=answer, status=status, changes=changes,
    )  # fmt: skip


def put(
    name: str, path: str, summary: str, body: type[B], answer: type[A], *, role: Role,
    edition: Literal["", "needed"] = "",
) -> Route[None, B, A]:  # fmt: skip
    return Route(
        name=name, method="PUT", path=path, summary=summary, role=role,
        query=NoneType, body=body, answer=answer, edition=edition,
    )  # fmt: skip


def patch(
    name: str, path: str, summary: str, body: type[B], answer: type[A], *, role: Role,
    edition: Literal["", "needed"] = "",
) -> Route[None, B, A]:  # fmt: skip
    return Route(
        name=name, method="PATCH", path=path, summary=summary, role=role,
        query=NoneType, body=body, answer=answer, edition=edition,
    )  # fmt: skip


def delete(name: str, path: str, summary: str, *, role: Role) -> Route[None, None, None]:
    return Route(
        name=name, method="DELETE", path=path, summary=summary, role=role,
        query=NoneType, body=NoneType, answer=NoneType, status=204,
    )  # fmt: skip
