import pytest

from adapters.azure_devops import CAPABILITIES, SYSTEM, parse_params
from schemas.errors import ConfigurationError

GOOD = {"url": "https://dev.azure.com/acme/", "token": "t"}


def test_defaults_and_trailing_slash():
    params = parse_params(GOOD)
    assert params.url == "https://dev.azure.com/acme"
    assert params.identity_base() == "https://vssps.dev.azure.com/acme"
    server = parse_params(GOOD | {"url": "https://tfs.example/DefaultCollection"})
    assert server.identity_base() == "https://tfs.example/DefaultCollection"
    assert CAPABILITIES.system == SYSTEM == "azure-devops"


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"tokn": "x"}, "tokn"),
        ({"url": ""}, "url"),
        ({"token": None}, "token"),
        ({"url": "dev.azure.com/acme"}, "url"),
        ({"url": "ftp://host/x"}, "url"),
        ({"request_timeout": "long"}, "request_timeout"),
        ({"request_timeout": 0}, "request_timeout"),
        ({"page_size": 201}, "page_size"),
        ({"webhook_user": "u"}, "webhook_password"),
        ({"html_fields": "x"}, "html_fields"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../etc"}, "time_zone"),
        ({"webhook_url": "node.example"}, "webhook_url"),
    ],
)
def test_wrong_settings_are_named(wrong, named):
    with pytest.raises(ConfigurationError) as caught:
        parse_params(GOOD | wrong)
    assert named in caught.value.message
    assert caught.value.remedy


def test_secrets_stay_out_of_the_text():
    secrets = {"token": "sec-1", "webhook_secret": "sec-2", "webhook_password": "sec-3"}
    shown = repr(parse_params(GOOD | secrets | {"webhook_user": "u"}))
    assert "sec-" not in shown
