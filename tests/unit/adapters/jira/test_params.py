import pytest

from adapters.jira import parse_params
from schemas.errors import ConfigurationError

GOOD = {"url": "https://jira.example.com/jira/", "token": "s3cret-token"}


def test_the_trailing_slash_does_not_matter() -> None:
    assert parse_params(GOOD).url == "https://jira.example.com/jira"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"tokn": "x"}, "'tokn'"),
        ({"url": ""}, "'url'"),
        ({"url": "jira.example.com"}, "'url'"),
        ({"url": "ftp://jira.example.com"}, "'url'"),
        ({"url": "https://me:s3cret-token@jira.example.com"}, "'url'"),
        ({"token": ""}, "'user'"),
        ({"token": "", "user": "me"}, "'password'"),
        ({"user": "me"}, "'token'"),
        ({"request_timeout": 0}, "'request_timeout'"),
        ({"page_size": -1}, "'page_size'"),
        ({"scan_lag": -1}, "'scan_lag'"),
        ({"page_size": "many"}, "page_size"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(change: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_params({**GOOD, **change})
    assert named in raised.value.message
    assert raised.value.remedy
    assert "s3cret" not in raised.value.message + raised.value.remedy


def test_no_secret_shows_in_the_representation() -> None:
    params = parse_params(
        {**GOOD, "webhook_secret": "s3cret-hook", "webhook_hmac_secret": "s3cret"}
    )
    assert "s3cret" not in repr(params)
    assert "s3cret" not in str(params)
