"""The memo of comments: split, and put together again without touching what others wrote."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.alm import entries
from adapters.alm.comments import local_time
from adapters.alm.simulator.tidy import tidy
from adapters.rich_text import canonical, html
from schemas.rich_text import Paragraph, RichText, Text, plain, to_plain

LINE = '<div align="left"><font color="#000080"><b>' + "_" * 40 + "</b></font></div>"
DESKTOP = (
    '<html><body><div align="left"><font face="Arial"><span style="font-size:8pt">'
    "<b>Alice Example &lt;alice&gt;, 20/05/2014: </b></span></font>"
    '<font face="Arial" color="#ff0000"><span style="font-size:8pt">First, in red</span>'
    "</font></div>"
    f"{LINE}"
    '<div align="left"><font><span><b>Bob Example &lt;bob&gt;, 21/05/2014:</b></span></font>'
    "<font> Second</font></div><div>and its second line</div></body></html>"
)
WEB = (
    "<html>\n<body>\n<b>"
    + "_" * 40
    + "</b><br><b>Alice &lt;alice&gt;, 5/21/2014 3:25:11 PM:</b> One"
    "<br>more<br><b>" + "_" * 40 + "</b><br><b>Alice &lt;alice&gt;, 5/21/2014 3:25:11 PM:</b> Two"
    "</body></html>"
)
WRAPPED = DESKTOP.replace("<body>", "<body><div>").replace("</body>", "</div></body>")


def told(memo: str) -> list[tuple[str, str, str]]:
    return [(one.login, one.date, to_plain(one.body())) for one in entries.split(memo)]


@pytest.mark.parametrize("memo", [DESKTOP, WRAPPED, tidy(DESKTOP), tidy(tidy(DESKTOP))])
def test_entries_of_the_desktop_client(memo: str) -> None:
    assert told(memo) == [
        ("alice", "20/05/2014", "First, in red"),
        ("bob", "21/05/2014", "Second\n\nand its second line"),
    ]


def test_entries_parted_by_line_breaks() -> None:
    assert told(WEB) == [
        ("alice", "5/21/2014 3:25:11 PM", "One\nmore"),
        ("alice", "5/21/2014 3:25:11 PM", "Two"),
    ]
    one, two = entries.split(WEB)
    assert one.id != two.id


@pytest.mark.parametrize(
    ("memo", "texts"),
    [
        ("", []),
        ("<html><body></body></html>", []),
        ("<html><body>   <!-- nothing --></body></html>", []),
        ("Just words", ["Just words"]),
        ("<html><body><p>Just words</p><p>two</p></body></html>", ["Just words\n\ntwo"]),
        ("<html><body>a &lt;b@c&gt;, no date: d</body></html>", ["a <b@c>, no date: d"]),
        (f"<html><body><p>Old</p>{LINE}<p>text</p></body></html>", None),
    ],
)
def test_text_of_nobody(memo: str, texts: list[str] | None) -> None:
    found = entries.split(memo)
    assert [entry.login for entry in found] == [""] * len(found)
    if texts is None:
        assert len(found) == 1
        assert "Old" in to_plain(found[0].body())
        assert "text" in to_plain(found[0].body())
    else:
        assert [to_plain(entry.body()) for entry in found] == texts


def test_an_entry_of_ours_has_its_marker_and_time() -> None:
    memo = entries.appended(
        DESKTOP, "Tide Gate", "tidegate", "2026-01-31 12:00:00", "c 1/ü]", "<p>Ours: yes</p>"
    )
    for read in (memo, tidy(memo)):
        *others, ours = entries.split(read)
        assert [entry.login for entry in others] == ["alice", "bob"]
        assert (ours.marker, ours.date) == ("c 1/ü]", "2026-01-31 12:00:00")
        assert ours.body() == plain("Ours: yes")


def test_editing_one_leaves_the_others_as_they_are_written() -> None:
    memo = tidy(entries.appended(DESKTOP, "T", "t", "2026-01-31 12:00:00", "m-1", "<p>Ours</p>"))
    split = entries.split(memo)
    changed = [one.with_body("<p>New</p>") if one.marker else one for one in split]
    after = entries.join(changed)
    assert 'color="#ff0000"' in after
    again = entries.split(after)
    assert [one.id for one in again] == [one.id for one in split]
    assert to_plain(again[-1].body()) == "New"
    assert [one.content for one in again[:-1]] == [one.content for one in split[:-1]]


def test_ids_stay_when_people_edit_and_add() -> None:
    before = [entry.id for entry in entries.split(DESKTOP)]
    edited = DESKTOP.replace("First, in red", "First, corrected")
    longer = entries.appended(edited, "Alice Example", "alice", "20/05/2014", "", "<p>Third</p>")
    after = [entry.id for entry in entries.split(longer)]
    assert after[:2] == before
    assert len(set(after)) == 3


def test_nothing_is_left_of_the_last_one() -> None:
    assert entries.join(()) == ""


def test_a_large_memo_is_split_in_bounded_time() -> None:
    memo = ""
    for number in range(2):
        memo = entries.appended(memo, "T", "t", "2026-01-31 12:00:00", f"m-{number}", "<p>x</p>")
    body = memo.removeprefix("<html><body>").removesuffix("</body></html>")
    found = entries.split(f"<html><body>{body * 1000}</body></html>")
    assert len({entry.id for entry in found}) == len(found) == 2000


@pytest.mark.parametrize("marks", [(), ("strong",)])
def test_what_looks_like_a_banner_inside_a_text_stays_text(marks) -> None:
    text = "See Bob <bob>, 1/1/2020: he said so"
    tree = RichText((Paragraph((Text(text, marks),)), Paragraph((Text("And more"),))))
    memo = entries.appended("", "T", "t", "2026-01-31 12:00:00", "m-1", html.render(tree))
    for read in (memo, tidy(memo)):
        (one,) = entries.split(read)
        assert one.body() == tree
    two = entries.appended(tidy(memo), "T", "t", "2026-01-31 12:00:00", "m-2", html.render(tree))
    assert [one.body() for one in entries.split(two)] == [tree, tree]


@pytest.mark.parametrize(
    ("date", "order", "expected"),
    [
        ("2014-05-20", "dmy", "2014-05-20 00:00:00"),
        ("2014-05-20 13:14:15", "dmy", "2014-05-20 13:14:15"),
        ("20/05/2014", "mdy", "2014-05-20 00:00:00"),
        ("05/20/2014", "dmy", "2014-05-20 00:00:00"),
        ("03/04/2014", "dmy", "2014-04-03 00:00:00"),
        ("03/04/2014", "mdy", "2014-03-04 00:00:00"),
        ("3.4.14", "dmy", "2014-04-03 00:00:00"),
        ("5/21/2014 3:25:11 PM", "mdy", "2014-05-21 15:25:11"),
        ("5/21/2014 12:25 AM", "mdy", "2014-05-21 00:25:00"),
        ("99/99/2014", "dmy", ""),
        ("", "dmy", ""),
    ],
)
def test_dates_above_comments(date: str, order, expected: str) -> None:
    assert local_time(date, order) == expected


@pytest.mark.parametrize(
    "memo",
    [
        "_" * 300_000,
        " " * 300_000 + "x",
        "<b>" + "\u00a0" * 300_000 + "</b>",
        "<b>" + "a " * 150_000 + "</b>",
        "<div>" * 5_000 + "x",
        "<b>" + "<" * 50_000,
        "<b>A &lt;a&gt;, 1/1/2020" + " " * 300_000 + "</b>",
    ],
)
def test_hostile_memos_take_bounded_time(memo: str) -> None:
    started = time.process_time()
    for entry in entries.split(memo):
        entry.body()
    assert time.process_time() - started < 2


WORDS = st.text("ab <>&_\n*é🚀", min_size=1, max_size=20).filter(lambda text: text.strip())
STEPS = st.lists(
    st.tuples(st.sampled_from(["ours", "theirs", "edit", "delete", "tidy"]), WORDS), max_size=12
)


@given(STEPS)
@settings(max_examples=60, deadline=None)
def test_whatever_is_done_every_other_comment_stays(steps) -> None:
    memo, expected = "", {}
    for number, (step, words) in enumerate(steps):
        tree = plain(words)
        if step in ("ours", "theirs"):
            mark = f"m-{number}" if step == "ours" else ""
            date = f"2026-01-{number + 1:02} 12:00:00"
            memo = entries.appended(memo, "Ann & Bo", "ann", date, mark, html.render(tree))
            expected[entries.split(memo)[-1].id] = canonical.normalise(tree)
        elif step == "tidy":
            memo = tidy(memo)
        elif expected:
            chosen = sorted(expected)[number % len(expected)]
            split = entries.split(memo)
            if step == "edit":
                rendered = html.render(tree)
                split = [one.with_body(rendered) if one.id == chosen else one for one in split]
                expected[chosen] = canonical.normalise(tree)
            else:
                split = [one for one in split if one.id != chosen]
                del expected[chosen]
            memo = entries.join(split)
        assert {one.id: one.body() for one in entries.split(memo)} == expected
