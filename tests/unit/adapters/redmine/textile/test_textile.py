"""Textile: nothing expressible is lost, nothing raises, nothing drifts."""

import time

import pytest
from hypothesis import given, settings

from adapters.redmine import textile
from adapters.rich_text.canonical import normalise
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
from tests.unit.adapters.rich_text.conftest import MARKUP, TREES
from tests.unit.adapters.rich_text.test_markups import words

BOUNDED = settings(derandomize=True, deadline=None, max_examples=60, database=None)

WHOLE = RichText(
    (
        Heading(2, (Text("Größe & שלום 🚀"),)),
        Paragraph(
            (
                Text("a "),
                Text("strong", ("strong",)),
                Text(" "),
                Text("both", ("emphasis", "strong")),
                Text(" "),
                Text("old", ("strike",)),
                Text(" "),
                Text("under", ("underline",)),
                Text(" "),
                Text("f(x) * 2", ("code",)),
                LineBreak(),
                Text("named", (), "https://example.com/a?b=c&d=e"),
                Text(" "),
                Text("https://example.com/x_y", (), "https://example.com/x_y"),
                Text(", "),
                Text("wiki/A_(b)", (), "https://example.com/wiki/A_(b)"),
                Text(" "),
                Mention("joe"),
                Text(" "),
                Image("shot.png", "a shot"),
                Text(" "),
                Text("a plan.pdf", (), "attachment:a%20plan.pdf"),
            )
        ),
        ListBlock(
            (
                ListItem((*words("one"), ListBlock((ListItem(words("deep")),), ordered=True))),
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
        Quote((*words("said", "twice"), Quote(words("deeper")))),
        Divider(),
        CodeBlock("{x}\n<b> &lt; *y*"),
        CodeBlock("def f():\n    return 1", "python"),
    )
)
SOURCE = """h1. Title

A *strong* and _emphasised_ and -struck- and +under+ and @code@ word, x^2^ stays.
"Redmine":http://www.redmine.org and http://example.com/a. See #12, [[Wiki]] and {{toc}}.

* one
*# two
*# three

# first

|_. Head |_. Other |
| a | b |

> quoted
> more

bq. one line

<pre><code class="ruby">
puts "*x*"
</code></pre>

!shot.png!

---
"""


def test_a_text_with_everything_arrives_whole() -> None:
    assert normalise(WHOLE) == WHOLE
    assert textile.losses(WHOLE) == ()
    assert textile.parse(textile.render(WHOLE)) == WHOLE


def test_a_persons_textile_is_read() -> None:
    tree = textile.parse(SOURCE)
    kinds = [type(block).__name__ for block in tree.blocks]
    assert kinds == [
        "Heading",
        "Paragraph",
        "ListBlock",
        "ListBlock",
        "Table",
        "Quote",
        "Quote",
        "CodeBlock",
        "Paragraph",
        "Divider",
    ]
    assert "See #12, [[Wiki]] and {{toc}}." in to_plain(tree)
    assert textile.parse(textile.render(tree)) == tree
    assert "#12, [[Wiki]] and {{toc}}" in textile.render(tree)


@BOUNDED
@given(TREES)
def test_from_the_second_time_on_nothing_changes(tree: RichText) -> None:
    tree = normalise(tree)
    back = textile.parse(textile.render(tree))
    assert textile.parse(textile.render(back)) == back
    assert back == tree or textile.losses(tree)


@BOUNDED
@given(MARKUP)
def test_any_text_is_read_and_then_stays_as_it_is(text: str) -> None:
    tree = textile.parse(textile.render(textile.parse(text)))
    rendered = textile.render(tree)
    assert textile.parse(rendered) == tree
    assert textile.render(textile.parse(rendered)) == rendered


@pytest.mark.parametrize(
    "text",
    [
        "* star",
        "# hash",
        "h1. head",
        "bq. said",
        "p. par",
        "> quoted",
        "---",
        "|a|b|",
        "*strong*",
        "_em_",
        "-x-",
        "??cite??",
        "%span%",
        "@code@",
        "@joe",
        '"a":http://x.y',
        "!a.png!",
        "<b>x</b>",
        "<pre>x</pre>",
        "<!-- c -->",
        "&lt;",
        "==raw==",
        "HTTP(S)",
        "attachment:a.txt",
        "a_b_c 5 * 3 -1 well-known",
        "2 ^ 3 ~ 4 + 5",
        "50% of 30%",
    ],
)
def test_text_that_looks_like_markup_stays_text(text: str) -> None:
    again = Paragraph((Text("x"), LineBreak(), Text(text)))
    tree = normalise(RichText((*words("before", text), again)))
    assert textile.parse(textile.render(tree)) == tree


def test_plain_words_are_written_as_they_are() -> None:
    log = "[INFO] well-known snake_case 5 * 3 a - b, joe@example.com (see C:\\temp) #12 50%"
    assert textile.render(RichText(words(log))) == log


def test_what_textile_cannot_say_is_named_and_keeps_its_words() -> None:
    inner = Table((Row((Cell(words("cell")),)),))
    items = (ListItem((*words("item"), inner, CodeBlock("code"), Heading(1, (Text("head"),)))),)
    tree = RichText((ListBlock(items),))
    assert textile.losses(tree) == (
        "code in a list",
        "heading in a list",
        "table in a list",
    )
    plain = to_plain(textile.parse(textile.render(tree)))
    assert all(word in plain for word in ("item", "cell", "code", "head"))


def test_marks_inside_a_word_are_named() -> None:
    content = (Text("H"), Text("2", ("subscript",)), Text("O"))
    tree = RichText((Paragraph(content),))
    assert textile.losses(tree) == ("subscript",)
    assert to_plain(textile.parse(textile.render(tree))) == "H2O"


@pytest.mark.parametrize(
    "hostile",
    ["<pre>", "> ", "* ", "*_", '"a":', "!a", "@", "<code>", "==", "|", "&", "*a _b ", "h1. "],
)
def test_hostile_text_takes_linear_time(hostile: str) -> None:
    started = time.process_time()
    textile.parse(hostile * 500)
    middle = time.process_time()
    tree = textile.parse(hostile * 4000)
    assert time.process_time() - middle < 40 * (middle - started) + 0.5
    textile.render(tree)


def test_a_long_paragraph_of_many_marks_is_written_in_linear_time() -> None:
    def spent(number: int) -> float:
        tree = textile.parse('lorem *ipsum* dolor 5 * 3 @x@ "q" ' * number)
        started = time.process_time()
        textile.render(tree)
        return time.process_time() - started

    small = spent(300)
    assert spent(2400) < 40 * small + 0.5
