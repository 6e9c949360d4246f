from hypothesis import given
from hypothesis import strategies as st

from service.bus.backoff import delay


def test_doubles_up_to_the_cap():
    delays = [delay(attempt, base=1, cap=10, chance=1) for attempt in range(6)]
    assert delays == [1, 2, 4, 8, 10, 10]


@given(st.integers(0, 10**9), st.floats(0, 1, exclude_max=True))
def test_stays_within_half_and_whole_of_the_cap_however_long_it_lasts(attempt, chance):
    assert 0.125 <= delay(attempt, base=0.25, cap=15, chance=chance) <= 15


def test_chance_spreads():
    assert delay(0, base=1, cap=9, chance=0) == 0.5
    assert delay(0, base=1, cap=9, chance=0.5) == 0.75
