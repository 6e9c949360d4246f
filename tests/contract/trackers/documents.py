"""A text with everything in it that the canonical tree can say, but mentions: what becomes of those
depends on whom the tracker knows."""

from schemas.rich_text import (
    Cell,
    CodeBlock,
    Divider,
    Heading,
    Image,
    LineBreak,
    ListBlock,
    ListItem,
    Paragraph,
    Quote,
    RichText,
    Row,
    Table,
    Text,
)


def words(text: str) -> Paragraph:
    return Paragraph((Text(text),))


EVERYTHING = RichText(
    (
        Heading(1, (Text("Überschrift "), Text("strong", ("strong",)))),
        Paragraph(
            (
                Text("plain "),
                Text("strong", ("strong",)),
                Text(" "),
                Text("both", ("emphasis", "strong")),
                Text(" "),
                Text("gone", ("strike",)),
                Text(" "),
                Text("under", ("underline",)),
                Text(" H"),
                Text("2", ("subscript",)),
                Text("O and x"),
                Text("2", ("superscript",)),
                Text(" and "),
                Text("code * _", ("code",)),
                LineBreak(),
                Text("a link", (), "https://example.com/a?b=c&d=(e)"),
                Text(" שלום 🚀 العربية"),
            )
        ),
        Paragraph((Image("https://example.com/a.png", "a picture"),)),
        ListBlock(
            (
                ListItem((words("one"), ListBlock((ListItem((words("inner"),)),), ordered=True))),
                ListItem((words("two"),)),
            ),
            ordered=False,
        ),
        ListBlock(
            (ListItem((words("done"),), checked=True), ListItem((words("open"),), checked=False))
        ),
        ListBlock((ListItem((words("first"), words("and more"), CodeBlock("x = 1"))),), True),
        Table(
            (
                Row((Cell((words("A"),), True), Cell((words("B"),), True))),
                Row((Cell((Paragraph((Text("x|y", ("strong",)),)),)), Cell(()))),
            )
        ),
        CodeBlock("if x < 1:\n    y = '*'\n", "python"),
        Quote((words("quoted"), words("twice"))),
        Divider(),
        words("<b>&amp;</b> *no* _markup_ {code} h1. # - [x](y) | ~~ @ !image.png! https://x.y"),
    )
)
