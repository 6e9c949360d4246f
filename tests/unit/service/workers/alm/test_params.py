"""Scope, titles, priority maps and params by tables; each scope also as the rule that is written
from it."""

import msgspec
import pytest

from service.workers.alm import catalogue, params, priorities, titles
from service.workers.alm.scope import Facts, Scope

PHASES = frozenset({"requirements", "development"})
FULL = Scope(phases=PHASES, statuses=frozenset({"TODO"}), priority=7)
TASK = Facts(short="T2", phase="requirements", priority=7)


@pytest.mark.parametrize(
    ("scope", "task", "inside", "creates"),
    [
        (FULL, {}, True, True),
        (FULL, {"priority": 6}, False, False),
        (FULL, {"phase": "testing"}, False, False),
        # Statuses gate the creation alone.
        (FULL, {"meaning": "DONE"}, True, False),
        ({"statuses": frozenset({"DONE", "NA"})}, {"meaning": "NA"}, True, True),
        ({"tags": frozenset({"pci"})}, {}, False, False),
        ({"tags": frozenset({"pci", "web"})}, {"tags": frozenset({"pci"})}, False, False),
        ({"tags": frozenset({"pci"})}, {"tags": frozenset({"pci", "web"})}, True, True),
        # No verification counts as none.
        ({"verification": frozenset({"none"})}, {}, True, True),
        ({"verification": frozenset({"pass"})}, {}, False, False),
        ({"verification": frozenset({"pass"})}, {"verification": "pass"}, True, True),
        ({"verification": frozenset()}, {"verification": "fail"}, True, True),
        # Selected tasks are in scope whatever else is set, and nothing else is.
        ({"selected": frozenset({"T2"})}, {"priority": 1, "meaning": "DONE"}, True, True),
        ({"selected": frozenset({"T3"})}, {}, False, False),
        (FULL, {"accepted": False}, False, False),
        ({"selected": frozenset({"T2"})}, {"accepted": False}, False, False),
    ],
)
def test_the_scope(scope, task, inside: bool, creates: bool) -> None:
    chosen = scope if isinstance(scope, Scope) else msgspec.structs.replace(FULL, **scope)
    facts = msgspec.structs.replace(TASK, **task)
    assert chosen.holds(facts) is inside
    assert chosen.creates(facts) is creates


NAMES = {"application": "Shop", "project": "2026", "context": "Web"}


@pytest.mark.parametrize(
    ("form", "made"),
    [
        ("$task_id $title", "T2: Use TLS"),
        ("${task_id}$title", "T2:Use TLS"),
        ("[$application - $project] $task_id $title", "[Shop - 2026] T2: Use TLS"),
        ("[$application - $context] $task_id $title", "[Shop - Web] T2: Use TLS"),
        ("[$context] $task_id $title", "[Web] T2: Use TLS"),
        ("$task_id $title costs 5$", "T2: Use TLS costs 5$"),
    ],
)
def test_titles(form: str, made: str) -> None:
    assert titles.problems(form, "Web") == []
    assert titles.title(form, "T2", "Use TLS", NAMES) == made


@pytest.mark.parametrize(
    ("form", "context", "told"),
    [
        ("$title", "", "$task_id is missing."),
        ("$task_id", "", "$title is missing."),
        ("$task_id $title $owner", "", "There is no variable $owner"),
        ("$context $task_id $title", "", "$context needs the param alm_context."),
    ],
)
def test_formats_that_are_refused(form: str, context: str, told: str) -> None:
    assert told in " ".join(titles.problems(form, context))


@pytest.mark.parametrize("system", [s for s in catalogue.supported() if s.priorities])
def test_the_map_of_every_system_names_each_priority_once(system) -> None:
    assert sorted(priorities.parse(system.priorities)) == list(range(1, 11))


@pytest.mark.parametrize(
    ("system", "priority", "name"),
    [
        ("github", 7, "High"), ("github", 4, "Medium"), ("github", 3, "Low"),
        ("jira", 10, "Blocker"), ("jira", 9, "Critical"), ("jira", 5, "Major"),
        ("jira", 3, "Minor"), ("jira", 2, "Trivial"),
        ("hp_alm", 9, "5-Urgent"), ("hp_alm", 8, "4-Very High"), ("hp_alm", 5, "3-High"),
        ("hp_alm", 4, "2-Medium"), ("hp_alm", 1, "1-Low"),
        ("tfs", 9, "1"), ("tfs", 7, "2"), ("tfs", 3, "3"), ("tfs", 2, "4"),
        ("rally", 9, "Resolve Immediately"), ("rally", 6, "High Attention"),
        ("rally", 4, "Normal"), ("rally", 3, "Low"),
    ],
)  # fmt: skip
def test_priorities(system: str, priority: int, name: str) -> None:
    assert priorities.parse(catalogue.find(system).priorities)[priority] == name


@pytest.mark.parametrize("text", ['{"0-10": "x"}', '{"5-3": "x"}', '{"11": "x"}', '{"a": "x"}'])
def test_maps_that_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="range"):
        priorities.parse(text)


def test_older_names_are_taken_and_what_is_only_told_is_left_out() -> None:
    given = {"server": "s", "username": "u", "password": "p", "token": "t",
             "bypass_cert_validation": False, "sde_project": "x"}  # fmt: skip
    assert params.adopted(given) == {
        "alm_server": "s", "alm_user": "u", "alm_pass": "p", "alm_api_token": "t",
        "alm_validate_cert": True,
    }  # fmt: skip


def test_a_task_of_rally_needs_a_parent_and_a_story_has_none() -> None:
    rally = catalogue.find("rally")
    base = {"alm_server": "r", "alm_api_token": "t", "rally_workspace": "w", "alm_project": "p"}
    assert params.check_connection(rally, base) == {}
    assert params.check_connection(rally, base | {"rally_card_type": "Task"}) == {
        "alm_parent_issue": ["Tasks need a parent story."]
    }
    assert params.check_connection(rally, base | {"alm_parent_issue": "US1"}) == {
        "alm_parent_issue": ["Stories have no parent."]
    }
