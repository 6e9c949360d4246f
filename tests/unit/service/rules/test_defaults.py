"""The default rules: what a new connection does before anybody edits anything."""

from itertools import permutations

import msgspec
import pytest

from schemas.errors import ConfigurationError, MappingError
from schemas.rich_text import Paragraph, Text, to_plain
from schemas.rules import RuleSet
from schemas.values import User
from service.rules.defaults import Manifest, default_rules
from service.rules.needs import varies
from service.rules.vocabularies import VOCABULARIES, tables

PAIRS = [("jira", "azure-devops"), ("azure-devops", "jira"), ("jira", "jira"), ("rally", "github")]
MAPPED = list(permutations(sorted(VOCABULARIES), 2))


def rules_for(local: str, remote: str) -> RuleSet:
    return RuleSet(1, *default_rules(Manifest(local), Manifest(remote)))


@pytest.mark.parametrize(("local", "remote"), [*PAIRS, *MAPPED])
async def test_defaults_pass_the_check(engine, local, remote):
    outgoing, incoming = default_rules(Manifest(local), Manifest(remote))
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
        default_rules(Manifest("jira"), Manifest("jira"), template="other")


EVERYTHING = frozenset(
    {
        *("summary", "description", "type", "status", "priority", "resolution", "labels"),
        *("components", "fix_versions", "affected_versions", "milestone", "area", "iteration"),
        *("assignee", "reporter", "due", "estimate", "remaining", "spent", "parent", "links"),
    }
)
RICH = {
    "resolution": "Won't Fix",
    "components": ("core",),
    "milestone": "M1",
    "area": "Web / Login",
    "assignee": User("Ann", "ann@example.com"),
    "reporter": User("Bo"),
    "due": "2026-01-31",
    "estimate": 3600,
    "parent": "twin:p",
    "links": ("blocks twin:b",),
}


def manifest_rules(local: Manifest, remote: Manifest, template: str = "single-project") -> RuleSet:
    return RuleSet(1, *default_rules(local, remote, template))


@pytest.mark.parametrize("systems", [("jira", "jira"), ("jira", "azure-devops"), ("x", "y")])
@pytest.mark.parametrize("read_only", [frozenset(), frozenset({"reporter"})])
@pytest.mark.parametrize("template", ["single-project", "advanced"])
async def test_defaults_of_rich_trackers_pass_the_check(engine, systems, read_only, template):
    local, remote = (Manifest(system, EVERYTHING, read_only) for system in systems)
    rules = manifest_rules(local, remote, template)
    assert await engine.check("outgoing", rules.outgoing, "outgoing.py") == ()
    assert await engine.check("incoming", rules.incoming, "incoming.py") == ()
    assert not varies(rules.outgoing)
    assert not varies(rules.incoming)


async def test_everything_that_a_tracker_has_leaves(engine, issue, context):
    rich = msgspec.structs.replace(issue, fields=issue.fields | RICH)
    rules = manifest_rules(Manifest("jira", EVERYTHING), Manifest("redmine"))
    sent = await engine.outgoing(rules, rich, context)
    assert {name: sent.fields[name] for name in RICH} == RICH
    assert "customfield_1" not in sent.fields


async def test_what_this_tracker_can_hold_is_taken(engine, replica, context):
    here = frozenset({"summary", "status", "resolution", "due", "assignee", "components", "area"})
    rules = manifest_rules(Manifest("jira", here), Manifest("jira", EVERYTHING))
    wanted = await engine.incoming(rules, _rich(replica), None, context)
    taken = {name: wanted.fields[name] for name in RICH if name in wanted.fields}
    assert taken == {n: RICH[n] for n in ("resolution", "due", "assignee", "components")}


async def test_a_path_without_a_line_stays_as_it_is_here(engine, replica, context):
    rules = manifest_rules(Manifest("x", EVERYTHING), Manifest("x", EVERYTHING))
    assert "area" not in (await engine.incoming(rules, _rich(replica), None, context)).fields
    source = rules.incoming.replace("AREA: dict[str, str] = {}", 'AREA = {"Web / Login": "W"}')
    edited = msgspec.structs.replace(rules, incoming=source)
    assert (await engine.incoming(edited, _rich(replica), None, context)).fields["area"] == "W"


async def test_words_for_an_ending_are_mapped(engine, replica, context, monkeypatch):
    ending = {"Done": "solved", "Wontfix": "refused"}
    other = msgspec.structs.replace(VOCABULARIES["redmine"], resolutions=ending)
    monkeypatch.setitem(VOCABULARIES, "redmine", other)
    local, remote = Manifest("redmine", EVERYTHING), Manifest("jira", EVERYTHING)
    fields = {"summary": "x", "resolution": "Won't Do"}
    wanted = await engine.incoming(
        manifest_rules(local, remote), _rich(replica, fields), None, context
    )
    assert wanted.fields["resolution"] == "Wontfix"


async def test_who_reported_stays_readable_where_the_field_cannot_be_written(
    engine, replica, issue, context
):
    local = Manifest("github", EVERYTHING, frozenset({"reporter"}))
    rules = manifest_rules(local, Manifest("github", EVERYTHING))
    mirror = msgspec.structs.replace(context, mirror=True)
    rich = _rich(replica, replica.fields | RICH)

    wanted = await engine.incoming(rules, rich, None, mirror)
    described = wanted.fields["description"]
    assert described.blocks == (
        Paragraph((Text("Reported by Bo."),)),
        *replica.fields["description"].blocks,
    )
    assert "reporter" not in wanted.fields

    held = msgspec.structs.replace(issue, fields=issue.fields | {"description": described})
    back = await engine.outgoing(rules, held, mirror)
    assert back.fields["description"] == replica.fields["description"]

    ours = await engine.incoming(rules, rich, issue, context)
    assert ours.fields["description"] == replica.fields["description"]
    bare = await engine.outgoing(rules, issue, mirror)
    assert bare.fields["description"] == issue.fields["description"]


async def test_a_reporter_of_an_issue_without_words_is_all_of_them(engine, replica, context):
    local = Manifest("github", EVERYTHING, frozenset({"reporter"}))
    rules = manifest_rules(local, Manifest("github", EVERYTHING))
    empty = _rich(replica, {"summary": "x", "description": None, "reporter": User("Bo")})
    mirror = msgspec.structs.replace(context, mirror=True)
    wanted = await engine.incoming(rules, empty, None, mirror)
    assert to_plain(wanted.fields["description"]) == "Reported by Bo."


def _rich(replica, fields=RICH):
    return msgspec.structs.replace(replica, fields=fields)


def _statuses(system: str) -> list[str]:
    jira = ["To Do", "In Progress", "In Review", "Done"]
    return jira if system == "jira" else ["New", "Active", "Resolved", "Closed"]


async def _mapped(engine, rules, replica, context, status):
    replica = msgspec.structs.replace(replica, fields={"status": status})
    return (await engine.incoming(rules, replica, None, context)).fields["status"]
