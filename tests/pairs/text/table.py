"""What becomes of each feature in each markup, and on each way from one to another."""

from collections.abc import Iterable, Iterator

from adapters.rich_text.canonical import normalise
from adapters.rich_text.differences import differences
from tests.pairs.text.features import FEATURES, document
from tests.pairs.text.markups import MARKUPS, Markup

WHOLE = "whole"


def in_markup(feature: str, markup: Markup) -> str:
    """As the product tells it before it writes."""
    return "; ".join(markup.losses(normalise(document(feature)))) or WHOLE


def on_the_way(feature: str, here: Markup, there: Markup) -> str:
    """Of what a person can write here, what has changed when it comes back from there."""
    written = here.through(normalise(document(feature)))
    back = here.through(there.through(written))
    return "; ".join(differences(written, back)) or WHOLE


def lines() -> Iterator[str]:
    yield "## Each feature in each markup"
    yield ""
    yield from _table(
        ("feature", *(markup.title for markup in MARKUPS.values())),
        ((name, *(in_markup(name, m) for m in MARKUPS.values())) for name in FEATURES),
    )
    yield ""
    yield "## There and back again"
    yield ""
    yield "What has changed of a text that was carried there and back; all else is whole."
    yield ""
    yield from _table(("written in", "carried to", "whole", "changed"), _pairs())


def _pairs() -> Iterator[tuple[str, ...]]:
    for here in MARKUPS.values():
        for there in MARKUPS.values():
            if here is there:
                continue
            told = {name: on_the_way(name, here, there) for name in FEATURES}
            changed = [f"{name} ({what})" for name, what in told.items() if what != WHOLE]
            whole = f"{len(told) - len(changed)} of {len(told)}"
            yield here.title, there.title, whole, "; ".join(changed) or "nothing"


def _table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield "|" + "---|" * len(titles)
    for row in rows:
        yield f"| {' | '.join(row)} |"
