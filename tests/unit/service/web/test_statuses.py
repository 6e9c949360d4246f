import pytest

from schemas.errors import Fault, InputError, TrackerError
from service.web.statuses import status_of


@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_has_a_status(fault: Fault) -> None:
    assert 400 <= status_of(TrackerError(fault, "x")) <= 599


def test_a_wrong_request_tells_its_own() -> None:
    assert status_of(InputError("x", status=415)) == 415
