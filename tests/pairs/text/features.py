"""What people put into texts, one thing at a time."""

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

SHOT = "https://example.com/shot.png"


def words(text: str) -> Paragraph:
    return Paragraph((Text(text),))


def inline(*parts: Inline) -> tuple[Block, ...]:
    return (Paragraph((Text("before "), *parts, Text(" after"))),)


def items(*blocks: Block, ordered: bool = False, checked: bool | None = None) -> ListBlock:
    return ListBlock((ListItem((words("one"), *blocks), checked),), ordered)


def table(*blocks: Block, header: bool = False) -> tuple[Block, ...]:
    title = Row((Cell((words("A"),), header), Cell((words("B"),), header)))
    return (Table((title, Row((Cell(blocks), Cell(()))))),)


def marked(mark: Mark) -> tuple[Block, ...]:
    return inline(Text("word", (mark,)))


FEATURES: dict[str, tuple[Block, ...]] = {
    "headings": (Heading(1, (Text("One"),)), Heading(6, (Text("Six"),))),
    "strong": marked("strong"),
    "emphasis": marked("emphasis"),
    "struck out": marked("strike"),
    "underlined": marked("underline"),
    "superscript": marked("superscript"),
    "subscript": marked("subscript"),
    "code in a line": marked("code"),
    "several marks at once": inline(Text("word", ("emphasis", "strike", "strong"))),
    "a mark inside a word": (
        Paragraph((Text("H"), Text("2", ("subscript",)), Text("O and "), Text("x"))),
    ),
    "links": inline(Text("a page", (), "https://example.com/a?b=c&d=(e)#f")),
    "formatting inside a link": inline(
        Text("a ", (), "https://example.com"), Text("page", ("strong",), "https://example.com")
    ),
    "bare addresses": inline(Text("https://example.com/a_b", (), "https://example.com/a_b")),
    "links to files": inline(Text("plan", (), "attachment:a%20plan.pdf")),
    "mentions": inline(Mention("alice")),
    "mentions with an id": inline(Mention("Alice Archer", "5b10ac8d")),
    "images alone": (Paragraph((Image(SHOT, "a shot"),)),),
    "images between words": inline(Image(SHOT, "a shot")),
    "images that are files": (Paragraph((Image("shot.png", "a shot"),)),),
    "line breaks": (Paragraph((Text("one"), LineBreak(), Text("two"))),),
    "lists": (items(), items(ordered=True)),
    "nested lists": (items(items(items(ordered=True))),),
    "task lists": (items(checked=True), items(checked=False)),
    "paragraphs in lists": (items(words("and more")),),
    "code in lists": (items(CodeBlock("x = 1")),),
    "tables": table(words("cell")),
    "title cells": table(words("cell"), header=True),
    "marks in cells": table(Paragraph((Text("a|b", ("strong",)), Text(" c")))),
    "lists in cells": table(items()),
    "code in cells": table(CodeBlock("x | y")),
    "tables in lists": (items(*table(words("cell"))),),
    "blocks of code": (CodeBlock("if x < 1:\n    *y* = '{'\n\n    z", "python"),),
    "quotes": (Quote((words("said"), words("twice"))),),
    "quotes in quotes": (Quote((words("said"), Quote((words("before"),)))),),
    "lists in quotes": (Quote((items(),)),),
    "lines across": (words("a"), Divider(), words("b")),
    "emoji and right to left": (words("🚀 שלום العربية é\u0301 計画"),),
    "text like markup": (words("*a* _b_ {code} h1. # - [x](y) | ~~ @z !i.png! <b>&amp;</b> \\"),),
}


def document(name: str) -> RichText:
    return RichText(FEATURES[name])
