"""What a person reads when a rule fails: their file, their line, the next step."""

import pytest

from schemas.errors import MappingError, RuleError
from schemas.rules import RuleSet

TABLE = """\
STATUS = {"New": "To Do"}


def status_of(replica):
    return must_map("status", STATUS, replica.status)


def incoming(replica, issue, context):
    return Wanted(status=status_of(replica))
"""


async def test_a_raise_names_file_line_and_shows_the_place(engine, outgoing_rule, issue, context):
    rules = outgoing_rule("names = {}\nreturn Replica(status=names[issue.status])")
    with pytest.raises(RuleError, match="KeyError: 'To Do'") as caught:
        await engine.outgoing(rules, issue, context)
    error = caught.value
    assert (error.file, error.line) == ("outgoing.py", 3)
    assert error.remedy == "Correct the rule, then retry."
    assert error.trace.splitlines()[:2] == [
        '  File "outgoing.py", line 3, in outgoing',
        "    return Replica(status=names[issue.status])",
    ]
    caret = error.trace.splitlines()[2]
    assert caret.count("^") == len("names[issue.status]")
    assert caret.index("^") == 4 + len("return Replica(status=")


async def test_an_error_while_the_file_loads_has_its_line(engine, replica, context):
    rules = RuleSet(1, "", "\n\nTABLE = 1 / 0\n\ndef incoming(replica, issue, context): ...\n")
    with pytest.raises(RuleError, match="ZeroDivisionError") as caught:
        await engine.incoming(rules, replica, None, context)
    assert (caught.value.file, caught.value.line) == ("incoming.py", 3)


async def test_an_unmapped_value_is_a_mapping_error(engine, replica, context):
    with pytest.raises(MappingError) as caught:
        await engine.incoming(RuleSet(1, "", TABLE), replica, None, context)
    error = caught.value
    assert (error.field, error.value) == ("status", "Active")
    assert error.message == "The status 'Active' has no counterpart here."
    assert error.remedy == (
        "Add 'Active' to the status table in incoming.py, or give it a default, then retry."
    )


async def test_stop_parks_with_the_message(engine, outgoing_rule, issue, context):
    rules = outgoing_rule("if issue.key == 'WEB-1':\n    stop('Ask Bo \U0001f600 first.')")
    with pytest.raises(RuleError) as caught:
        await engine.outgoing(rules, issue, context)
    assert caught.value.message == "Ask Bo \U0001f600 first."
    assert caught.value.line == 3


async def test_a_syntax_error_has_file_and_line(engine, issue, context):
    rules = RuleSet(1, "def outgoing(issue, context):\n    return (\n", "")
    with pytest.raises(RuleError, match="SyntaxError") as caught:
        await engine.outgoing(rules, issue, context)
    assert caught.value.file == "outgoing.py"
    assert caught.value.line >= 2


async def test_a_missing_function_is_named(engine, issue, replica, context):
    rules = RuleSet(1, "x = 1\n", "def incomming(): ...\n")
    with pytest.raises(RuleError, match=r"outgoing.py has no function outgoing\(issue, context\)"):
        await engine.outgoing(rules, issue, context)
    with pytest.raises(RuleError, match=r"no function incoming\(replica, issue, context\)"):
        await engine.incoming(rules, replica, None, context)


async def test_wrong_parameters_are_a_rule_error(engine, issue, context):
    rules = RuleSet(1, "def outgoing(issue):\n    return None\n", "")
    with pytest.raises(RuleError, match=r"TypeError: outgoing\(\)") as caught:
        await engine.outgoing(rules, issue, context)
    assert (caught.value.file, caught.value.line) == ("outgoing.py", 1)


async def test_the_prelude_does_not_show_in_a_trace(engine, replica, context):
    rules = RuleSet(1, "", TABLE.replace("must_map", "map_value").replace("STATUS,", "5,"))
    with pytest.raises(RuleError) as caught:
        await engine.incoming(rules, replica, None, context)
    assert caught.value.line == 5
    assert "python-input" not in caught.value.trace
    assert "_run_incoming" not in caught.value.trace
