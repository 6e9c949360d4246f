"""Generated texts through every markup, and to and fro between every two of them."""

from collections.abc import Callable, Iterator
from itertools import permutations

from hypothesis import HealthCheck, Phase, given, seed, settings

from adapters.rich_text.canonical import normalise
from schemas.rich_text import RichText
from tests.pairs.text.markups import MARKUPS, Markup
from tests.unit.adapters.rich_text.conftest import MARKUP, TREES

Check = Callable[[], None]


def bounded(examples: int) -> settings:
    return settings(
        deadline=None,
        max_examples=examples,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )


def checks(examples: int, number: int) -> Iterator[tuple[str, Check]]:
    """`number` begins the generation: the same one gives the same texts."""
    for name, markup in MARKUPS.items():
        yield f"{name}: losses are told", _told(markup, examples, number)
        if name != "adf":
            yield f"{name}: any text stays", _stays(markup, examples, number)
    for here, there in permutations(MARKUPS, 2):
        title = f"{here} to {there} and back"
        yield title, _settles(MARKUPS[here], MARKUPS[there], examples, number)


def _told(markup: Markup, examples: int, number: int) -> Check:
    @seed(number)
    @bounded(examples)
    @given(TREES)
    def check(tree: RichText) -> None:
        loses_nothing_in_silence(markup, tree)

    return check


def _stays(markup: Markup, examples: int, number: int) -> Check:
    @seed(number)
    @bounded(examples)
    @given(MARKUP)
    def check(text: str) -> None:
        first = markup.render(markup.parse(text))
        tree = markup.parse(first)
        assert markup.render(tree) == first

    return check


def _settles(here: Markup, there: Markup, examples: int, number: int) -> Check:
    @seed(number)
    @bounded(examples)
    @given(TREES)
    def check(tree: RichText) -> None:
        comes_to_rest(here, there, tree)

    return check


def loses_nothing_in_silence(markup: Markup, tree: RichText) -> None:
    tree = normalise(tree)
    back = markup.through(tree)
    assert markup.through(back) == back
    if not markup.losses(tree):
        assert back == tree


def comes_to_rest(here: Markup, there: Markup, tree: RichText) -> None:
    """From the second time on nothing changes, on either side."""
    first = there.through(here.through(normalise(tree)))
    second = there.through(here.through(first))
    assert there.through(here.through(second)) == second
