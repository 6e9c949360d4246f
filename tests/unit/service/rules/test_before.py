"""What a rule is told of before: fields as they were, which comments changed, what was removed."""

import msgspec
import pytest

from schemas.errors import RuleError
from schemas.rich_text import plain
from schemas.values import Digest, User

PREVIOUS = {
    "status": "Open",
    "labels": ("a", "b"),
    "assignee": User("Ann", "ann@example.com", "u7"),
    "description": plain("long"),
    "summary": Digest("0" * 64),
}


async def said(engine, rule, issue, context):
    sent = await engine.outgoing(rule, issue, context)
    return sent.fields["summary"]


async def test_outgoing_sees_what_was_sent_last(engine, outgoing_rule, issue, context):
    rule = outgoing_rule(
        "was = context.previous\n"
        "who = was['assignee'].email if was else ''\n"
        "return Replica(summary=f'{sorted(was)} {was.get(\"labels\")} {who}')"
    )
    assert await said(engine, rule, issue, context) == "[] None "
    context = msgspec.structs.replace(context, previous=PREVIOUS)
    told = "['assignee', 'labels', 'status'] ['a', 'b'] ann@example.com"
    assert await said(engine, rule, issue, context) == told


async def test_a_comment_tells_whether_the_other_side_has_an_earlier_wording(
    engine, outgoing_rule, issue, context
):
    rule = outgoing_rule("return Replica(summary=str([(c.id, c.changed) for c in issue.comments]))")
    context = msgspec.structs.replace(context, told=frozenset({"c2"}))
    assert await said(engine, rule, issue, context) == "[('c1', False), ('c2', True)]"


async def test_incoming_sees_what_changed_and_what_was_removed(
    engine, incoming_rule, replica, context
):
    rule = incoming_rule(
        "return Wanted(summary=str([c.changed for c in replica.comments])"
        " + str(replica.removed_comments) + str(replica.removed_attachments)"
        " + str(context.previous.get('status')))"
    )
    wanted = await engine.incoming(rule, replica, None, context)
    assert wanted.fields["summary"] == "[False][][]None"
    replica = msgspec.structs.replace(
        replica, removed_comments=("r7", "r8"), removed_attachments=("f2",)
    )
    context = msgspec.structs.replace(context, taken=frozenset({"r1"}), previous=PREVIOUS)
    wanted = await engine.incoming(rule, replica, None, context)
    assert wanted.fields["summary"] == "[True]['r7', 'r8']['f2']Open"


async def test_the_end_of_the_sync_is_part_of_the_result(
    engine, outgoing_rule, incoming_rule, issue, replica, context
):
    sent = await engine.outgoing(
        outgoing_rule("return Replica(summary='x', stop_syncing=True)"), issue, context
    )
    assert sent.stop_syncing
    rule = incoming_rule("return Wanted(stop_syncing=True)")
    assert (await engine.incoming(rule, replica, None, context)).stop_syncing
    with pytest.raises(RuleError, match="stop_syncing: True or False"):
        await engine.outgoing(outgoing_rule("return Replica(stop_syncing='yes')"), issue, context)


@pytest.mark.parametrize(
    ("call", "came"),
    [
        ("cut('Login fails', 11)", "Login fails"),
        ("cut('Login fails', 8)", "Login f…"),
        ("cut('Login fails', 8, '')", "Login fa"),
        ("cut('Login', 1)", "…"),
        ("as_label('needs  my review')", "needs_my_review"),
        ("prefixed({'A': '1', 'A / B': '2'}, 'a / b / c')", "2"),
        ("prefixed({'A': '1'}, 'B', 'none')", "none"),
    ],
)
async def test_words_for_texts(engine, outgoing_rule, issue, context, call, came):
    assert (
        await said(engine, outgoing_rule(f"return Replica(summary={call})"), issue, context) == came
    )
