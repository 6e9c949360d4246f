from collections.abc import Callable
from typing import Any

import pytest

from schemas.issue import Issue, IssueRef
from schemas.replica import Replica, TwinMessage
from schemas.twin import Twin
from service.sync.policy import Policy

AT = 1_760_000_000_000


@pytest.fixture
def newest() -> Policy:
    return Policy("here", "there")


@pytest.fixture
def make_issue() -> Callable[..., Issue]:
    def make(fields: dict[str, Any] | None = None, **changes: Any) -> Issue:
        ref = IssueRef("1", "A-1", "https://tracker.example/A-1")
        known: dict[str, Any] = {
            "ref": ref,
            "version": 7,
            "updated": AT,
            "project": "A",
            "fields": fields or {},
        }
        return Issue(**(known | changes))

    return make


@pytest.fixture
def make_message() -> Callable[..., TwinMessage]:
    def make(version: int, replica: Replica | None = None, **changes: Any) -> TwinMessage:
        known: dict[str, Any] = {"twin": "t", "issue": "9", "have": 0}
        return TwinMessage(version=version, replica=replica or Replica(), **(known | changes))

    return make


@pytest.fixture
def make_twin() -> Callable[..., Twin]:
    return lambda **changes: Twin("t", "c", **changes)
