"""Mapping tables and field flows: the same answer in fixed rules, in scripts and without code."""

import pytest

from schemas.errors import MappingError, RuleError
from schemas.mapping import FieldFlow
from schemas.replica import Replica
from schemas.rules import RuleContext, RuleSet
from schemas.values import User
from service.rules.declared import Declared, DeclaredEngine, Words, source_of
from service.rules.defaults import Manifest, default_rules

CONTEXT = RuleContext("c", "acme", "globex", project="P")
SCRIPT = """\
def outgoing(issue: Issue, context: Context) -> Replica | None:
    return Replica(summary=issue.summary, status=issue.status)
"""
MAPPED = """\
def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    return Wanted(
        summary=replica.summary,
        status=mapped("status", replica.status),
        labels=mapped("labels", replica.labels),
    )
"""
LABELS = Words({"urgent": "hot"}, "keep", "", frozenset({"secret"}))


def words(unmapped: str = "park", default: str = "", *skipped: str) -> Words:
    return Words({"Doing": "In Progress"}, unmapped, default, frozenset(skipped))


def declared(status: Words, *, fixed: bool) -> Declared:
    tables = {"status": status, "labels": LABELS}
    return Declared(tables, {}, fixed, source_of(tables))


async def taken(engine, given: Declared, incoming: str, **fields):
    rules = RuleSet(1, SCRIPT, incoming, given.source)
    replica = Replica({"summary": "s", "labels": ("a", "secret", "urgent")} | fields)
    return await DeclaredEngine(engine, given).incoming(rules, replica, None, CONTEXT)


async def basic(engine, given: Declared, **fields):
    _, incoming = default_rules(Manifest("jira"), Manifest("unknown"))
    return await taken(engine, given, incoming, **fields)


async def script(engine, given: Declared, **fields):
    return await taken(engine, given, MAPPED, **fields)


@pytest.mark.parametrize("mode", [basic, script], ids=["basic", "script"])
@pytest.mark.parametrize(
    ("table", "value", "here"),
    [
        (words(), "Doing", "In Progress"),
        (words(), "doing", "In Progress"),
        (words("keep"), "Odd", "Odd"),
        (words("default", "Open"), "Odd", "Open"),
        (words("skip"), "Odd", None),
        (words("park", "", "Odd"), "Odd", None),
    ],
)
async def test_a_value_is_mapped_kept_replaced_or_left_alone(
    engine, mode, table: Words, value: str, here: str | None
) -> None:
    wanted = await mode(engine, declared(table, fixed=mode is basic), status=value)
    assert wanted.fields.get("status") == here
    assert ("status" in wanted.fields) is (here is not None)
    assert wanted.fields["labels"] == ("a", "hot")


@pytest.mark.parametrize("mode", [basic, script], ids=["basic", "script"])
async def test_a_value_without_a_line_names_itself(engine, mode) -> None:
    with pytest.raises(MappingError) as refused:
        await mode(engine, declared(words(), fixed=mode is basic), status="Odd 'one'\x1d☃")
    assert (refused.value.field, refused.value.value) == ("status", "Odd 'one'\x1d☃")


async def test_a_table_goes_before_the_words_of_the_rule(engine) -> None:
    _, incoming = default_rules(Manifest("jira"), Manifest("azure-devops"))
    given = Declared(t := {"status": words()}, {}, True, source_of(t))
    ours = await taken(engine, given, incoming, status="Doing")
    theirs = await taken(engine, given, incoming, status="Active")
    assert (ours.fields["status"], theirs.fields["status"]) == ("In Progress", "In Progress")
    with pytest.raises(MappingError):
        await taken(engine, given, incoming, status="Nowhere")


async def test_a_script_that_asks_for_a_table_that_is_not_there_is_told(engine) -> None:
    rules = RuleSet(1, SCRIPT, MAPPED)
    with pytest.raises(RuleError, match="no mapping table for status"):
        await engine.incoming(rules, Replica({"summary": "s", "status": "x"}), None, CONTEXT)


async def test_the_check_knows_the_tables(engine) -> None:
    assert await engine.check("incoming", MAPPED, "incoming.py") == ()
    assert await engine.check("incoming", MAPPED.replace('"status"', "1"), "incoming.py")


PEOPLE = """\
def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None:
    return Wanted(
        assignee=mapped("users", replica.assignee),
        reporter=map_user({"chief": "u7"}, replica.reporter),
    )
"""


@pytest.mark.parametrize(
    ("there", "here", "ours"),
    [
        (User("Ann", "ANN@there.example"), User("bob", "", "bob"), True),
        (User("Chief", "x@there.example"), User("c@here.example", *["c@here.example"] * 2), True),
        (User("Zoe", "zoe@there.example", "z"), User("Zoe", "zoe@there.example", "z"), False),
        (None, None, False),
    ],
)
async def test_a_script_asks_the_table_of_people(engine, there, here, ours) -> None:
    table = {"ann@there.example": "bob", "Chief": "c@here.example"}
    given = Declared({}, {}, False, source_of({}, table))
    wanted = await taken(engine, given, PEOPLE, assignee=there, reporter=User("Chief"))
    assert wanted.fields == {"assignee": here, "reporter": User("u7", "", "u7")}
    assert wanted.ours == {"reporter"} | ({"assignee"} if ours else set())


async def test_without_a_table_of_people_everybody_stays_as_they_are(engine) -> None:
    wanted = await taken(engine, Declared(), PEOPLE, assignee=User("Ann"), reporter=User("Zoe"))
    assert wanted.fields == {"assignee": User("Ann"), "reporter": User("Zoe")}
    assert wanted.ours == frozenset()


@pytest.mark.parametrize("value", ["'Ann'", "replica.labels"])
async def test_the_table_of_people_is_asked_with_a_person(engine, value) -> None:
    head = "def incoming(replica, issue, context):"
    rule = f"{head}\n    return Wanted(labels=mapped('users', {value}))"
    given = Declared({}, {}, False, source_of({}, {"Ann": "bob"}))
    with pytest.raises(RuleError, match="no mapping table for users"):
        await taken(engine, given, rule)


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        ('assignee=mapped("users", replica.assignee)', True),
        ('assignee=mapped("users", User("Ann"))', True),
        ('assignee=mapped("users", replica.status)', False),
        ('assignee=mapped("status", replica.assignee)', False),
        ('status=mapped("users", replica.assignee)', False),
    ],
)
async def test_the_check_knows_the_table_of_people(engine, wanted, fits) -> None:
    head = PEOPLE.splitlines()[0]
    found = await engine.check("incoming", f"{head}\n    return Wanted({wanted})\n", "incoming.py")
    assert (found == ()) is fits


async def test_fields_go_the_way_that_was_declared(engine, issue) -> None:
    flow = {
        "summary": FieldFlow("in"),
        "status": FieldFlow("both", {"type": ("story",), "labels": ("urgent", "x")}),
        "customfield_1": FieldFlow("out"),
        "priority": FieldFlow("none"),
        "comments": FieldFlow("out", {"type": ("Bug",)}),
    }
    outgoing, _ = default_rules(Manifest("jira"), Manifest("github"))
    rules = RuleSet(1, outgoing, MAPPED)
    sent = await DeclaredEngine(engine, Declared({}, flow)).outgoing(rules, issue, CONTEXT)
    assert sent.comments == ()
    assert sent.attachments == ("a1",)
    assert sorted(sent.fields) == ["customfield_1", "description", "labels", "status", "type"]
    assert sent.fields["customfield_1"] == "blue"
    flow["status"] = FieldFlow("both", {"type": ("Bug",)})
    sent = await DeclaredEngine(engine, Declared({}, flow)).outgoing(rules, issue, CONTEXT)
    assert "status" not in sent.fields


async def test_what_comes_in_is_filtered_too(engine) -> None:
    flow = {"status": FieldFlow("out"), "severity": FieldFlow("in"), "labels": FieldFlow("out")}
    tables = {"severity": Words({"1": "high"}, "park", "", frozenset())}
    given = Declared(tables, flow, True, source_of(tables))
    _, incoming = default_rules(Manifest("jira"), Manifest("unknown"))
    wanted = await taken(engine, given, incoming, status="Odd", severity="1")
    assert wanted.fields["severity"] == "high"
    assert not {"status", "labels"} & wanted.fields.keys()
