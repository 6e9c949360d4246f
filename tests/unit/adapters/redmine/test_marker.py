"""The hidden marker: found again whatever it holds, and nothing else is taken for one."""

import pytest

from adapters.redmine import marker, textile
from adapters.rich_text import markdown
from schemas.rich_text import plain


@pytest.mark.parametrize("given", ["m-1", "a--b", "ü 1", "x" * 60, "<b>]-->", "%41"])
def test_a_marker_comes_back(given: str) -> None:
    signed = marker.sign("Some text", given)
    assert marker.split(signed) == ("Some text", given)
    assert marker.split(signed.replace("\n", "\r\n") + "\r\n") == ("Some text", given)
    assert marker.split(marker.sign("", given)) == ("", given)
    assert textile.parse(signed) == plain("Some text")
    assert markdown.parse(signed).blocks[0] == plain("Some text").blocks[0]
    assert marker.split_plain(marker.sign_plain("Some text", given, 1024)) == ("Some text", given)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Some text",
        "<!-- tidegate: -->",
        "<!-- tidegate:m-1 --> and more",
        "tidegate:m-1",
        "[tidegate:m-1]",
    ],
)
def test_other_texts_have_none(text: str) -> None:
    assert marker.split(text) == (text, "")


def test_a_text_is_cut_before_its_marker() -> None:
    cut = marker.sign_plain("x" * 2000, "m-1", 100)
    assert len(cut) == 100
    assert marker.split_plain(cut)[1] == "m-1"
