"""ADF: what it can say arrives whole, what it cannot is told, and Atlassian's schema holds."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.rich_text import adf
from adapters.rich_text.canonical import normalise
from adapters.rich_text.losses import losses
from schemas.rich_text import (
    Cell,
    CodeBlock,
    Divider,
    Heading,
    Image,
    LineBreak,
    ListBlock,
    ListItem,
    Mention,
    Paragraph,
    Quote,
    RichText,
    Row,
    Table,
    Text,
    plain,
    to_plain,
)

SPECS = Path(__file__).parents[5] / "shared" / "specs" / "jira-cloud"
recorded = pytest.mark.skipif(not SPECS.exists(), reason="Atlassian's schema is not here")


def words(*texts: str) -> tuple[Paragraph, ...]:
    return tuple(Paragraph((Text(text),)) for text in texts)


WHOLE = RichText(
    (
        Heading(2, (Text("Größe & שלום 🚀"),)),
        Paragraph(
            (
                Text("a "),
                Text("both", ("emphasis", "strong")),
                Text(" x"),
                Text("2", ("superscript",)),
                Text(" "),
                Text("old", ("strike", "underline")),
                Text(" "),
                Text("f(x)", ("code",)),
                LineBreak(),
                Text("named", ("strong",), "https://example.com/a?b=c&d=e"),
                Text(" "),
                Mention("Ann Lee", "5b10ac8d82e05b22cc7d4ef5"),
            )
        ),
        Paragraph((Image("https://example.com/shot.png", "a shot"),)),
        ListBlock(
            (
                ListItem((*words("one"), ListBlock((ListItem(words("deep")),), ordered=True))),
                ListItem((*words("two"), CodeBlock("x  = 1\n\n*y*", "python"))),
            )
        ),
        Divider(),
        ListBlock((ListItem(words("done"), checked=True), ListItem(words("open"), checked=False))),
        Table(
            (
                Row((Cell(words("h"), header=True), Cell(words("i|j"), header=True))),
                Row((Cell((Heading(3, (Text("in"),)), *words("a"))), Cell(()))),
            )
        ),
        Quote((*words("said", "twice"), ListBlock((ListItem(words("x"), checked=True),)))),
        CodeBlock("{x}\n<b>"),
    )
)


def test_a_text_with_everything_arrives_whole() -> None:
    assert normalise(WHOLE) == WHOLE
    assert losses(WHOLE, "adf") == ()
    assert adf.parse(adf.render(WHOLE)) == WHOLE


def test_every_expressible_tree_survives(
    trees: st.SearchStrategy[RichText], bounded: settings
) -> None:
    @bounded
    @given(trees)
    def check(tree: RichText) -> None:
        tree = normalise(tree)
        back = adf.parse(adf.render(tree))
        if losses(tree, "adf"):
            assert adf.parse(adf.render(back)) == back
        else:
            assert back == tree

    check()


KINDS = [
    "doc", "paragraph", "text", "heading", "bulletList", "listItem", "taskList", "taskItem",
    "table", "tableRow", "tableCell", "tableHeader", "panel", "expand", "media", "mediaSingle",
    "mention", "codeBlock", "blockquote", "rule", "hardBreak", "date", "status", "unheard-of",
]  # fmt: skip
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5))
MARKS = st.lists(
    st.fixed_dictionaries({"type": st.sampled_from(["strong", "code", "link", "subsup", "x"])}),
    max_size=2,
)


def _node(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"type": st.one_of(st.sampled_from(KINDS), SCALARS)},
        optional={
            "content": st.one_of(st.lists(inner, max_size=3), SCALARS),
            "text": st.one_of(st.text(max_size=5), SCALARS),
            "marks": st.one_of(MARKS, SCALARS),
            "attrs": st.one_of(
                st.dictionaries(
                    st.sampled_from(["level", "id", "text", "url", "alt", "state", "timestamp",
                                     "colspan", "rowspan", "href", "language", "title"]),
                    st.one_of(SCALARS, st.sampled_from(["DONE", "https://a/b", "99999999999999"])),
                    max_size=4,
                ),
                SCALARS,
            ),
        },
    )  # fmt: skip


DOCUMENTS = st.recursive(SCALARS, _node, max_leaves=12)


def test_anything_is_read_and_then_stays_as_it_is(bounded: settings) -> None:
    @bounded
    @given(DOCUMENTS)
    def check(document: object) -> None:
        rendered = adf.render(adf.parse(document))
        back = adf.parse(rendered)
        assert adf.render(back) == rendered

    check()


@recorded
def test_what_is_written_holds_to_atlassians_schema(
    trees: st.SearchStrategy[RichText], bounded: settings
) -> None:
    from jsonschema import Draft4Validator

    validator = Draft4Validator(json.loads((SPECS / "adf-schema.json").read_text()))
    validator.validate(adf.render(WHOLE))

    @bounded
    @given(trees)
    def check(tree: RichText) -> None:
        validator.validate(adf.render(tree))

    check()


def _documents(found: object) -> Iterator[dict[str, Any]]:
    if isinstance(found, dict):
        if found.get("type") == "doc" and isinstance(found.get("content"), list):
            yield found
        for value in found.values():
            yield from _documents(value)
    elif isinstance(found, list):
        for value in found:
            yield from _documents(value)
    elif isinstance(found, str) and '"doc"' in found:
        try:
            yield from _documents(json.loads(found))
        except ValueError:
            return


@recorded
def test_the_documents_of_jiras_own_specification_are_read_whole() -> None:
    specification = json.loads((SPECS / "openapi-v3-issues.json").read_text())
    documents = list(_documents(specification))
    assert len(documents) > 5
    for document in documents:
        tree = adf.parse(document)
        assert to_plain(tree)
        assert adf.parse(adf.render(tree)) == tree


@pytest.mark.parametrize(
    ("tree", "lost", "left"),
    [
        (
            (Quote((Heading(1, (Text("big"),)),)),),
            "heading inside a list or quote",
            (Quote((Paragraph((Text("big", ("strong",)),)),)),),
        ),
        (
            (ListBlock((ListItem((*words("a"), Quote(words("said")))),)),),
            "quote inside a list or quote",
            (ListBlock((ListItem(words("a", "said")),)),),
        ),
        (
            (Quote((Table((Row((Cell(words("x")), Cell(words("y")))),)),)),),
            "table inside another block",
            (Quote(words("x", "y")),),
        ),
        (
            (Paragraph((Text("x", ("code", "strong")),)),),
            "formatting of code",
            (Paragraph((Text("x", ("code",)),)),),
        ),
        ((Paragraph((Mention("joe"),)),), "mention", words("@joe")),
        ((Paragraph((Image("shot.png", "a shot"),)),), "image", words("a shot")),
        (
            (Paragraph((Text("see "), Image("https://a.b/c.png", "it"))),),
            "image between words",
            (Paragraph((Text("see "), Text("it", (), "https://a.b/c.png"))),),
        ),
    ],
)
def test_what_cannot_be_said_is_told_and_its_words_stay(tree: Any, lost: str, left: Any) -> None:
    whole = RichText(tree)
    assert losses(whole, "adf") == (lost,)
    assert adf.parse(adf.render(whole)) == RichText(left)


@pytest.mark.parametrize(
    ("node", "blocks"),
    [
        (
            {"type": "panel", "content": [{"type": "paragraph", "content": [
                {"type": "text", "text": "Careful"}]}]},
            (Quote(words("Careful")),),
        ),
        (
            {"type": "expand", "attrs": {"title": "More"}, "content": [
                {"type": "paragraph", "content": [{"type": "text", "text": "inside"}]}]},
            (Paragraph((Text("More", ("strong",)),)), *words("inside")),
        ),
        (
            {"type": "paragraph", "content": [
                {"type": "date", "attrs": {"timestamp": "1760000000000"}},
                {"type": "text", "text": " "},
                {"type": "status", "attrs": {"text": "DONE", "color": "green"}},
                {"type": "emoji", "attrs": {"shortName": ":tada:", "text": "🎉"}}]},
            words("2025-10-09 DONE🎉"),
        ),
        (
            {"type": "mediaSingle", "content": [{"type": "media", "attrs": {
                "type": "file", "id": "7", "collection": "", "alt": "shot.png"}}]},
            (Paragraph((Image("shot.png"),)),),
        ),
        (
            {"type": "paragraph", "content": [
                {"type": "inlineCard", "attrs": {"url": "https://a.b/c"}}]},
            (Paragraph((Text("https://a.b/c", (), "https://a.b/c"),)),),
        ),
        ({"type": "unheard-of", "content": [{"type": "text", "text": "kept"}]}, words("kept")),
    ],
)  # fmt: skip
def test_what_the_tree_has_no_word_for_keeps_its_words(node: Any, blocks: Any) -> None:
    assert adf.parse({"type": "doc", "version": 1, "content": [node]}) == RichText(blocks)


def test_cells_that_span_keep_the_columns_in_line() -> None:
    def cell(text: str, **attrs: int) -> dict[str, Any]:
        content = [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]
        return {"type": "tableCell", "attrs": attrs, "content": content}

    rows = [[cell("a", rowspan=2), cell("b", colspan=2)], [cell("c"), cell("d")]]
    table = {"type": "table", "content": [{"type": "tableRow", "content": r} for r in rows]}
    (read,) = adf.parse({"type": "doc", "content": [table]}).blocks
    shown = [[to_plain(RichText(c.blocks)) for c in row.cells] for row in read.rows]
    assert shown == [["a", "b", ""], ["", "c", "d"]]


def test_depth_without_end_is_cut_and_not_fatal() -> None:
    node: dict[str, Any] = {"type": "paragraph", "content": [{"type": "text", "text": "x"}]}
    for _ in range(400):
        node = {"type": "blockquote", "content": [node]}
    adf.parse({"type": "doc", "content": [node]})


@pytest.mark.parametrize(
    "make", [lambda: plain("word " * 200_000), lambda: plain("a\n\n" * 20_000)]
)
def test_a_megabyte_passes(make: Callable[[], RichText]) -> None:
    tree = normalise(make())
    assert adf.parse(adf.render(tree)) == tree
