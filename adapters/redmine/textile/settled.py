"""Textile that reads as it would be written again, and what a text loses in it.

Signs mean something between blanks only, so what becomes of a mark depends on its neighbours: a
text is written and read again to tell.
"""

from adapters.redmine.textile import renderer
from adapters.redmine.textile.fit import fit
from adapters.redmine.textile.parser import parse
from adapters.rich_text.canonical import normalise
from adapters.rich_text.differences import differences
from schemas.rich_text import RichText

_ROUNDS = 4
"""Each takes away what cannot be said; two are enough for all that people write."""


def render(rich: RichText) -> str:
    return _settle(normalise(fit(normalise(rich))[0]))[0]


def losses(rich: RichText) -> tuple[str, ...]:
    """Names what `render` gives up, sorted; () when all arrives."""
    fitted, lost = fit(normalise(rich))
    fitted = normalise(fitted)
    return tuple(sorted({*lost, *differences(fitted, _settle(fitted)[1])}))


def _settle(tree: RichText) -> tuple[str, RichText]:
    """The text, and how it reads."""
    for _ in range(_ROUNDS):
        text = renderer.render(tree)
        back = parse(text)
        if back == tree:
            break
        tree = normalise(fit(back)[0])
    return text, back
