"""What somebody wrote between our look and our write, in a tracker that takes any write."""

from typing import Any

import msgspec
import pytest

from schemas.issue import FieldChange, Issue, IssueRef
from schemas.replica import Replica, Stamp
from service.sync.merge import FieldMerge
from service.sync.overwritten import Overwritten, settle_overwritten
from service.sync.policy import Policy

WRITTEN_AT = 50


def settled(make_twin: Any, rule: str, *, stamped: bool = True, at: int = 40) -> Overwritten:
    replica = Replica({"f": "ours"}, {"f" if stamped else "g": Stamp(1, at, 1)})
    twin = make_twin(version=4, replica=replica)
    merge = FieldMerge(FieldChange({"f": "ours"}), (), (), frozenset(), {})
    ref = IssueRef("1", "P-1", "")
    issue = Issue(ref, 9, WRITTEN_AT, "P", {"f": "ours"}, overwritten={"f": "theirs"})
    return settle_overwritten(
        twin, merge.change.set, issue, merge, Policy("here", "there", fields={"f": rule})
    )


@pytest.mark.parametrize("stamped", [True, False])
def test_the_newer_edit_is_put_back_and_told_the_other_side(make_twin, stamped: bool) -> None:
    result = settled(make_twin, "newest", stamped=stamped)
    assert result.put_back == {"f": "theirs"}
    assert result.merge.standing == {"f"}
    assert result.merge.edits == {"f": Stamp(5, WRITTEN_AT)}
    (conflict,) = result.conflicts
    assert (conflict.winner, conflict.kept, conflict.lost) == ("here", "theirs", "ours")
    assert (conflict.local_at, conflict.remote_at) == (WRITTEN_AT, 40)


@pytest.mark.parametrize(("rule", "at"), [("newest", 60), ("there", 40), ("park", 40)])
def test_an_edit_that_loses_is_kept_as_a_conflict(make_twin, rule: str, at: int) -> None:
    result = settled(make_twin, rule, at=at)
    assert result.put_back == {}
    assert result.merge == msgspec.structs.replace(result.merge, edits={}, standing=frozenset())
    (conflict,) = result.conflicts
    assert (conflict.winner, conflict.kept, conflict.lost) == ("there", "ours", "theirs")
