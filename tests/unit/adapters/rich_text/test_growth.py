"""Work grows with the text and no faster. Calls are counted, which no busy machine can change."""

import sys
from collections.abc import Callable

import pytest

from tests.pairs.text.markups import MARKUPS, Markup

SHAPES = {
    "lines": "lorem ipsum dolor\n",
    "marks": "lorem *ipsum* _dolor_ **sit** ",
    "signs": "a_b_c _x_ y_z -1 5 * 3 ",
    "links": "see https://example.com/x_y and [a](http://b.c) [d|http://e.f] ",
    "mentions": "hi @alice [~bob] ",
    "lists": "* a\n** b\n- c\n  - d\n# e\n",
    "tables": "|a|b *c*|\n",
    "quotes": "> lorem\n\n",
    "code": "`x` {{y}} @z@ ",
    "escapes": "a \\* &amp; < b ",
}
TIMES = 8
SMALL = 600


def counted(work: Callable[[], object]) -> int:
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize(
    "markup", [m for n, m in MARKUPS.items() if n != "adf"], ids=lambda m: m.title
)
def test_eight_times_the_text_is_eight_times_the_work(markup: Markup, shape: str) -> None:
    small = shape * (SMALL // len(shape))
    large = small * TIMES
    trees = markup.parse(small), markup.parse(large)
    read = counted(lambda: markup.parse(large)) / counted(lambda: markup.parse(small))
    written = counted(lambda: markup.render(trees[1])) / counted(lambda: markup.render(trees[0]))
    assert read < 1.5 * TIMES
    assert written < 1.5 * TIMES
