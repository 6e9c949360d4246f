"""What a pattern finds does not leave, in whatever text it stands."""

import time

import pytest

from schemas.errors import InputError
from schemas.rich_text import CodeBlock, ListBlock, ListItem, Paragraph, RichText, Text, plain
from schemas.rules import Outgoing, OutgoingComment
from service.rules.masking import MASK, Masks, masks_of

KEY = "AKIA0123456789ABCDEF"
CREDENTIALS = masks_of(("credentials", r"(?i)project \w+"))


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        "ghp_" + "a1" * 18,
        "github_pat_" + "a" * 30,
        "glpat-" + "b" * 20,
        "xoxb-1234567890-abc",
        "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2lnbmF0dXJl",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\ncut off",
        "Project Bluebird",
    ],
)
def test_well_known_keys_and_own_patterns_are_masked(text: str) -> None:
    assert CREDENTIALS.text(f"it is {text}") == f"it is {MASK}"


def test_every_outgoing_text_is_masked_and_reported() -> None:
    deep = RichText((ListBlock((ListItem((CodeBlock(f"key={KEY} ☃"),)),)),))
    linked = RichText((Paragraph((Text("see", ("strong",), f"https://x.example/{KEY}"),)),))
    outgoing = Outgoing(
        {"summary": f"a {KEY}", "description": deep, "labels": ("ok", KEY), "estimate": 3},
        (OutgoingComment("1", linked), OutgoingComment("2", plain("fine"))),
        ("f1",),
    )
    masked = CREDENTIALS.apply(outgoing)
    assert masked.where == ("comments", "description", "labels", "summary")
    assert KEY not in repr(masked.outgoing)
    assert masked.outgoing.fields["labels"] == (MASK, "ok")
    assert masked.outgoing.comments[1] == outgoing.comments[1]
    assert masked.outgoing.attachments == ("f1",)


def test_what_stands_across_marks_is_found() -> None:
    split = RichText((Paragraph((Text(KEY[:8]), Text(KEY[8:], ("strong",)))),))
    assert CREDENTIALS.rich(split) == plain(MASK)


def test_text_without_a_find_is_the_same_text() -> None:
    rich = RichText((Paragraph((Text("a ", ("strong",)), Text("b"))),))
    outgoing = Outgoing({"description": rich, "summary": "calm"})
    masked = CREDENTIALS.apply(outgoing)
    assert (masked.outgoing, masked.where) == (outgoing, ())


@pytest.mark.parametrize("pattern", ["(a", "(?=x)", r"(a)\1", "", "a*"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(InputError, match="pattern"):
        Masks((pattern,))


def test_no_pattern_holds_the_node_up() -> None:
    hostile = masks_of(("(a+)+$", "(x|xx)+y"))
    began = time.process_time()
    hostile.text("a" * 100_000 + "!" + "x" * 100_000)
    assert time.process_time() - began < 2
