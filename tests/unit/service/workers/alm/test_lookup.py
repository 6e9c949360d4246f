"""What each tracker is asked for: words of people stand in a query as literals alone."""

import pytest

from service.workers.alm import catalogue
from service.workers.alm.lookup import Lookup

EVIL = "a\"b'c\\"


@pytest.mark.parametrize(
    ("system", "type", "words", "query"),
    [
        ("github", "", ["T1:"], 'in:title "T1:"'),
        ("github", "", [EVIL], "in:title \"a b'c \""),
        ("jira", "Bug", ["T1:", "T2:"], r'(summary ~ "\"T1:\"" OR summary ~ "\"T2:\"")'),
        ("jira", "Bug", [EVIL], "(summary ~ \"\\\"a b'c \\\"\")"),
        ("tfs", "Task", ["T1:", "T2:"],
         "[System.Title] CONTAINS 'T1:' OR [System.Title] CONTAINS 'T2:'"),
        ("tfs", "Task", [EVIL], "[System.Title] CONTAINS 'a\"b''c\\'"),
        ("rally", "Task", ["T1:", "T2:", "T3:"],
         'task: ((Name contains "T1:") OR ((Name contains "T2:") OR (Name contains "T3:")))'),
        ("rally", "User Story", [EVIL], 'user story: (Name contains "a\\"b\'c\\\\")'),
        ("hp_alm", "Requirement / Functional", ["T1-", "T2-"],
         'requirement: {name["*T1-*" or "*T2-*"]}'),
        ("hp_alm", "Requirement / Functional", ['a"b'], 'requirement: {name["*a*b*"]}'),
    ],
)  # fmt: skip
def test_the_query(system: str, type: str, words: list[str], query: str) -> None:
    assert Lookup(catalogue.find(system), type).query(words) == query


def test_conditions_are_joined_to_it() -> None:
    wanted = {"Team name": ["a", 'b"'], "Ready": "true"}
    assert Lookup(catalogue.find("jira"), "Bug", wanted).query(["T1:"]) == (
        r'(summary ~ "\"T1:\"") AND "Team name" in ("a", "b\"") AND "Ready" in ("true")'
    )
    assert Lookup(catalogue.find("rally"), "Task", wanted).query(["T1:"]) == (
        r'task: ((Name contains "T1:") AND (((Team name = "a") OR (Team name = "b\""))'
        ' AND (Ready = "true")))'
    )


@pytest.mark.parametrize(
    ("system", "tasks", "size"),
    [("jira", 0, 1), ("jira", 3, 1), ("jira", 200, 25), ("jira", 2000, 40), ("github", 2000, 1)],
)
def test_searches_are_as_few_as_keep_all_at_work(system: str, tasks: int, size: int) -> None:
    assert Lookup(catalogue.find(system), "").at_once(tasks, 8) == size
