"""How long to wait before the next try."""


def delay(attempt: int, *, base: float, cap: float, chance: float) -> float:
    """Seconds: doubling from `base` up to `cap`; `chance` in [0, 1) spreads the upper half."""
    # The exponent is bounded: 2.0 ** 1024 would overflow in a long outage.
    span = min(cap, base * 2.0 ** min(attempt, 32))
    return span * (0.5 + chance / 2)
