"""When two values are the same."""

import pytest

from schemas.rich_text import RichText, plain
from schemas.values import Digest, condense
from service.sync.snapshots import as_elements, same, snapshot, snapshots

LONG = "word " * 200


@pytest.mark.parametrize("empty", [None, "", (), RichText(())])
def test_nothing_and_emptiness_are_the_same(empty: object) -> None:
    assert same(empty, None)
    assert snapshot(empty) is None


@pytest.mark.parametrize("kept", [0, False, "0", 0.0])
def test_zero_and_false_are_values(kept: object) -> None:
    assert not same(kept, None)


def test_a_large_value_is_kept_as_its_digest_and_compared_with_it() -> None:
    kept = snapshots({"description": plain(LONG), "summary": "short"})
    assert isinstance(kept["description"], Digest)
    assert kept["summary"] == "short"
    assert same(plain(LONG), kept["description"])
    assert same(kept["description"], plain(LONG))
    assert not same(plain(LONG + "x"), kept["description"])


def test_values_that_differ_are_not_the_same() -> None:
    assert not same("a", "b")
    assert condense(7) == 7


def test_only_sets_have_elements() -> None:
    assert as_elements(("a", "b")) == ("a", "b")
    assert as_elements("ab") == as_elements(None) == ()
