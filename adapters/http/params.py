"""What a connector to any tracker is set by, and how settings that are wrong are refused."""

import re
from collections.abc import Mapping
from typing import Annotated, Generic, TypeVar
from urllib.parse import urlsplit

import msgspec

from adapters.http.settings import HttpSettings
from schemas.errors import ConfigurationError

AboveZero = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
AtLeastOne = Annotated[int, msgspec.Meta(ge=1)]

_BOUND = re.compile(r"Expected `\w+` (>=|<=|>|<) (\S+)")
_BOUNDS = {">": "above", ">=": "at least", "<": "below", "<=": "at most"}


class HttpParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings that all trackers have; an adapter adds its own, and defaults that suit it."""

    url: str
    """As people open it, context path included."""
    connect_timeout: AboveZero = 10.0
    request_timeout: AboveZero = 30.0
    """Seconds for one call; within a download, for each part."""
    concurrency: AtLeastOne = 4
    """Calls under way at once."""
    rate: NotNegative = 0.0
    """Calls a second; 0 knows no limit of ours."""
    page_size: AtLeastOne = 100

    def __repr__(self) -> str:
        """Without the credentials."""
        return f"{type(self).__name__}(url={self.url!r})"

    def http_settings(self, connector: str, title: str, base: str = "") -> HttpSettings:
        """`base` is where the API is, when that is not `url` itself."""
        return HttpSettings(
            connector=connector,
            title=title,
            base=base or self.url,
            connect_timeout=self.connect_timeout,
            request_timeout=self.request_timeout,
            concurrency=self.concurrency,
            rate=self.rate,
        )


class FileParams(HttpParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of trackers that take attachments."""

    transfer_timeout: AboveZero = 3600.0
    """Seconds for one attachment, up or down."""

    def http_settings(self, connector: str, title: str, base: str = "") -> HttpSettings:
        settings = super().http_settings(connector, title, base)
        return msgspec.structs.replace(settings, transfer_timeout=self.transfer_timeout)


P = TypeVar("P", bound=HttpParams)


class Form(Generic[P]):
    """One tracker's settings as a form that is filled in: each refusal names the setting, and never
    tells the value of a secret."""

    def __init__(self, title: str, params: type[P], *, example: str, login: str) -> None:
        """`example` is an address; `login` says where credentials belong that stand in one."""
        self.title = title
        self._params = params
        self._known = frozenset(params.__struct_fields__)
        self._example = example
        self._login = login

    def read(self, raw: Mapping[str, object], required: Mapping[str, str]) -> P:
        """`required`: a setting that may not be left out -> what it is."""
        for key in raw:
            if key not in self._known:
                raise self.refused(
                    f"The {self.title} connector has no setting {key!r}.",
                    "Use one of: " + ", ".join(sorted(self._known)) + ".",
                )
        for key, hint in required.items():
            if not raw.get(key):
                raise self.missing(key, hint)
        try:
            return msgspec.convert(dict(raw), self._params)
        except msgspec.ValidationError as error:
            # The message tells types and the place only, never a value.
            raise self._invalid(str(error)) from None

    def address(self, key: str, value: str) -> str:
        """Without slashes at its end; '' is left to whoever asks."""
        if not value:
            return ""
        try:
            parts = urlsplit(value)
        except ValueError:  # as of "https://[::1", whose text is in the error
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise self.refused(
                f"The setting {key!r} of the {self.title} connector is no http or https address.",
                f"Write it as a browser shows it, such as {self._example}.",
                setting=key,
            )
        if parts.username or parts.password or parts.query or parts.fragment:
            raise self.refused(
                f"The setting {key!r} of the {self.title} connector holds more than an address.",
                self._login,
                setting=key,
            )
        return value.rstrip("/")

    def token(self, value: str) -> None:
        if not (value.isascii() and value.isprintable()):
            raise self.refused(
                f"The setting 'token' of the {self.title} connector holds what no token holds.",
                "Copy the token again, without line ends.",
                setting="token",
            )

    def token_or_password(self, token: str, user: str, password: str, what: str) -> None:
        """`what` a token is, for whoever gives none."""
        if not token:
            for key, value in (("user", user), ("password", password)):
                if not value:
                    raise self.missing(key, f"or give 'token', {what}")
        elif user or password:
            raise self.refused(
                f"The {self.title} connector has both 'token' and 'user' or 'password'.",
                "Keep the token, or keep user and password.",
            )
        else:
            self.token(token)

    def missing(self, key: str, hint: str) -> ConfigurationError:
        return self.refused(
            f"The {self.title} connector lacks the setting {key!r}.", f"Add it: {hint}."
        )

    def refused(self, message: str, remedy: str, *, setting: str = "") -> ConfigurationError:
        """`setting`: the one whose own value is wrong, where it is one."""
        return ConfigurationError(message, remedy=remedy, setting=setting)

    def _invalid(self, error: str) -> ConfigurationError:
        what, _, place = error.partition(" - at `$.")
        key = place.rstrip("`")
        bound = _BOUND.fullmatch(what)
        if bound:
            how = f"must be {_BOUNDS[bound[1]]} {bound[2].removesuffix('.0')}"
        else:
            how = f"is wrong: {what[:1].lower()}{what[1:]}"
        return self.refused(
            f"The setting {key!r} of the {self.title} connector {how}.",
            "Correct that setting, or leave it out to use the default.",
            setting=re.split(r"[.\[]", key)[0],
        )
