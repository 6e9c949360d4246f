"""Rules that name what their own tracker does not have are saved, and the person is told."""

from typing import Any

import pytest

from schemas.errors import Fault, TrackerError
from schemas.metadata import Choice, FieldInfo, Metadata, TypeInfo
from schemas.rule_life import DraftPut, RulesPut
from tests.simulation.model_tracker import ModelTracker
from tests.unit.service.workers.operations.test_rule_life import IN, OUT, office

__all__ = ["office"]

STRANGE = IN.replace("status=replica.status", "status='Dnoe', fields={'Severty': '1'}")


class Telling(ModelTracker):
    asked = 0

    async def projects(self) -> tuple[Choice, ...]:
        return (Choice("P", "P"),)

    async def metadata(self, project: str) -> Metadata:
        self.asked += 1
        severity = FieldInfo("custom_1", "Severity", "option", choices=(Choice("1"),))
        kind = TypeInfo(Choice("Bug"), (severity,), (Choice("Open", "1"), Choice("Done", "2")))
        return Metadata(project, (kind,))


class Down(Telling):
    async def metadata(self, project: str) -> Metadata:
        raise TrackerError(Fault.UNAVAILABLE, "it is down")


@pytest.fixture
def tracker(office: Any) -> Any:
    return office.shop.trackers["tracker"]


async def test_what_the_tracker_does_not_have_is_told_and_saved(office, tracker):
    tracker.__class__ = Telling
    saved = await office.operations.save_rules("here", RulesPut(OUT, STRANGE), "ann")
    assert (saved.findings, saved.unchecked) == ((), "")
    assert saved.version is not None
    status, severity = saved.warnings
    assert (status.file, status.line, status.message) == (
        "incoming.py",
        2,
        "status: this tracker has no 'Dnoe'. Did you mean 'Done'?",
    )
    assert severity.message.endswith("Did you mean 'custom_1' (Severity)?")
    asked = tracker.asked
    draft = await office.operations.rule_life.save_draft("here", DraftPut(OUT, STRANGE), "ann")
    assert draft.warnings == saved.warnings
    assert tracker.asked == asked, "it is asked for each save"


async def test_a_tracker_that_does_not_answer_stops_no_save(office, tracker):
    tracker.__class__ = Down
    saved = await office.operations.save_rules("here", RulesPut(OUT, STRANGE), "ann")
    assert saved.version is not None
    assert saved.warnings == ()
    assert "it is down" in saved.unchecked


async def test_a_tracker_that_cannot_tell_is_told(office):
    saved = await office.operations.save_rules("here", RulesPut(OUT, STRANGE), "ann")
    assert (saved.version is None, saved.unchecked) == (
        False,
        "This tracker cannot tell its fields.",
    )
