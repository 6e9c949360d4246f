"""Masked texts that come back: what each mask stands for is put in its place, and never leaves."""

from dataclasses import dataclass

import pytest

from schemas.rich_text import Paragraph, RichText, Text, plain
from schemas.values import Value
from service.rules.masking import MASK, masks_of
from service.rules.unmasking import Unmasked, elements_behind, is_masked, unmasked

KEYS = masks_of((r"\bk-[0-9]+\b",))


@dataclass(frozen=True)
class Case:
    original: Value
    wanted: Value
    value: Value
    lost: bool = False


@pytest.mark.parametrize(
    "case",
    [
        Case("key k-1", "key [masked]", "key k-1"),
        Case("key k-1", "the key is [masked]!", "the key is k-1!"),
        Case("k-1 and k-2", "now [masked], then [masked]", "now k-1, then k-2"),
        Case("first k-1, second k-2", "second [masked]", "second k-2", lost=True),
        Case("key k-1", "no key", "no key", lost=True),
        Case("key k-1", "key k-1 again", "key k-1 again"),
        Case("key k-1", "key [masked] and [masked]", "key k-1 and [masked]"),
        Case("plain words", "[masked] words", "[masked] words"),
        Case("key k-1", "key x[masked]", "key x[masked]", lost=True),
        Case(
            plain("key k-1\n\nof \u2603"),
            plain("a key, [masked]\n\nof \u2603!"),
            plain("a key, k-1\n\nof \u2603!"),
        ),
        Case("key k-1", None, None, lost=True),
        Case("key k-1", plain("key [masked]"), plain("key k-1")),
    ],
    ids=lambda case: str(case.wanted)[:40],
)
def test_a_mask_stands_for_what_is_behind_it(case: Case) -> None:
    assert unmasked(KEYS, case.wanted, case.original) == Unmasked(case.value, case.lost)


def test_what_was_found_across_marks_is_kept_where_the_text_was_edited() -> None:
    rich = RichText((Paragraph((Text("k-"), Text("12", ("strong",)))),))
    shown = KEYS.value(rich)
    assert unmasked(KEYS, shown, rich) == Unmasked(rich, lost=False)
    assert unmasked(KEYS, plain("other [masked]"), rich).lost


def test_patterns_that_meet_never_let_a_part_out() -> None:
    both = masks_of(("secret [a-z]+", "[a-z]+ word"))
    original = "a secret pass word here"
    shown = both.value(original)
    found = unmasked(both, f"{shown}!", original)
    assert both.value(found.value) == f"{shown}!"


def test_large_texts_are_told_apart_by_the_order_of_their_masks() -> None:
    original = "word k-1 " + "word " * 5_000
    longer = KEYS.value(original)
    assert isinstance(longer, str)
    assert unmasked(KEYS, longer + "end", original) == Unmasked(original + "end", lost=False)
    assert unmasked(KEYS, longer.replace(MASK, ""), original).lost


def test_elements_of_a_set_are_those_behind_their_masks() -> None:
    assert elements_behind(KEYS, ("[masked]", "b"), ("a", "b", "k-1")) == ["b", "k-1"]
    assert is_masked(("a", "[masked]"))
    assert not is_masked(plain("a"))
