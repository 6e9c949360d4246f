"""What must hold at rest: both sides agree, nothing is lost, nothing is doubled."""

from collections import Counter
from collections.abc import Iterator
from typing import Literal

import msgspec

from tests.e2e.chaos.book import Book
from tests.e2e.chaos.trackers import SIDES, Held, Shown, Side, View

Kind = Literal["disagreement", "loss", "duplicate", "orphan", "overwritten"]
"""`overwritten`: written between our look and our write, in a tracker that cannot refuse the
write. Its own history keeps the value; nobody who writes over its API can do better.
"""
Conflicts = dict[str, list[dict[str, object]]]
"""By issue token, of both nodes."""


class Broken(msgspec.Struct, frozen=True):
    kind: Kind
    issue: str
    """The token; '' for what belongs to none."""
    what: str


def check(
    book: Book, views: dict[Side, View], conflicts: Conflicts, in_flight: float
) -> list[Broken]:
    """`in_flight`: seconds from a look to the write that follows, at the most."""
    held: dict[Side, list[Held]] = {side: list(views[side].issues()) for side in SIDES}
    broken = list(_issues(book, held))
    pairs = {
        token: (_of(held["harbor"], token), _of(held["lagoon"], token)) for token in book.issues
    }
    for token, (harbor, lagoon) in pairs.items():
        if harbor is not None and lagoon is not None:
            broken += _fields(token, harbor, lagoon)
            broken += _labels(book, token, harbor, lagoon)
            broken += _comments(book, token, {"harbor": harbor, "lagoon": lagoon})
            broken += _files(book, token, {"harbor": harbor, "lagoon": lagoon})
    return broken + list(_titles(book, views, conflicts, in_flight))


def _of(held: list[Held], token: str) -> Held | None:
    return next((one for one in held if one.token == token), None)


def _issues(book: Book, held: dict[Side, list[Held]]) -> Iterator[Broken]:
    for side in SIDES:
        found = Counter(one.token for one in held[side])
        for token in book.issues:
            if not found[token]:
                yield Broken("loss", token, f"is missing at {side}")
            elif found[token] > 1:
                yield Broken("duplicate", token, f"stands {found[token]} times at {side}")
        for one in held[side]:
            if one.token not in book.issues:
                yield Broken("orphan", "", f"{side} has {one.key} {one.summary!r}, of nobody")


def _fields(token: str, harbor: Held, lagoon: Held) -> Iterator[Broken]:
    if harbor.summary != lagoon.summary:
        what = f"summary: harbor {harbor.summary!r}, lagoon {lagoon.summary!r}"
        yield Broken("disagreement", token, what)
    for name, value in harbor.fields.items():
        if value != lagoon.fields[name]:
            what = f"{name}: harbor {value!r}, lagoon {lagoon.fields[name]!r}"
            yield Broken("disagreement", token, what)


def _labels(book: Book, token: str, harbor: Held, lagoon: Held) -> Iterator[Broken]:
    """Each label was put on once, and taken off at most once: both are kept by the merge."""
    wanted = {name for name, one in book.labels.items() if one.issue == token and not one.withdrawn}
    for side, held in (("harbor", harbor), ("lagoon", lagoon)):
        for label in sorted(wanted - held.labels):
            yield Broken("loss", token, f"label {label} is missing at {side}")
        for label in sorted(held.labels - wanted):
            yield Broken("orphan", token, f"label {label} came back at {side}")


def _comments(book: Book, token: str, held: dict[Side, Held]) -> Iterator[Broken]:
    said = [one for one in book.comments if one.issue == token]
    alive = {one.words[-1] for one in said if not one.withdrawn}
    for side, here in held.items():
        texts = [text for _, text in here.comments]
        for words in sorted(alive):
            times = sum(words in text for text in texts)
            if not times:
                yield Broken("loss", token, f"the comment {words} is missing at {side}")
            elif times > 1:
                yield Broken("duplicate", token, f"the comment {words} stands twice at {side}")
        for text in texts:
            if not any(words in text for words in alive):
                yield Broken("orphan", token, f"{side} still has the comment {text!r}")


def _files(book: Book, token: str, held: dict[Side, Held]) -> Iterator[Broken]:
    filed = {name: f for name, f in book.files.items() if f.issue == token}
    for side, here in held.items():
        found = Counter(name for name, _ in here.files)
        contents = dict(here.files)
        for name, file in filed.items():
            if file.withdrawn:
                if found[name]:
                    yield Broken("orphan", token, f"{side} still has {name}")
            elif not found[name]:
                yield Broken("loss", token, f"{name} is missing at {side}")
            elif found[name] > 1:
                yield Broken("duplicate", token, f"{name} stands twice at {side}")
            elif contents[name] != file.sha256:
                yield Broken("loss", token, f"{name} has other bytes at {side}")
        for name in found.keys() - filed.keys():
            yield Broken("orphan", token, f"{side} has {name}, of nobody")


def _titles(
    book: Book, views: dict[Side, View], conflicts: Conflicts, in_flight: float
) -> Iterator[Broken]:
    """Every summary that a person wrote stands, was replaced by a person who saw it, or is kept in
    the record of a conflict.
    """
    for title, (token, side) in book.titles.items():
        here = views[side].titles.get(token, [])
        there = views["lagoon" if side == "harbor" else "harbor"].titles.get(token, [])
        place = _place(here, title)
        if place is None or place == len(here) - 1:
            continue
        stood, successor = here[place], here[place + 1]
        if book.titles[successor.summary][1] == side:
            continue
        then, later = _place(there, title), _place(there, successor.summary)
        seen_there = then is not None and later is not None and then < later
        if seen_there or any(one["lost"] == title for one in conflicts.get(token, [])):
            continue
        raced = not views[side].guarded and successor.at - stood.at < in_flight
        what = f"{title!r} gave way to {successor.summary!r}, unseen"
        yield Broken("overwritten" if raced else "loss", token, what)


def _place(titles: list[Shown], title: str) -> int | None:
    return next((n for n, shown in enumerate(titles) if shown.summary == title), None)
