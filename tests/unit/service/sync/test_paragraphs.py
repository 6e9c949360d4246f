"""Long text by paragraphs: each side's own merge, and that both come to the same.

Texts are written as words, one for each paragraph; `*` in front of one makes it bold.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.rich_text import (
    Cell,
    CodeBlock,
    Heading,
    Image,
    ListBlock,
    ListItem,
    Paragraph,
    Quote,
    RichText,
    Row,
    Table,
    Text,
    plain,
)
from schemas.twin import SharedText
from service.sync.paragraphs import MergedText, marks, merge_texts
from service.sync.policy import Winner


def rich(words: str) -> RichText:
    return RichText(tuple(Paragraph((_word(word),)) for word in words.split()))


def _word(word: str) -> Text:
    return Text(word[1:], ("strong",)) if word.startswith("*") else Text(word)


def bare(words: str) -> str:
    return "\n\n".join(words.split())


def shared(words: str, *, told: bool = False, as_held: str = "") -> SharedText:
    return SharedText(marks(rich(as_held or words)), marks(rich(words)), told=told)


def merged(base: SharedText, here: str, there: str, winner: Winner) -> MergedText:
    found = merge_texts(base, rich(here), rich(there), winner)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("here", "there", "outcome"),
    [
        ("A b c", "a b C", "A b C"),
        ("A b c", "a B c", "A B c"),
        ("a b c", "a b c", "a b c"),
        ("x a b c", "a b c y", "x a b c y"),
        ("a x b c", "a B c", "a x B c"),
        ("A a2 b c", "a x b c", "A a2 x b c"),
        ("b c", "a b C", "b C"),
        ("a c", "a b x c", "a x c"),
        ("a b C", "b c", "b C"),
        ("A b c", "A b C", "A b C"),
        ("a b x c", "A B c", "A B x c"),
        ("a b c", "n e w", "n e w"),
        ("a b c", "a", "a"),
    ],
)
def test_edits_of_different_paragraphs_both_stand_on_both_sides(
    here: str, there: str, outcome: str
) -> None:
    base = shared("a b c")
    assert merged(base, here, there, "local") == MergedText(rich(outcome), overlap=False)
    assert merged(base, there, here, "remote") == MergedText(rich(outcome), overlap=False)


@pytest.mark.parametrize(
    ("here", "there", "outcome"),
    [
        ("A b C", "A2 b c D", "A b C D"),
        ("A b c", "B2 b c D", "A b c D"),
        ("b c", "A b C", "b C"),
        ("x a b c", "y a b c", "x a b c"),
        ("a x b c", "Z c", "a x b c"),
        ("*a b c", "A b C", "*a b C"),
    ],
)
def test_of_the_same_paragraph_the_winner_stands_and_the_other_edits_too(
    here: str, there: str, outcome: str
) -> None:
    base = shared("a b c")
    ours, theirs = merged(base, here, there, "local"), merged(base, there, here, "remote")
    assert ours == theirs
    assert ours.overlap
    assert ours.value == rich(outcome)


def test_the_same_words_are_no_conflict_and_the_winners_form_stands() -> None:
    base = shared("a b")
    assert merged(base, "*A b", "A b", "local") == MergedText(rich("*A b"), overlap=False)
    assert merged(base, "A b", "*A b", "remote") == MergedText(rich("*A b"), overlap=False)
    assert merged(base, "*A b", "A b", "park") == MergedText(rich("*A b"), overlap=False)


def _nested(to: str, *, ticked: bool = False) -> RichText:
    """The same words wherever the link leads."""
    link = Paragraph((Text("see"), Image("i.png", "picture"), Text("here", (), to)))
    item = ListItem((link,), checked=ticked or None)
    return RichText(
        (
            Quote((link,)),
            ListBlock((item,)),
            Table((Row((Cell((link,)),)),)),
            CodeBlock("code"),
            Heading(1, (Text("https://same.example", (), "https://same.example"),)),
        )
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "places"),
    [
        (_nested("https://one.example"), _nested("https://two.example"), (0, 1, 2)),
        (_nested("https://one.example", ticked=True), _nested("https://one.example"), (1,)),
    ],
    ids=["links", "ticks"],
)
def test_where_a_link_leads_and_what_is_ticked_is_not_lost_unseen(
    ours: RichText, theirs: RichText, places: tuple[int, ...]
) -> None:
    base = SharedText(marks(rich("a b c d e")), marks(rich("a b c d e")))
    for at in range(5):
        here, there = rich("a b c d e"), rich("a b c d e")
        here = RichText((*here.blocks[:at], ours.blocks[at], *here.blocks[at + 1 :]))
        there = RichText((*there.blocks[:at], theirs.blocks[at], *there.blocks[at + 1 :]))
        found = merge_texts(base, here, there, "remote")
        assert found is not None
        assert found.overlap is (at in places)


def test_what_a_tracker_tidied_is_no_edit_of_a_person() -> None:
    base = shared("*a b c", as_held="a b c")
    assert merged(base, "a B c", "*a b C", "local").value == rich("a B C")
    told = shared("*a b c", told=True)
    assert merged(told, "A b c", "a b C", "remote") == MergedText(rich("A b C"), overlap=False)


def test_items_of_a_list_are_paragraphs_and_stay_one_list() -> None:
    def steps(*words: str, ordered: bool = False) -> RichText:
        items = tuple(ListItem((Paragraph((Text(word),)),)) for word in words)
        return RichText((Paragraph((Text("Steps"),)), ListBlock(items, ordered)))

    before = marks(steps("1", "2", "3"))
    found = merge_texts(
        SharedText(before, before), steps("1", "2", "3", "4"), steps("one", "2", "3"), "local"
    )
    assert found == MergedText(steps("one", "2", "3", "4"), overlap=False)


def test_lists_of_two_kinds_are_not_made_one() -> None:
    item = ListItem((Paragraph((Text("x"),)),))
    text = RichText((ListBlock((item,)), ListBlock((item,), ordered=True)))
    before = marks(text)
    longer = RichText((*text.blocks, Paragraph((Text("end"),))))
    assert merge_texts(SharedText(before, before), longer, text, "local") == MergedText(
        longer, overlap=False
    )


def test_plain_texts_are_merged_where_they_have_paragraphs() -> None:
    before = marks(bare("a b c"))
    base = SharedText(before, before)
    assert merge_texts(base, bare("A b c"), bare("a b C"), "local") == MergedText(
        bare("A b C"), overlap=False
    )
    assert merge_texts(base, "in progress", "done", "local") is None


@pytest.mark.parametrize(
    ("base", "here", "there"),
    [
        (SharedText(), rich("a"), rich("b")),
        (SharedText(marks(rich("a b")), marks(rich("a"))), rich("a"), rich("b")),
        (shared("a b"), rich("a b"), bare("a B")),
        (shared("a b"), rich("a b"), RichText(())),
        (shared("a b"), plain("a\n\n" * 401), rich("a")),
    ],
    ids=["nothing shared", "of other lengths", "of two kinds", "emptied", "too long"],
)
def test_what_cannot_be_told_apart_is_left_to_the_policy(
    base: SharedText, here: RichText | str, there: RichText | str
) -> None:
    assert merge_texts(base, here, there, "local") is None


WORDS = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=6).map(" ".join)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(WORDS, WORDS, WORDS, st.sampled_from(("local", "remote")))
def test_both_sides_come_to_the_same_text(
    before: str, here: str, there: str, winner: Winner
) -> None:
    base = shared(before)
    other: Winner = "remote" if winner == "local" else "local"
    ours, theirs = merged(base, here, there, winner), merged(base, there, here, other)
    assert ours == theirs
    said = {part for part in (here + " " + there).split() if part not in before.split()}
    if not ours.overlap:
        assert said <= set(_words(ours))


def _words(text: MergedText) -> list[str]:
    assert isinstance(text.value, RichText)
    return [
        b.content[0].text
        for b in text.value.blocks
        if isinstance(b, Paragraph) and isinstance(b.content[0], Text)
    ]
