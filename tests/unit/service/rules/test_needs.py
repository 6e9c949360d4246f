"""What a rule never looks at does not cross; what it may look at does."""

import msgspec
import pytest

from schemas.rules import RuleSet
from service.rules.needs import CONTEXT, looks_at, of_context, varies


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import re, time", True),
        ("from datetime import date", True),
        ("eval('1')", True),
        ("# at any time, a random word", False),
        ("import re", False),
    ],
)
def test_a_rule_that_may_vary_is_known(source, expected):
    assert varies(source) is expected


@pytest.mark.parametrize(
    ("rule", "asks"),
    [
        ("def incoming(replica, issue, context):\n    return None\n", False),
        (
            "def incoming(\n    replica: Replica, issue: Issue | None, context: Context\n"
            ") -> Wanted | None:\n    return Wanted(summary=replica.summary)\n",
            False,
        ),
        ("def incoming(r, here, c):\n    return Wanted(summary=here.summary)\n", True),
        ("def incoming(r, here, c):\n    return locals()\n", True),
        ("def incoming(*given):\n    return given[1]\n", True),
        ("def other(r, i, c):\n    return i\n\n\nincoming = other\n", True),
        ("def incoming(r, i, c):\n    return None\n\n\nincoming = str\n", True),
        ("def incoming(r, i, c):\n    return None\n\n\nfor incoming in [str]: pass\n", True),
        ("@twice\ndef incoming(r, i, c):\n    return None\n", True),
        ("def incoming(r, i, c\n", True),
    ],
)
def test_an_issue_crosses_only_to_rules_that_may_look_at_it(rule, asks):
    assert looks_at((rule,), "incoming", 1) is asks


def test_a_snippet_may_put_another_function_in_the_rule_s_place():
    snippet = "def swap():\n    global outgoing\n    outgoing = str\n"
    rule = "def outgoing(i, c):\n    return None\n"
    assert of_context((rule,), "outgoing") is None
    assert of_context((snippet, rule), "outgoing") == CONTEXT


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        ("return None", None),
        ("return Wanted(project=c.project)", ("project",)),
        ("return Wanted(summary=f'{c.now} {c.connection}')", ("connection", "now")),
        ("return Wanted(summary=c.previous['summary'])", ()),
        ("return helper(c)", CONTEXT),
        ("return getattr(c, 'project')", CONTEXT),
        ("d = c\n    return d.project", CONTEXT),
        ("return eval('c.project')", CONTEXT),
    ],
)
def test_of_the_context_crosses_what_the_rule_may_look_at(body, asked):
    assert of_context((f"def incoming(r, i, c):\n    {body}\n",), "incoming") == asked


@pytest.mark.parametrize("name", CONTEXT)
async def test_each_part_of_the_context_comes_alone_as_with_all_others(
    engine, issue, context, name
):
    context = msgspec.structs.replace(
        context, local_key="WEB-1", remote_key="17", local_url="here", remote_url="there"
    )
    alone = f"def outgoing(i, c):\n    return Replica(fields={{'x': str(c.{name})}})\n"
    handed = (
        f"def told(c):\n    return str(c.{name})\n\n\n"
        "def outgoing(i, c):\n    return Replica(fields={'x': told(c)})\n"
    )
    for source in (alone, handed):
        sent = await engine.outgoing(RuleSet(1, source, ""), issue, context)
        assert sent.fields == {"x": str(getattr(context, name))}
