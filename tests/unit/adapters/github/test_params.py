import pytest

from adapters.github import parse_params
from schemas.errors import ConfigurationError


def wrong(**raw: object) -> str:
    with pytest.raises(ConfigurationError) as raised:
        parse_params({"token": "t-secret", **raw})
    assert "t-secret" not in raised.value.message + raised.value.remedy
    assert raised.value.remedy
    return raised.value.message


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("https://github.com", "https://api.github.com"),
        ("https://github.com/", "https://api.github.com"),
        ("https://acme.ghe.com", "https://api.acme.ghe.com"),
        ("https://github.acme.example/", "https://github.acme.example/api/v3"),
    ],
)
def test_the_api_follows_from_the_address(url: str, api: str) -> None:
    assert parse_params({"url": url, "token": "x"}).api == api


def test_the_api_can_be_named() -> None:
    params = parse_params({"token": "x", "api_url": "https://proxy.example/github/"})
    assert params.api == "https://proxy.example/github"


def test_no_address_means_github_itself() -> None:
    assert parse_params({"token": "x", "url": ""}).url == "https://github.com"


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        ({"unknown": 1}, "unknown"),
        ({"url": "github.com"}, "url"),
        ({"url": "https://user:pass@github.example"}, "url"),
        ({"api_url": "ftp://x"}, "api_url"),
        ({"projects": ["no-owner"]}, "no-owner"),
        ({"projects": ["a/b/c"]}, "a/b/c"),
        ({"projects": "a/b"}, "projects"),
        ({"page_size": 101}, "page_size"),
        ({"page_size": 0}, "page_size"),
        ({"scan_lag": -1}, "scan_lag"),
        ({"token": ""}, "app_id"),
        ({"token": "", "app_id": "1"}, "app_private_key"),
        ({"app_id": "1"}, "token"),
        ({"token": "a\nb"}, "token"),
        ({"installation_id": "seven"}, "installation_id"),
    ],
)
def test_a_wrong_setting_is_named(raw: dict[str, object], named: str) -> None:
    assert named in wrong(**raw)


def test_secrets_do_not_show() -> None:
    params = parse_params({"token": "t-secret", "webhook_hmac_secret": "h-secret"})
    assert "secret" not in repr(params)
