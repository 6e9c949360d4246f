"""Settings are refused by their names, and never shown."""

import pytest

from adapters.jira_cloud import parse_params
from schemas.errors import ConfigurationError

SITE = {"url": "https://example.atlassian.net/"}
BASIC = {**SITE, "email": "a@example.com", "token": "s3cret-token"}
SERVICE = {**SITE, "client_id": "c", "client_secret": "s3cret", "cloud_id": "1-2"}


@pytest.mark.parametrize(
    ("given", "api"),
    [
        (BASIC, "https://example.atlassian.net"),
        ({**BASIC, "cloud_id": "1-2"}, "https://api.atlassian.com/ex/jira/1-2"),
        (
            {**SITE, "token": "bearer", "cloud_id": "1-2"},
            "https://api.atlassian.com/ex/jira/1-2",
        ),
        (SERVICE, "https://api.atlassian.com/ex/jira/1-2"),
        ({**SERVICE, "api_url": "https://gate.example/"}, "https://gate.example/ex/jira/1-2"),
    ],
)
def test_calls_go_to_the_site_or_to_the_gateway(given, api) -> None:
    params = parse_params(given)
    assert params.api == api
    assert params.url == "https://example.atlassian.net"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "url"),
        (SITE, "token"),
        ({**SITE, "token": "s3cret"}, "cloud_id"),
        ({**SERVICE, "cloud_id": ""}, "cloud_id"),
        ({**SERVICE, "client_secret": ""}, "token"),
        ({**SERVICE, "token": "s3cret"}, "client_id"),
        ({**BASIC, "url": "example.atlassian.net"}, "url"),
        ({**BASIC, "url": "https://a:s3cret@example.atlassian.net"}, "url"),
        ({**BASIC, "auth_url": "no"}, "auth_url"),
        ({**BASIC, "page_size": 0}, "page_size"),
        ({**BASIC, "page_size": 5001}, "page_size"),
        ({**BASIC, "scan_lag": -1}, "scan_lag"),
        ({**BASIC, "token": 5}, "token"),
        ({**BASIC, "password": "s3cret"}, "password"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(given, named) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_params(given)
    said = f"{raised.value.message} {raised.value.remedy}"
    assert named in said
    assert "s3cret" not in said


def test_secrets_are_not_shown() -> None:
    assert "s3cret" not in repr(parse_params(BASIC)) + repr(parse_params(SERVICE))
