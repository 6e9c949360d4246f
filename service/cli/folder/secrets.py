"""Secrets by reference: where they are, never what they are.

token = { env = "JIRA_TOKEN" }
token = { file = "/run/secrets/jira-token" }
token = { kept = true }
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from schemas.redaction import MASK, names_secret, without_user_info

Place = tuple[str, ...]
KEPT = {"kept": True}
_HOW = 'Say where it is: {{ env = "{name}" }}, {{ file = "PATH" }}, or {{ kept = true }}.'


class Refused(msgspec.Struct, frozen=True):
    place: Place
    message: str
    remedy: str


class Unread(msgspec.Struct, frozen=True):
    """A reference that was not looked up."""

    place: Place
    where: str


class Secrets:
    """`keep`: what is referred to stays as the node holds it, and is not looked up here."""

    def __init__(self, environ: Mapping[str, str], folder: Path, *, keep: bool) -> None:
        self._environ, self._folder, self._keep = environ, folder, keep
        self.refused: list[Refused] = []
        self.unread: list[Unread] = []

    def resolved(self, params: Mapping[str, Any], at: Place = ()) -> dict[str, Any]:
        """What was refused is left out, and told in `refused`; what is kept, in `unread`."""
        return {
            name: value
            for name, given in params.items()
            if (value := self._value(name, given, (*at, name))) is not None
        }

    def _value(self, name: str, given: Any, place: Place) -> Any:
        if is_reference(given):
            if given == KEPT:
                return MASK
            if self._keep:
                self.unread.append(Unread(place, *map(str, given.values())))
                return MASK
            return self._found(given, place)
        if in_clear(name, given):
            self.refused.append(
                Refused(
                    place,
                    f"{'.'.join(place)} is a secret in clear.",
                    _HOW.format(name="_".join(place[-1:]).upper())
                    + " Whoever could read this file knows it: renew it.",
                )
            )
            return None
        return self.resolved(given, place) if isinstance(given, dict) else given

    def _found(self, reference: Mapping[str, Any], place: Place) -> str | None:
        ((how, where),) = reference.items()
        if how == "env":
            value = self._environ.get(str(where))
            if value:
                return value
            self.refused.append(
                Refused(
                    place,
                    f"{'.'.join(place)}: the environment has no variable {where}.",
                    "Set it, or give --keep-secrets to leave all secrets as the node holds them.",
                )
            )
            return None
        try:
            return (self._folder / str(where)).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            self.refused.append(
                Refused(
                    place,
                    f"{'.'.join(place)}: cannot read {where}: {reason}.",
                    "Put it there, or give --keep-secrets to leave all secrets as they are.",
                )
            )
            return None


def is_reference(value: Any) -> bool:
    if not isinstance(value, dict) or len(value) != 1:
        return False
    return value == KEPT or any(isinstance(value.get(how), str) for how in ("env", "file"))


def in_clear(name: str, value: Any) -> bool:
    if isinstance(value, str) and without_user_info(value) != value:
        return True
    return names_secret(name) and value not in ("", None) and not isinstance(value, bool)


def referred(params: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Masked values as references: those that the file had, else `kept`."""
    return dict(_referred(params, known))


def _referred(params: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in sorted(params.items()):
        stands = known.get(name)
        if is_reference(stands):
            yield name, stands
        elif isinstance(value, dict):
            yield name, referred(value, stands if isinstance(stands, dict) else {})
        elif isinstance(value, str) and MASK in value:
            yield name, KEPT
        elif value is not None:
            yield name, value
