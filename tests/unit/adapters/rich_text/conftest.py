"""Generated trees: any shape the schema allows, normalised by the tests that need it."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from schemas.rich_text import (
    Block,
    Cell,
    CodeBlock,
    Divider,
    Heading,
    Image,
    Inline,
    LineBreak,
    ListBlock,
    ListItem,
    Mark,
    Mention,
    Paragraph,
    Quote,
    RichText,
    Row,
    Table,
    Text,
)

MARKS: list[Mark] = [
    "strong",
    "emphasis",
    "code",
    "strike",
    "underline",
    "superscript",
    "subscript",
]
SNIPPETS = [
    "word",
    "a",
    " ",
    "  ",
    "*",
    "**",
    "_",
    "__",
    "-",
    "--",
    "----",
    "+",
    "^",
    "~",
    "~~",
    "`",
    "```",
    "{",
    "}",
    "{{",
    "}}",
    "{code}",
    "{quote}",
    "{noformat}",
    "{color:red}",
    "[",
    "]",
    "[x]",
    "[ ] ",
    "[a|http://b]",
    "[~joe]",
    "](",
    "|",
    "||",
    "!",
    "![",
    "!a.png!",
    "<",
    ">",
    "<b>",
    "</b>",
    "<br>",
    "&",
    "&amp;",
    "&lt;",
    "&#42;",
    "\\",
    "\\\\",
    "#",
    "# ",
    "h1. ",
    "bq. ",
    "* ",
    "- ",
    "1. ",
    "1) ",
    "> ",
    "=",
    "===",
    "(x)",
    ":)",
    "??",
    "@joe",
    "@",
    "\u2610 ",
    "\u2611 x",
    "http://x.y/z",
    "https://a.b/c_d_e*f)",
    "\u00e9",
    "\u05d0\u05d1",
    "\u200f",
    "\U0001f680",
    "\u00a0",
    "\u2028",
    "\t",
    "\n",
    "\r\n",
    "\x00",
    "\ufeff",
    "\u3000",
    ".",
    ",",
    ":",
    ";",
    "'",
    '"',
    "(",
    ")",
    "/",
    "$",
    "%",
    "0",
    "|-|",
    "<!--",
    "www.a.b",
]
NASTY = st.lists(st.sampled_from(SNIPPETS), max_size=6).map("".join)
WORDS = st.one_of(NASTY, NASTY, st.text(max_size=8))
HREFS = st.one_of(
    st.just(""),
    st.just(""),
    st.sampled_from(
        [
            "https://x.y/z",
            "http://a/b?c=d&amp=e(f)|g]h",
            "#top",
            "mailto:a@b.c",
            "javascript:alert(1)",
            "page one",
            "attachment:a b.zip",
            "//host/\u00e9",
            "x:",
        ]
    ),
    NASTY,
)
TEXTS = st.builds(
    Text,
    WORDS,
    st.one_of(st.just(()), st.lists(st.sampled_from(MARKS), max_size=3).map(tuple)),
    HREFS,
)
INLINES: st.SearchStrategy[Inline] = st.one_of(
    TEXTS,
    TEXTS,
    TEXTS,
    st.just(LineBreak()),
    st.builds(
        Image, st.one_of(st.sampled_from(["a.png", "b c.jpg", "https://x/y?z=1&u"]), NASTY), WORDS
    ),
    st.builds(Mention, WORDS, st.sampled_from(["", "", "", "a-b-c", "accountid:5b:1"])),
)
CONTENT = st.lists(INLINES, max_size=5).map(tuple)
LEAVES: st.SearchStrategy[Block] = st.one_of(
    st.builds(Paragraph, CONTENT),
    st.builds(Paragraph, CONTENT),
    st.builds(Heading, st.integers(0, 7), CONTENT),
    st.builds(
        CodeBlock,
        st.lists(st.sampled_from([*SNIPPETS, "  x\n\n\ty", "line\n"]), max_size=5).map("".join),
        st.sampled_from(["", "", "java", "C++", "a b"]),
    ),
    st.just(Divider()),
)


def _containers(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    blocks = st.lists(inner, max_size=3).map(tuple)
    item = st.builds(ListItem, blocks, st.sampled_from([None, None, True, False]))
    row = st.builds(Row, st.lists(st.builds(Cell, blocks, st.booleans()), max_size=3).map(tuple))
    return st.one_of(
        st.builds(Quote, blocks),
        st.builds(ListBlock, st.lists(item, max_size=3).map(tuple), st.booleans()),
        st.builds(Table, st.lists(row, max_size=3).map(tuple)),
    )


TREES = st.builds(
    RichText,
    st.lists(st.recursive(LEAVES, _containers, max_leaves=10), max_size=4).map(tuple),
)
MARKUP = st.lists(
    st.one_of(
        st.sampled_from(
            [*SNIPPETS, "\n", "\n\n", "\n* ", "\n** ", "\n# ", "\n|a|b|\n", "\n||h||i||\n"]
        ),
        st.sampled_from(
            ["<ul><li>", "</li>", "</ul>", "<table><tr><td>", "</table>", "<pre>", "</pre>"]
        ),
        st.sampled_from(
            ["{code:java}", "{quote}", "\n  - ", "\n> ", "\n---\n", "\n| --- | --- |\n"]
        ),
        st.text(max_size=4),
    ),
    max_size=14,
).map("".join)


@pytest.fixture(scope="session")
def bounded() -> settings:
    """The same examples on every machine, and no clock."""
    return settings(
        derandomize=True,
        deadline=None,
        max_examples=60,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="session")
def trees() -> st.SearchStrategy[RichText]:
    return TREES


@pytest.fixture(scope="session")
def markup_text() -> st.SearchStrategy[str]:
    return MARKUP
