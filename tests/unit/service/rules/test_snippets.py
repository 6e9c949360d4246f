"""Snippets that rules share: loaded, checked, and named when something in them fails."""

from typing import Any

import pytest

from schemas.errors import RuleError
from schemas.rules import RuleSet, Snippet
from service.rules.snippets import bare

STATUSES = Snippet(
    "statuses",
    3,
    'TO_THEM = {"To Do": "New"}\n\n\n'
    "def told(status: str | None) -> str | None:\n"
    "    return map_value(TO_THEM, status)\n",
)
LABELS = Snippet(
    "labels",
    1,
    "from snippets.statuses import told\n\n\n"
    "def with_status(labels: list[str], status: str | None) -> list[str]:\n"
    '    return [*labels, as_label(told(status) or "none")]\n',
)
LIBRARY = (STATUSES, LABELS)
RULE = """from snippets.labels import with_status
from snippets.statuses import (
    told,
)

def outgoing(issue: Issue, context: Context) -> Replica | None:
    return Replica(
        status=told(issue.status), labels=with_status(issue.labels, issue.status)
    )
"""


async def test_a_rule_uses_snippets_and_these_use_each_other(engine, issue, context):
    sent = await engine.outgoing(RuleSet(1, RULE, "", snippets=LIBRARY), issue, context)
    assert sent.fields == {"status": "New", "labels": ("New", "backend", "urgent")}


async def test_another_version_of_a_snippet_is_another_script(engine, issue, context):
    renamed = Snippet("statuses", 4, STATUSES.source.replace('"New"', '"Open"'))
    first = RuleSet(1, RULE, "", snippets=LIBRARY)
    second = RuleSet(2, RULE, "", snippets=(renamed, LABELS))
    came = [(await engine.outgoing(r, issue, context)).fields["status"] for r in (first, second)]
    assert came == ["New", "Open"]


async def test_an_error_names_the_snippet_s_file_line_and_caret(engine, issue, context):
    worse = Snippet("statuses", 4, STATUSES.source.replace("TO_THEM, status", "None, status"))
    with pytest.raises(RuleError) as caught:
        await engine.outgoing(RuleSet(1, RULE, "", snippets=(worse, LABELS)), issue, context)
    assert (caught.value.file, caught.value.line) == ("snippets/statuses.py", 5)
    assert 'File "outgoing.py", line 8, in outgoing' in caught.value.trace
    assert 'File "snippets/statuses.py", line 5, in told' in caught.value.trace
    assert caught.value.trace.splitlines()[-2].strip("^ ") == ""


async def test_a_snippet_that_asks_the_clock_sees_the_frozen_one(engine, issue, context):
    clock = Snippet(
        "clock", 1, "from datetime import datetime\n\n\ndef hour() -> int:\n"
        "    return datetime.now().hour\n",
    )  # fmt: skip
    rule = (
        "from snippets.clock import hour\n\n\ndef outgoing(issue, context):\n"
        "    return Replica(fields={'hour': hour()})\n"
    )
    sent = await engine.outgoing(RuleSet(1, rule, "", snippets=(clock,)), issue, context)
    assert sent.fields == {"hour": 22}


async def test_a_right_rule_passes_the_check(engine):
    assert await engine.check("outgoing", RULE, "outgoing.py", LIBRARY) == ()
    for snippet in LIBRARY:
        assert await engine.check_snippet(snippet, LIBRARY) == ()


def using(line: str, body: str = "    return None\n") -> str:
    head = "def outgoing(issue: Issue, context: Context) -> Replica | None:\n"
    return f"{line}\n\n\n{head}{body}"


@pytest.mark.parametrize(
    ("rule", "place", "words"),
    [
        (using("from snippets.status import told"), (1, 1), "Did you mean 'statuses'?"),
        (using("from snippets.statuses import tell"), (1, 1), "does not define tell."),
        (using("from snippets.statuses import told as t"), (1, 1), "leave `as` out"),
        (using("from snippets.statuses import *"), (1, 1), "* does not tell"),
        (using("import snippets.statuses"), (1, 1), "from snippets.people import"),
        (using("from snippets import statuses"), (1, 1), "Name the snippet"),
        (
            using("", "    from snippets.statuses import told\n    return None\n"),
            (5, 5),
            "not within a block",
        ),
        (
            using("from snippets.statuses import told\n\nTO_THEM = 1"),
            (3, 1),
            "TO_THEM is defined in snippets/statuses.py too",
        ),
        (
            using("from snippets.statuses import told", "    print(TO_THEM)\n    return None\n"),
            (5, 11),
            "Import it: from snippets.statuses import TO_THEM",
        ),
        (
            using("from snippets.statuses import told", "    return Replica(status=told(1))\n"),
            (5, 32),
            "told",
        ),
    ],
)
async def test_what_does_not_fit_is_told_with_its_place(engine, rule, place, words):
    found = await engine.check("outgoing", rule, "outgoing.py", LIBRARY)
    assert (found[0].line, found[0].column) == place
    assert words in found[0].message
    assert found[0].source == rule.splitlines()[place[0] - 1]


async def test_snippets_that_import_each_other_are_told(engine):
    back = Snippet("statuses", 4, "from snippets.labels import with_status\n" + STATUSES.source)
    (found,) = await engine.check_snippet(back, (back, LABELS))
    assert "import each other" in found.message


async def test_names_of_two_snippets_must_differ(engine):
    twice = Snippet("more", 1, "TO_THEM = 1\n")
    rule = using("from snippets.statuses import told\nfrom snippets.more import TO_THEM")
    (found,) = await engine.check("outgoing", rule, "outgoing.py", (*LIBRARY, twice))
    assert (found.file, found.line) == ("snippets/more.py", 1)


async def test_a_snippet_is_checked_as_a_rule_is(engine):
    cases: list[tuple[str, Any]] = [
        ("def f(x: int) -> str:\n    return x\n", 2),
        ("def f(:\n", 1),
        ("with open('x'):\n    pass\n", 1),
    ]
    for source, line in cases:
        found = await engine.check_snippet(Snippet("some", 1, source), ())
        assert (found[0].file, found[0].line) == ("snippets/some.py", line)


def test_blanked_imports_leave_every_other_letter_in_its_place():
    source = (
        'x = "ä"; from snippets.a import b; y = 2\nfrom snippets.c import (\n    d,\n)\nz = 3\n'
    )
    blanked = bare(source)
    assert [len(line) for line in blanked.splitlines()] == [len(s) for s in source.splitlines()]
    assert "snippets" not in blanked
    assert compile(blanked, "x", "exec")
    assert blanked.splitlines()[0].index("y = 2") == source.index("y = 2")
