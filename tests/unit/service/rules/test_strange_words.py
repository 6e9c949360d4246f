"""Names that this side's tracker does not know are told with their place and what was meant."""

import pytest

from schemas.rules import Snippet
from service.rules.strange_words import Ground, KnownField, strange_words

GROUND = Ground(
    {
        "status": KnownField("Status", ("To Do", "In Progress", "Done")),
        "priority": KnownField("Priority", ("High", "Low", "2")),
        "customfield_10010": KnownField("Severity", ("S1", "S2")),
        "customfield_10011": KnownField("Team"),
    },
    frozenset({"summary", "labels", "area"}),
)
OUTGOING = "def outgoing(issue: Issue, context: Context) -> Replica | None:\n    "
INCOMING = (
    "def incoming(replica: Replica, here: Issue | None, context: Context) -> Wanted | None:\n    "
)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (INCOMING + "return Wanted(status='Dnoe')", "(2, 26) status: this tracker has no 'Dnoe'."),
        (INCOMING + "return Wanted(status='Dnoe')", "Did you mean 'Done'?"),
        (INCOMING + "return Wanted(status='Ã' if replica.gone else 'Dnoe')", "(2, 51) status"),
        (
            "T = {'New': 'Todo', 'Old': 'Done'}\n"
            + INCOMING
            + "return Wanted(status=map_value(T, replica.status, default='Doing'))",
            "(1, 13) status: this tracker has no 'Todo'. Did you mean 'To Do'?",
        ),
        (
            INCOMING + "return Wanted(status=map_value({}, replica.status, default='Waiting'))",
            "(2, 64) status: this tracker has no 'Waiting'. It has 'To Do'",
        ),
        (INCOMING + "return Wanted(fields={'customfield_10010': 'S3'})", "has no 'S3'"),
        (
            INCOMING + "return Wanted(fields={'Severty': 'S1'})",
            "(2, 27) This tracker has no field 'Severty'. Did you mean 'customfield_10010'"
            " (Severity)?",
        ),
        (INCOMING + "return Wanted(fields={'zzz': 1})", "(2, 27) This tracker has no field 'zzz'."),
        (INCOMING + "return Wanted() if here.status == 'Dnoe' else None", "has no 'Dnoe'"),
        (OUTGOING + "return None if issue.status in ('Done', 'Closd') else Replica()", "'Closd'"),
        (
            OUTGOING + "return Replica(fields={'x': issue.fields['Severitys']})",
            "Did you mean 'customfield_10010' (Severity)?",
        ),
        (OUTGOING + "return Replica(fields={'x': issue.fields.get('severity ')})", "(Severity)"),
        (
            "T = {'To Do': 'New', 'Gone': 'Old'}\n"
            + OUTGOING
            + "return Replica(status=map_value(T, issue.status))",
            "(1, 22) status: this tracker has no 'Gone'.",
        ),
    ],
)
def test_what_the_tracker_does_not_have_is_told(rule, words):
    direction = "outgoing" if "def outgoing" in rule else "incoming"
    found = strange_words(direction, rule, (), GROUND)
    told = [f"({one.line}, {one.column}) {one.message}" for one in found]
    assert any(words in one for one in told), told
    assert all(one.source == rule.splitlines()[one.line - 1] for one in found)


@pytest.mark.parametrize(
    "rule",
    [
        INCOMING + "return Wanted(status='done', priority='2', area='X', labels=['new'])",
        INCOMING + "return Wanted(fields={'customfield_10011': 'Any', 'customfield_10010': 'S1'})",
        INCOMING + "return Wanted(status=replica.status) if replica.status == 'Theirs' else None",
        "T = {'Theirs': 'Done'}\n"
        + INCOMING
        + "return Wanted(status=map_value(T, replica.status))",
        OUTGOING + "return Replica(status='Theirs', fields={'severity': issue.fields['unlike']})",
        OUTGOING + "return Replica(status=map_value({'Done': 'Theirs'}, issue.status))",
        "def outgoing(:",
    ],
)
def test_what_it_has_and_what_is_the_other_side_s_is_not(rule):
    direction = "outgoing" if "def outgoing" in rule else "incoming"
    assert strange_words(direction, rule, (), GROUND) == ()


def test_a_table_in_a_snippet_is_told_there():
    shared = Snippet("statuses", 2, "HERE = {\n    'New': 'To Do',\n    'Old': 'Dun',\n}\n")
    rule = (
        "from snippets.statuses import HERE\n\n\n"
        + INCOMING
        + "return Wanted(status=must_map('status', HERE, replica.status))"
    )
    (found,) = strange_words("incoming", rule, (shared,), GROUND)
    assert (found.file, found.line, found.column) == ("snippets/statuses.py", 3, 12)


def test_a_tracker_that_tells_nothing_makes_nothing_strange():
    rule = INCOMING + "return Wanted(status='Dnoe', fields={'zzz': 1})"
    assert strange_words("incoming", rule, (), Ground({}, frozenset())) == ()
