"""The default rules: what a new connection does before anybody edits anything."""

from itertools import permutations

import msgspec
import pytest

from schemas.errors import ConfigurationError, MappingError
from schemas.rich_text import Paragraph, Text
from schemas.rules import RuleSet
from service.rules.defaults import default_rules
from service.rules.sessions import varies
from service.rules.vocabularies import VOCABULARIES, tables

PAIRS = [("jira", "azure-devops"), ("azure-devops", "jira"), ("jira", "jira"), ("rally", "github")]
MAPPED = list(permutations(sorted(VOCABULARIES), 2))


def rules_for(local: str, remote: str) -> RuleSet:
    return RuleSet(1, *default_rules(local, remote))


@pytest.mark.parametrize(("local", "remote"), [*PAIRS, *MAPPED])
async def test_defaults_pass_the_check(engine, local, remote):
    outgoing, incoming = default_rules(local, remote)
    assert await engine.check("outgoing", outgoing, "outgoing.py") == ()
    assert await engine.check("incoming", incoming, "incoming.py") == ()
    assert not varies(outgoing)
    assert not varies(incoming)


async def test_only_what_the_other_side_applies_leaves(engine, issue, context):
    sent = await engine.outgoing(rules_for("jira", "azure-devops"), issue, context)
    assert sorted(sent.fields) == [
        "description",
        "labels",
        "priority",
        "status",
        "summary",
        "type",
    ]
    assert [comment.id for comment in sent.comments] == ["c1"]
    assert sent.attachments == ("a1",)


async def test_azure_devops_arrives_in_jira(engine, replica, context):
    wanted = await engine.incoming(rules_for("jira", "azure-devops"), replica, None, context)
    assert wanted.project == "WEB"
    assert wanted.type == "Story"
    assert wanted.fields == {
        "summary": "Crash",
        "description": replica.fields["description"],
        "status": "In Progress",
        "priority": "High",
        "labels": ("urgent",),
    }
    assert wanted.comments[0].body.blocks[0] == Paragraph((Text("Ann Lee wrote:"),))
    assert wanted.attachments == ("f1",)


async def test_jira_arrives_in_azure_devops(engine, replica, context):
    fields = {"summary": "x", "status": "In Review", "priority": "Lowest", "type": "Epic"}
    replica = msgspec.structs.replace(replica, fields=fields)
    wanted = await engine.incoming(rules_for("azure-devops", "jira"), replica, None, context)
    assert wanted.type == "Task"
    assert wanted.fields == {"summary": "x", "status": "Resolved", "priority": "4"}


async def test_every_status_has_a_way_back(engine, replica, issue, context):
    for local, remote in (PAIRS[0], PAIRS[1]):
        for status in _statuses(remote):
            there = await _mapped(engine, rules_for(local, remote), replica, context, status)
            back = await _mapped(engine, rules_for(remote, local), replica, context, there)
            assert back == status


@pytest.mark.parametrize(("local", "remote"), MAPPED)
async def test_every_word_of_the_one_has_a_word_of_the_other(
    engine, replica, context, local: str, remote: str
):
    theirs, ours = VOCABULARIES[remote], VOCABULARIES[local]
    rules = rules_for(local, remote)
    for status, stage in theirs.statuses.items():
        here = await _mapped(engine, rules, replica, context, status)
        assert here in ours.statuses
        if stage in ours.statuses.values():
            assert ours.statuses[here] == stage
        assert (ours.statuses[here] in ("done", "dropped")) == (stage in ("done", "dropped"))
    made = tables(ours, theirs)
    assert set(made.priority.values()) <= ours.priorities.keys()
    assert set(made.type.values()) <= ours.types.keys()
    levels = [ours.priorities[made.priority[word]] for word in theirs.priorities]
    assert levels == sorted(levels), "what is more urgent there is not less urgent here"


async def test_an_unknown_status_parks_with_a_suggestion(engine, replica, context):
    with pytest.raises(MappingError, match="Blocked") as caught:
        await _mapped(engine, rules_for("jira", "azure-devops"), replica, context, "Blocked")
    assert caught.value.field == "status"
    assert "Add 'Blocked'" in caught.value.remedy


async def test_other_pairs_keep_names(engine, replica, context):
    wanted = await engine.incoming(rules_for("jira", "jira"), replica, None, context)
    assert wanted.type == "User Story"
    assert wanted.fields["status"] == "Active"


def test_an_unknown_template_is_refused():
    with pytest.raises(ConfigurationError, match="'other'"):
        default_rules("jira", "jira", template="other")


def _statuses(system: str) -> list[str]:
    jira = ["To Do", "In Progress", "In Review", "Done"]
    return jira if system == "jira" else ["New", "Active", "Resolved", "Closed"]


async def _mapped(engine, rules, replica, context, status):
    replica = msgspec.structs.replace(replica, fields={"status": status})
    return (await engine.incoming(rules, replica, None, context)).fields["status"]
