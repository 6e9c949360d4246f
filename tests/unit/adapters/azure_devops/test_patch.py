from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.azure_devops.patch import TITLE_LENGTH, clean_tag, fit_title

SETTINGS = settings(derandomize=True, max_examples=100, deadline=None)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400))
@SETTINGS
def test_titles_fit_whatever_they_hold(text):
    fitted = fit_title(text)
    assert len(fitted.encode("utf-16-le")) // 2 <= TITLE_LENGTH
    assert "\n" not in fitted
    assert fit_title(fitted) == fitted


def test_a_long_title_is_cut_between_code_points_with_an_ellipsis():
    fitted = fit_title("a" + "😀" * 200)
    assert fitted == "a" + "😀" * 126 + "…"
    assert fit_title("x" * 255) == "x" * 255
    assert fit_title("two\r\nlines\t here ") == "two lines here"


def test_tags_hold_no_separators():
    assert clean_tag(" a; b,c ") == "a_ b_c"
    assert clean_tag("日本") == "日本"
    assert len(clean_tag("x" * 500)) == 400
