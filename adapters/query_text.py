"""A person's query, before it is joined with conditions of ours: it must be whole in itself, so
that its end cannot undo them."""

import re

from schemas.errors import Fault, TrackerError

_ORDER = re.compile(r"\border\s+by\b", re.IGNORECASE)


def whole(query: str, title: str, *, quotes: str = "\"'", escape: str = "\\") -> str:
    """The query without blanks around it. VALIDATION, with the place, where a quotation or a
    parenthesis is not closed, or one is closed that was not opened."""
    text = query.strip()
    opened: list[int] = []
    for at, sign in _outside(text, title, quotes, escape):
        if sign == "(":
            opened.append(at)
        elif sign == ")":
            if not opened:
                raise wrong(title, "a parenthesis is closed that was not opened", at)
            opened.pop()
    if opened:
        raise wrong(title, "a parenthesis is not closed", opened[-1])
    if not text:
        raise wrong(title, "it is empty", 0)
    return text


def without_order(text: str, title: str, *, quotes: str = "\"'", escape: str = "\\") -> str:
    """Up to an `order by` that stands in no quotation."""
    free = {at for at, _ in _outside(text, title, quotes, escape)}
    for found in _ORDER.finditer(text):
        if found.start() in free:
            return text[: found.start()].strip()
    return text


def wrong(title: str, why: str, at: int) -> TrackerError:
    return TrackerError(
        Fault.VALIDATION,
        f"{title} cannot search by this query: {why} (character {at + 1}).",
        remedy="Correct the query; try it in the tracker's own search.",
        field="query",
    )


def _outside(text: str, title: str, quotes: str, escape: str) -> list[tuple[int, str]]:
    """Signs that stand in no quotation."""
    found: list[tuple[int, str]] = []
    quote, began, at = "", 0, 0
    while at < len(text):
        sign = text[at]
        if quote and escape and sign == escape:
            at += 2
            continue
        if quote:
            quote = "" if sign == quote else quote
        elif sign in quotes:
            quote, began = sign, at
        else:
            found.append((at, sign))
        at += 1
    if quote:
        raise wrong(title, "a quotation is not closed", began)
    return found
