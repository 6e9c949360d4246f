"""A connector's settings are refused by name, and no secret is repeated."""

import pytest

from adapters.rally import parse_params
from schemas.errors import ConfigurationError

GOOD = {"url": "https://rally1.rallydev.com", "token": "_key-of-mine"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"url": ""}, "'url'"),
        ({"url": "ftp://rally"}, "'url'"),
        ({"url": "https://me:you@rally1.rallydev.com"}, "'url'"),
        ({"token": ""}, "'user'"),
        ({"token": "", "user": "me"}, "'password'"),
        ({"user": "me"}, "'token'"),
        ({"token": "_schlüssel"}, "'token'"),
        ({"colour": "red"}, "'colour'"),
        ({"page_size": 0}, "'page_size'"),
        ({"scan_overlap": -1}, "'scan_overlap'"),
        ({"concurrency": 13}, "'concurrency'"),
        ({"defect_status": "Mood"}, "defect_status"),
    ],
)
def test_a_wrong_setting_is_named(changes: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_params({**GOOD, **changes})
    assert named in raised.value.message
    assert raised.value.remedy
    assert "_key-of-mine" not in raised.value.message + raised.value.remedy


@pytest.mark.parametrize(
    "url", ["https://rally1.rallydev.com/", "https://rally1.rallydev.com/slm/#/detail/defect/1"]
)
def test_an_address_as_the_browser_shows_it_is_taken(url: str) -> None:
    assert parse_params({**GOOD, "url": url}).url == "https://rally1.rallydev.com"


def test_secrets_are_not_shown() -> None:
    assert "_key-of-mine" not in repr(parse_params(GOOD))
