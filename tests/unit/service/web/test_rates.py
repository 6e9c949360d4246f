from service.web.rates import Rates, retry_after


def test_a_burst_then_the_rate_and_each_caller_by_itself() -> None:
    now = [0]
    rates = Rates(2.0, 3.0, now=lambda: now[0])
    assert [rates.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert rates.take("b") == 0.0
    now[0] = 499
    assert rates.take("a") > 0
    now[0] = 500
    assert rates.take("a") == 0.0
    assert rates.take("a") == 0.5


def test_what_is_given_back_counts_nothing_and_saves_nothing_up() -> None:
    rates = Rates(1.0, 2.0, now=lambda: 0)
    for _ in range(10):
        assert rates.take("a") == 0.0
        rates.give_back("a")
    rates.give_back("a")
    assert [rates.take("a") for _ in range(3)] == [0.0, 0.0, 1.0]


def test_a_clock_that_goes_back_gives_nothing() -> None:
    now = [10_000]
    rates = Rates(1.0, 1.0, now=lambda: now[0])
    rates.take("a")
    now[0] = 0
    assert rates.take("a") == 1.0


def test_a_crowd_does_not_fill_the_memory_nor_free_the_worst() -> None:
    rates = Rates(1.0, 2.0, now=lambda: 0)
    rates.take("worst")
    rates.take("worst")
    for n in range(50_000):
        rates.take(str(n))
    assert len(rates._buckets) <= 20_000
    assert rates.wait("worst") == 1.0


def test_retry_after_is_whole_seconds_and_never_none() -> None:
    assert retry_after(0.01) == {"Retry-After": "1"}
    assert retry_after(2.1) == {"Retry-After": "3"}


def test_a_new_rate_holds_from_now_on() -> None:
    now = [0]
    rates = Rates(1.0, 100.0, now=lambda: now[0])
    rates.take("a")
    rates.allow(4.0, 2.0)
    assert [rates.take("a") for _ in range(3)] == [0.0, 0.0, 0.25]
