"""What holds for every markup: nothing expressible is lost, nothing raises, nothing drifts."""

import time
from collections.abc import Callable
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.rich_text import html, markdown, wiki
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
    to_plain,
)

MARKUPS = pytest.mark.parametrize(
    "markup", [wiki, html, markdown], ids=["wiki", "html", "markdown"]
)
Run = Callable[[], None]


def name(markup: ModuleType) -> str:
    return markup.__name__.rpartition(".")[2]


def words(*texts: str) -> tuple[Paragraph, ...]:
    return tuple(Paragraph((Text(text),)) for text in texts)


WHOLE = RichText(
    (
        Heading(2, (Text("Größe & שלום 🚀"),)),
        Paragraph(
            (
                Text("a "),
                Text("strong", ("strong",)),
                Text("in"),
                Text("both", ("emphasis", "strong")),
                Text(" x"),
                Text("2", ("superscript",)),
                Text(" "),
                Text("old", ("strike",)),
                Text(" "),
                Text("under", ("underline",)),
                Text(" "),
                Text("f(x)", ("code",)),
                LineBreak(),
                Text("named", (), "https://example.com/a?b=c&d=e"),
                Text(" "),
                Text("https://example.com/x_y", (), "https://example.com/x_y"),
                Text(" "),
                Mention("joe"),
                Text(" "),
                Image("shot.png", "a shot"),
            )
        ),
        ListBlock(
            (
                ListItem((*words("one"), ListBlock((ListItem(words("deep")),), ordered=True))),
                ListItem((*words("two"), CodeBlock("x  = 1\n\n*y*", "python"))),
                ListItem(words("done"), checked=True),
                ListItem(words("open"), checked=False),
            )
        ),
        Table(
            (
                Row((Cell(words("h"), header=True), Cell(words("i|j"), header=True))),
                Row((Cell(words("[a|b]")), Cell(()))),
            )
        ),
        Quote(words("said", "twice")),
        Divider(),
        CodeBlock("{x}\n<b>"),
    )
)


@MARKUPS
def test_a_text_with_everything_arrives_whole(markup: ModuleType) -> None:
    assert normalise(WHOLE) == WHOLE
    assert losses(WHOLE, name(markup)) == ()  # type: ignore[arg-type]
    assert markup.parse(markup.render(WHOLE)) == WHOLE


@MARKUPS
def test_every_expressible_tree_survives(
    markup: ModuleType, trees: st.SearchStrategy[RichText], bounded: settings
) -> None:
    @bounded
    @given(trees)
    def check(tree: RichText) -> None:
        tree = normalise(tree)
        back = markup.parse(markup.render(tree))
        if losses(tree, name(markup)):  # type: ignore[arg-type]
            assert markup.parse(markup.render(back)) == back
        else:
            assert back == tree

    check()


@MARKUPS
def test_any_text_is_read_and_then_stays_as_it_is(
    markup: ModuleType, markup_text: st.SearchStrategy[str], bounded: settings
) -> None:
    @bounded
    @given(markup_text)
    def check(text: str) -> None:
        tree = markup.parse(text)
        rendered = markup.render(tree)
        assert markup.parse(rendered) == tree
        assert markup.render(markup.parse(rendered)) == rendered

    check()


@MARKUPS
@pytest.mark.parametrize(
    "text",
    [
        "* star",
        "- minus",
        "# hash",
        "1. one",
        "h1. head",
        "bq. said",
        "> quoted",
        "---",
        "----",
        "|a|b|",
        "||a||",
        "*strong*",
        "_em_",
        "-x-",
        "{code}",
        "{{mono}}",
        "[~joe]",
        "[a|http:x]",
        "[a](b)",
        "!a.png!",
        "![a](b)",
        "<b>x</b>",
        "&lt;",
        "&amp;",
        "\\",
        "C:\\new\\*",
        "a\\\\b",
        "`tick`",
        "~~no~~",
        "(x) :)",
        "@joe",
        "[ ] task",
        "<!-- c -->",
        "=",
        "a_b_c",
        "{*}x{*}",
        "????",
    ],
)
def test_text_that_looks_like_markup_stays_text(markup: ModuleType, text: str) -> None:
    tree = RichText((*words("before", text), Paragraph((Text("x"), LineBreak(), Text(text)))))
    assert markup.parse(markup.render(tree)) == tree


@MARKUPS
@pytest.mark.parametrize(
    "hostile",
    [
        "<b>",
        "<ul><li>",
        "<table><tr><td>",
        "> ",
        "- ",
        "*_",
        "[",
        "![",
        "{quote}",
        "{code:x}",
        "`",
        "\\",
        "!a.b",
        "[a|",
        "{{",
        "|",
        "&",
        "<",
        "*a _b ",
        "{panel}{quote}",
        "https://",
        "**a ",
    ],
)
def test_hostile_text_takes_linear_time(markup: ModuleType, hostile: str) -> None:
    small, large = hostile * 500, hostile * 4000
    started = time.process_time()
    markup.parse(small)
    middle = time.process_time()
    tree = markup.parse(large)
    spent = time.process_time() - middle
    assert spent < 40 * (middle - started) + 0.5
    markup.render(tree)


def test_what_wiki_cannot_say_is_named_and_keeps_its_words() -> None:
    inner = Table((Row((Cell(words("cell")),)),))
    tree = RichText(
        (
            Quote((Quote(words("twice")),)),
            ListBlock((ListItem((*words("item"), inner, Heading(1, (Text("head"),)))),)),
        )
    )
    assert losses(tree, "wiki") == ("heading in a list", "quote in a quote", "table in a list")
    plain = to_plain(wiki.parse(wiki.render(tree)))
    assert all(word in plain for word in ("twice", "item", "cell", "head"))


@pytest.mark.parametrize(
    ("markup", "text", "shown"),
    [
        (wiki, "bq. said", (Quote(words("said")),)),
        (wiki, "bq. ", ()),
        (html, "<pre><b><ul><li><pre>x", (CodeBlock("x"),)),
        (html, "<pre><a href='http://x'><pre></a>y</pre>z", (CodeBlock("y"), *words("z"))),
        (markdown, "word<ul><li>@joe", words("word@joe")),
    ],
)
def test_what_broke_a_reader_once(
    markup: ModuleType, text: str, shown: tuple[Paragraph | Quote | CodeBlock, ...]
) -> None:
    assert markup.parse(text).blocks == shown


@MARKUPS
@pytest.mark.parametrize("lead", ["- ", "* ", "# ", "1. ", "> ", "h1. ", "bq. ", "| "])
def test_what_looks_like_the_start_of_a_block_stays_before_something_marked(
    markup: ModuleType, lead: str
) -> None:
    marked = Text("y", ("strong",))
    tree = RichText((Paragraph((Text(lead), marked, LineBreak(), Text(lead), marked)),))
    assert markup.parse(markup.render(tree)) == tree


def test_an_image_with_words_stays_whole_in_a_cell_of_wiki() -> None:
    image = Image("https://x/y?z=1&u", "word")
    tree = RichText((Table((Row((Cell((Paragraph((image,)),)),)),)),))
    assert wiki.parse(wiki.render(tree)) == tree


def test_markups_agree() -> None:
    expected = RichText(
        (Heading(1, (Text("T"),)), ListBlock((ListItem((Paragraph((Text("a", ("strong",)),)),)),)))
    )
    assert wiki.parse("h1. T\n\n* *a*") == expected
    assert html.parse("<h1>T</h1><ul><li><p><b>a</b></p></li></ul>") == expected
    assert markdown.parse("# T\n\n* **a**\n") == expected


def test_html_of_azure_devops() -> None:
    text = (
        '<div><a href="#" data-vss-mention="version:2.0,1a-2b">@Jane Doe</a>&nbsp;look</div>'
        '<div><br></div><div><span style="font-weight:bold">B</span></div>'
        "<script>alert(1)</script><p><a href='javascript:x'>y</a></p>"
    )
    assert html.parse(text).blocks == (
        Paragraph((Mention("Jane Doe", "1a-2b"), Text("\u00a0look"))),
        Paragraph((Text("B", ("strong",)),)),
        Paragraph((Text("y"),)),
    )


def test_wiki_of_jira() -> None:
    text = (
        "*Creating Quick Filters*\n\n"
        "You can (select *Board > Configure*) {color:red}now{color} [~joe]"
    )
    assert wiki.parse(text).blocks == (
        Paragraph((Text("Creating Quick Filters", ("strong",)),)),
        Paragraph(
            (
                Text("You can (select "),
                Text("Board > Configure", ("strong",)),
                Text(") now "),
                Mention("joe"),
            )
        ),
    )
    log = "[INFO] well-known snake_case 5 * 3 a - b"
    assert wiki.parse(log).blocks == words(log)
    assert wiki.render(wiki.parse(log)) == log
