"""Settings are refused by name, and never shown."""

import pytest

from adapters.sd_elements import parse_params
from schemas.errors import ConfigurationError

GOOD = {"url": "https://sde.example/base/", "token": "secret-token"}


def test_good_settings_are_taken() -> None:
    params = parse_params({**GOOD, "projects": ["1", "2"]})
    assert params.url == "https://sde.example/base"
    assert params.projects == ("1", "2")
    assert "secret-token" not in repr(params)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"url": ""}, "url"),
        ({"url": "ftp://x"}, "url"),
        ({"url": "https://u:p@x"}, "url"),
        ({"token": ""}, "token"),
        ({"tokn": "x"}, "tokn"),
        ({"page_size": 0}, "page_size"),
        ({"page_size": "many"}, "page_size"),
        ({"request_timeout": -1}, "request_timeout"),
        ({"scan_overlap": -1}, "scan_overlap"),
        ({"concurrency": 0}, "concurrency"),
    ],
)
def test_wrong_settings_are_refused_by_name(change: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_params({**GOOD, **change})
    assert named in caught.value.message
    assert "secret-token" not in str(caught.value)
    assert caught.value.remedy
