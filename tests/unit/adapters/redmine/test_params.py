"""Settings are refused by name, and never shown."""

import pytest

from adapters.redmine import parse_params
from schemas.errors import ConfigurationError

GOOD = {"url": "https://redmine.example.com/", "token": "0123456789abcdef"}


def test_the_address_loses_its_last_slash() -> None:
    assert parse_params(GOOD).url == "https://redmine.example.com"


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"url": ""}, "'url'"),
        ({"url": "redmine.example.com"}, "'url'"),
        ({"url": "https://me:secret-word@redmine.example.com"}, "'url'"),
        ({"token": ""}, "'user'"),
        ({"token": "", "user": "me"}, "'password'"),
        ({"user": "me"}, "'token'"),
        ({"token": "line\nbreak"}, "'token'"),
        ({"text_format": "html"}, "text_format"),
        ({"custom_kinds": {"cf_1": "colour"}}, "custom_kinds"),
        ({"page_size": 0}, "'page_size'"),
        ({"scan_overlap": -1}, "'scan_overlap'"),
        ({"colour": "red"}, "'colour'"),
    ],
)
def test_a_wrong_setting_is_named(changed: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_params({**GOOD, **changed})
    assert named in raised.value.message
    assert raised.value.remedy
    assert "secret-word" not in f"{raised.value.message} {raised.value.remedy}"


def test_secrets_are_not_shown() -> None:
    assert "0123456789abcdef" not in repr(parse_params(GOOD))
