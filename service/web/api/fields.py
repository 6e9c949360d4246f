"""Which field of a request does not fit, told from what msgspec says."""

import re
from collections.abc import Callable
from typing import TypeVar

import msgspec
from aiohttp import web

from schemas.api import Problem
from service.web.problems import answer_json, answer_problem, nested

A = TypeVar("A")

_NAMED = re.compile(r"(unknown|missing required) field `([^`]*)`")
_PART = re.compile(r"[^.\[\]]+")
_REQUIRED = "This field is required."
_UNKNOWN = "There is no such field."


class InvalidFields(Exception):
    """`path` leads to the field; () stands for the whole request."""

    def __init__(self, path: tuple[str, ...], reason: str) -> None:
        super().__init__(reason)
        self.path = path
        self.reason = reason

    def answer(self) -> web.Response:
        if not self.path:
            remedy = "Correct the request; /api/v2/docs tells what it takes."
            return answer_problem(400, Problem(self.reason, remedy=remedy, fault="input"))
        return answer_json(400, nested(self.path, self.reason))


def checked(read: Callable[[], A]) -> A:
    try:
        return read()
    except msgspec.ValidationError as error:
        raise _located(str(error)) from None
    except msgspec.DecodeError as error:
        raise InvalidFields((), f"JSON parse error: {error}") from None
    except RecursionError:
        raise InvalidFields((), "This is nested too deeply.") from None
    except UnicodeDecodeError:
        raise InvalidFields((), "This is not UTF-8.") from None


def _located(message: str) -> InvalidFields:
    """From "what is wrong - at `$.where`"."""
    reason, _, place = message.partition(" - at `")
    where = [part for part in _PART.findall(place.rstrip("`")) if part not in ("$", "...")]
    named = _NAMED.search(reason)
    if named is None:
        return InvalidFields(tuple(where), f"{reason}.")
    words = _UNKNOWN if named[1] == "unknown" else _REQUIRED
    return InvalidFields((*where, named[2]), words)
