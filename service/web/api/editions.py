"""ETag and If-Match: who edits says what they had seen, so that nobody undoes another's change."""

from aiohttp import web
from aiohttp.helpers import ETag

from schemas.errors import InputError


def tag(edition: str) -> dict[str, str]:
    return {"ETag": f'"{edition}"'}


def is_known(request: web.Request, edition: str) -> bool:
    """The caller has this very edition already (If-None-Match)."""
    return _matches(request.if_none_match or (), edition)


def check_edition(request: web.Request, edition: str) -> None:
    """Raises `InputError` 428 or 412."""
    if "If-Match" not in request.headers:
        raise InputError(
            "This needs If-Match: the ETag of what you have edited.",
            status=428,
            remedy="Get it first and send its ETag, or `If-Match: *` to write over any edition.",
        )
    if not _matches(request.if_match or (), edition):
        raise edited_meanwhile()


def edited_meanwhile() -> InputError:
    return InputError(
        "It was changed since you got it.",
        status=412,
        remedy="Get it again, and put your change on top.",
    )


def _matches(given: tuple[ETag, ...], edition: str) -> bool:
    return any(each.value == "*" or (each.value == edition and not each.is_weak) for each in given)
