"""A rule asks for the keys of other issues, by what its context knows."""

import msgspec
import pytest

from schemas.errors import RuleError
from schemas.rules import RuleSet
from service.rules.port import KeyAsked

OUT = "def outgoing(issue, context):\n    return Replica(fields={'epic': %s})\n"


@pytest.mark.parametrize(
    ("call", "came"),
    [
        ("remote_key_of('WEB-7')", "GLX-7"),
        ("local_key_of('GLX-7')", "WEB-7"),
        ("str(remote_key_of('WEB-8'))", "None"),
        ("str(local_key_of(None))", "None"),
    ],
)
async def test_what_the_context_knows_is_answered(engine, issue, context, call, came):
    known = msgspec.structs.replace(
        context,
        remote_keys={"WEB-7": "GLX-7", "WEB-8": None},
        local_keys={"GLX-7": "WEB-7"},
    )
    sent = await engine.outgoing(RuleSet(1, OUT % call, ""), issue, known)
    assert sent.fields == {"epic": came}


@pytest.mark.parametrize("caught", [False, True])
async def test_what_it_does_not_know_is_asked_for(engine, issue, replica, context, caught):
    body = "    return Wanted(fields={'epic': local_key_of('GLX-9')})\n"
    if caught:
        # A rule that looks after its own errors does not hide that it asked.
        inner = body.replace("    return", "        return")
        body = f"    try:\n{inner}    except Exception:\n        return None\n"
    rule = f"def incoming(replica, issue, context):\n{body}"
    with pytest.raises(KeyAsked) as asked:
        await engine.incoming(RuleSet(1, "", rule), replica, issue, context)
    assert (asked.value.way, asked.value.key) == ("local", "GLX-9")
    assert len(engine.sessions.workers()) == 1, "the warm session was lost"


async def test_a_value_error_of_the_rule_s_own_stays_one(engine, issue, context):
    with pytest.raises(RuleError, match="invalid literal") as caught:
        await engine.outgoing(RuleSet(1, OUT % "int('x')", ""), issue, context)
    assert not isinstance(caught.value, KeyAsked)
    assert caught.value.line == 2
