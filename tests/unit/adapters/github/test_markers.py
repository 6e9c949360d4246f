import pytest

from adapters.github.markers import split_marker, with_marker


@pytest.mark.parametrize("marker", ["abc123", "a--b", "-->", "ü ü", "<!-- tidegate:x -->", "%"])
def test_a_marker_comes_back_and_the_text_with_it(marker: str) -> None:
    text = with_marker("Line one\n\nLine two", marker)
    assert split_marker(text) == ("Line one\n\nLine two", marker)
    assert text.count("-->") == 1


def test_people_write_before_and_behind_it() -> None:
    text = "Before\r\n\r\n" + with_marker("Text", "m") + "\r\n\r\nBehind"
    assert split_marker(text) == ("Before\r\n\r\nText\r\n\r\nBehind", "m")


@pytest.mark.parametrize(
    "text",
    [
        "Quoted: <!-- tidegate:m -->",
        "\\<!-- tidegate:m -->",
        "> <!-- tidegate:m -->",
        "<!-- tidegate:m -->x",
        "<!-- tidegate: m -->",
        "",
    ],
)
def test_what_only_looks_like_it_stays_text(text: str) -> None:
    assert split_marker(text) == (text, "")


def test_nothing_is_no_text() -> None:
    assert split_marker(None) == ("", "")
    assert with_marker("", "m") == "<!-- tidegate:m -->"
    assert split_marker(with_marker("", "m")) == ("", "m")


def test_only_the_last_one_is_ours() -> None:
    copied = with_marker("Text", "theirs")
    assert split_marker(with_marker(copied, "ours")) == (copied, "ours")


def test_many_of_them_take_no_time() -> None:
    text = "<!-- tidegate:x -->\n" * 100_000 + "\n" * 100_000
    assert split_marker(text)[1] == "x"
