"""Priority maps: `{"7-10": "High", "4-6": "Medium", "1-3": "Low"}`, each of 1 to 10 once."""

import re

import msgspec

_RANGE = re.compile(r"(\d{1,2})(?:-(\d{1,2}))?")
_ALL = range(1, 11)


def parse(text: str) -> dict[int, str]:
    """Raises `ValueError` that says what is wrong."""
    try:
        given = msgspec.json.decode(text, type=dict[str, str])
    except msgspec.DecodeError as error:
        raise ValueError(f"This is no JSON object of names: {error}.") from error
    found: dict[int, str] = {}
    for key, name in given.items():
        for number in _numbers(key):
            if number in found:
                raise ValueError(f"{number} is mapped twice.")
            found[number] = name
    missing = [str(number) for number in _ALL if number not in found]
    if missing:
        raise ValueError(f"Not mapped: {', '.join(missing)}.")
    return found


def _numbers(key: str) -> range:
    match = _RANGE.fullmatch(key.strip())
    if match is None:
        raise ValueError(f"{key!r} is neither a number nor a range such as 4-6.")
    low, high = int(match[1]), int(match[2] or match[1])
    if low not in _ALL or high not in _ALL or (match[2] and low >= high):
        raise ValueError(f"{key!r} is no range within 1 to 10.")
    return range(low, high + 1)
