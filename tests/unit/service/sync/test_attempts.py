"""What an attempt that was cut off may have written to an issue that is found again."""

from schemas.rules import Wanted
from schemas.twin import Base, Twin
from service.sync.incoming import note_attempted


def test_elements_of_earlier_attempts_stay_and_other_values_are_the_newest() -> None:
    twin = Twin("t", "c", base=Base({"labels": ("old",), "type": "Bug"}, {}))

    noted = note_attempted(twin, Wanted({"labels": ("new",), "summary": "s"}))

    assert noted.base.wanted == {"labels": ("new", "old"), "summary": "s", "type": "Bug"}
    assert noted.base.held == {}
