"""Settings of connectors are refused by their names, in words, and secrets are never repeated."""

from typing import Annotated

import msgspec
import pytest

from adapters.http import FileParams, Form, NotNegative
from schemas.errors import ConfigurationError

SECRET = "s3cret"


class PretendedParams(FileParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    token: str = ""
    lag: NotNegative = 5.0
    page_size: Annotated[int, msgspec.Meta(ge=1, le=200)] = 200


FORM = Form("Pretended", PretendedParams, example="https://p.example", login="Use 'token'.")
GOOD = {"url": "https://p.example/base/", "token": SECRET}


def fill_in(raw: dict[str, object]) -> None:
    params = FORM.read(raw, {"url": "the address"})
    FORM.address("url", params.url)
    FORM.token(params.token)


def refusal(raw: dict[str, object]) -> str:
    with pytest.raises(ConfigurationError) as raised:
        fill_in(raw)
    assert raised.value.remedy
    assert SECRET not in f"{raised.value.message} {raised.value.remedy} {raised.value!r}"
    return raised.value.message


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"colour": SECRET}, "has no setting 'colour'"),
        ({"url": ""}, "lacks the setting 'url'"),
        ({"lag": -1}, "'lag' of the Pretended connector must be at least 0."),
        ({"request_timeout": 0}, "'request_timeout' of the Pretended connector must be above 0."),
        ({"page_size": 201}, "'page_size' of the Pretended connector must be at most 200."),
        ({"rate": float("nan")}, "'rate' of the Pretended connector must be at least 0."),
        ({"concurrency": SECRET}, "is wrong: expected `int`, got `str`."),
        ({"url": "p.example"}, "is no http or https address"),
        ({"url": f"https://me:{SECRET}@p.example"}, "holds more than an address"),
        ({"url": f"https://[{SECRET}"}, "is no http or https address"),
        ({"token": f"{SECRET}\n"}, "holds what no token holds"),
    ],
)
def test_what_is_wrong_is_said_in_words(changed: dict[str, object], message: str) -> None:
    assert message in refusal({**GOOD, **changed})


@pytest.mark.parametrize(
    ("token", "user", "password", "named"),
    [("", "", "p", "'user'"), ("", "me", "", "'password'"), ("t", "me", "", "'token'")],
)
def test_one_way_to_sign_in(token: str, user: str, password: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        FORM.token_or_password(token, user, password, "a key")
    FORM.token_or_password("t", "", "", "a key")
    FORM.token_or_password("", "me", "p", "a key")


def test_calls_are_bounded_as_the_settings_say() -> None:
    bounds = {"connect_timeout": 1, "request_timeout": 2, "transfer_timeout": 3, "rate": 4}
    params = FORM.read({**GOOD, **bounds, "concurrency": 5}, {})
    settings = params.http_settings("mine", "Pretended", "https://api.example")
    assert settings.base == "https://api.example"
    assert {name: getattr(settings, name) for name in bounds} == bounds
    assert settings.concurrency == 5
    assert FORM.address("url", params.url) == "https://p.example/base"
    assert SECRET not in f"{params!r} {params}"
