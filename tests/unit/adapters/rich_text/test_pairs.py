"""Texts that go to and fro between markups; in short what `tests/pairs/text` does at length."""

from itertools import permutations

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from adapters.rich_text.canonical import normalise
from adapters.rich_text.differences import differences
from schemas.rich_text import RichText
from tests.pairs.text import table
from tests.pairs.text.chains import comes_to_rest, loses_nothing_in_silence
from tests.pairs.text.features import FEATURES, document
from tests.pairs.text.markups import MARKUPS


@pytest.fixture(scope="module")
def few(bounded: settings) -> settings:
    return settings(bounded, max_examples=8, phases=[Phase.generate])


@pytest.mark.parametrize("name", MARKUPS)
def test_no_loss_is_silent(name: str, trees: st.SearchStrategy[RichText], few: settings) -> None:
    @few
    @given(trees)
    def check(tree: RichText) -> None:
        loses_nothing_in_silence(MARKUPS[name], tree)

    check()


@pytest.mark.parametrize(("here", "there"), list(permutations(MARKUPS, 2)))
def test_between_two_markups_a_text_comes_to_rest(
    here: str, there: str, trees: st.SearchStrategy[RichText], few: settings
) -> None:
    @few
    @given(trees)
    def check(tree: RichText) -> None:
        comes_to_rest(MARKUPS[here], MARKUPS[there], tree)

    check()


@pytest.mark.parametrize("name", MARKUPS)
def test_what_is_told_of_each_feature_is_so(name: str) -> None:
    for feature in FEATURES:
        tree = normalise(document(feature))
        changed = differences(tree, MARKUPS[name].through(tree))
        assert bool(MARKUPS[name].losses(tree)) == bool(changed), feature


def test_what_people_write_most_is_whole_everywhere() -> None:
    for feature in ("headings", "strong", "links", "nested lists", "task lists", "tables"):
        assert {table.in_markup(feature, markup) for markup in MARKUPS.values()} == {table.WHOLE}
