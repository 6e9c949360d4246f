"""What two texts differ in is named, whatever it is."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.rich_text.differences import ARRANGEMENT, differences
from schemas.rich_text import (
    Block,
    Cell,
    CodeBlock,
    Heading,
    ListBlock,
    ListItem,
    Paragraph,
    Quote,
    RichText,
    Row,
    Table,
    Text,
)


@dataclass
class Case:
    before: Block
    after: Block
    named: tuple[str, ...]


def words(text: str, *marks: str, href: str = "") -> Paragraph:
    return Paragraph((Text(text, marks, href),))  # type: ignore[arg-type]


def bullets(*blocks: Block, ordered: bool = False, checked: bool | None = None) -> ListBlock:
    return ListBlock((ListItem(blocks, checked),), ordered)


@pytest.mark.parametrize(
    "case",
    [
        Case(words("a"), words("a"), ()),
        Case(words("a", "strong"), words("a"), ("strong",)),
        Case(words("a"), words("b"), ("words",)),
        Case(words("a", href="http://x"), words("a"), ("links",)),
        Case(Heading(2, (Text("a"),)), words("a"), ("headings",)),
        Case(CodeBlock("x", "java"), CodeBlock("x"), ("languages of code",)),
        Case(Quote((words("a"),)), words("a"), ("quotes",)),
        Case(bullets(words("a")), bullets(words("a"), checked=True), ("task boxes",)),
        Case(
            bullets(words("a")),
            bullets(words("a"), ordered=True),
            ("bulleted lists", "numbered lists"),
        ),
        Case(
            Table((Row((Cell((words("a"),), header=True),)),)),
            Table((Row((Cell((words("a"),)),)),)),
            ("title cells",),
        ),
        Case(bullets(words("a"), words("b")), bullets(words("b"), words("a")), (ARRANGEMENT,)),
    ],
)
def test_each_difference_has_its_name(case: Case) -> None:
    assert differences(RichText((case.before,)), RichText((case.after,))) == case.named


def test_nothing_differs_in_silence(trees: st.SearchStrategy[RichText], bounded: settings) -> None:
    @bounded
    @given(trees, trees)
    def check(one: RichText, other: RichText) -> None:
        assert bool(differences(one, other)) == (one != other)

    check()
