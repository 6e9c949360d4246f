"""What an incoming rule sees, and what comes of what it returns."""

import msgspec
import pytest

from schemas.errors import RuleError
from schemas.replica import ReplicaComment
from schemas.rich_text import Paragraph, Text, plain
from schemas.values import Digest, User, Work


async def test_the_wanted_issue_comes_from_the_replica(
    engine, incoming_rule, replica, issue, context
):
    rules = incoming_rule(
        "return Wanted(project=context.project, type='Bug', summary=replica.summary,"
        " description=replica.description, comments=replica.comments,"
        " attachments=replica.attachments, fields={'link': replica.url, 'was': issue.status})"
    )
    wanted = await engine.incoming(rules, replica, issue, context)
    assert wanted.project == "WEB"
    assert wanted.type == "Bug"
    assert wanted.fields["description"] is replica.fields["description"]
    assert wanted.fields["link"] == "https://dev.azure.example/17"
    assert wanted.fields["was"] == "To Do"
    assert wanted.comments[0].body is replica.comments[0].body
    assert wanted.attachments == ("f1",)


async def test_there_is_no_issue_on_the_first_sync(engine, incoming_rule, replica, context):
    rules = incoming_rule("return Wanted(summary='new' if issue is None else 'old')")
    assert (await engine.incoming(rules, replica, None, context)).fields == {"summary": "new"}


async def test_none_ignores_the_replica(engine, incoming_rule, replica, context):
    rules = incoming_rule("return None if replica.key == '17' else Wanted()")
    assert await engine.incoming(rules, replica, None, context) is None


async def test_comments_of_the_local_issue_cannot_be_taken_over(
    engine, incoming_rule, replica, issue, context
):
    rules = incoming_rule("return Wanted(comments=issue.comments)")
    with pytest.raises(RuleError, match=r"comments: .*'c1'.* was not given"):
        await engine.incoming(rules, replica, issue, context)


async def test_local_rich_text_may_be_used(engine, incoming_rule, replica, issue, context):
    issue.fields["description"] = plain("mine")
    rules = incoming_rule("return Wanted(description=issue.description)")
    wanted = await engine.incoming(rules, replica, issue, context)
    assert wanted.fields["description"] is issue.fields["description"]


async def test_a_comment_that_did_not_change_is_not_shown(engine, incoming_rule, replica, context):
    held = ReplicaComment("r0", Digest("0" * 64))
    replica = msgspec.structs.replace(replica, comments=(held, *replica.comments))
    rules = incoming_rule("return Wanted(comments=replica.comments)")
    wanted = await engine.incoming(rules, replica, None, context)
    assert [comment.id for comment in wanted.comments] == ["r1"]


async def test_what_the_replica_lacks_stays_as_it_is(engine, incoming_rule, replica, context):
    del replica.fields["priority"]
    rules = incoming_rule(
        "return Wanted(priority=must_map('priority', {}, replica.priority),"
        " assignee=replica.assignee, fields={'resolution': CLEAR})"
    )
    wanted = await engine.incoming(rules, replica, None, context)
    assert wanted.fields == {"resolution": None}


@pytest.mark.parametrize("body", ["comment.body", "markdown(comment.body)"])
async def test_with_author_names_who_wrote(engine, incoming_rule, replica, context, body):
    rules = incoming_rule(
        f"for comment in replica.comments:\n    comment.body = {body}\n"
        "return Wanted(comments=[with_author(comment) for comment in replica.comments])"
    )
    (comment,) = (await engine.incoming(rules, replica, None, context)).comments
    assert comment.body.blocks[0] == Paragraph((Text("Ann Lee wrote:"),))
    assert len(comment.body.blocks) == 3


async def test_with_author_leaves_a_comment_of_nobody_alone(
    engine, incoming_rule, replica, context
):
    nobody = ReplicaComment("r1", plain("hi"))
    replica = msgspec.structs.replace(replica, comments=(nobody,))
    rules = incoming_rule("return Wanted(comments=[with_author(c) for c in replica.comments])")
    (comment,) = (await engine.incoming(rules, replica, None, context)).comments
    assert comment.body is nobody.body


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("map_value({'Active': 'Doing'}, replica.status)", "Doing"),
        ("map_value({'ACTIVE': 'Doing'}, replica.status)", "Doing"),
        ("map_value({}, replica.status)", "Active"),
        ("map_value({}, replica.status, default='Open')", "Open"),
        ("map_value({}, None, default='Open')", "Open"),
        ("must_map('status', {'active': 'Doing'}, replica.status)", "Doing"),
    ],
)
async def test_mapping(engine, incoming_rule, replica, context, call, expected):
    rules = incoming_rule(f"return Wanted(status={call})")
    wanted = await engine.incoming(rules, replica, None, context)
    assert wanted.fields == {"status": expected}


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ("Wanted(type=3)", "type: a name is expected"),
        ("Wanted(project=None)", "project: a key is expected, None was given"),
        ("Replica()", r"incoming\(\): Wanted is expected, Replica was given"),
    ],
)
async def test_a_wrong_result_is_refused(engine, incoming_rule, replica, context, result, message):
    with pytest.raises(RuleError, match=message) as caught:
        await engine.incoming(incoming_rule(f"return {result}"), replica, None, context)
    assert caught.value.file == "incoming.py"


async def test_time_spent_passes_through_and_can_be_changed(
    engine, incoming_rule, replica, context
) -> None:
    record = ReplicaComment("w", plain("done"), User("Ann"), work=Work(5400, 7))
    replica = msgspec.structs.replace(replica, comments=(record,))
    passed = incoming_rule("return Wanted(comments=[with_author(c) for c in replica.comments])")
    (comment,) = (await engine.incoming(passed, replica, None, context)).comments
    assert comment.work == Work(5400, 7)
    halved = incoming_rule(
        "for c in replica.comments:\n    c.work = Work(c.work.seconds // 2, c.work.started)\n"
        "return Wanted(comments=replica.comments)"
    )
    (comment,) = (await engine.incoming(halved, replica, None, context)).comments
    assert comment.work == Work(2700, 7)


@pytest.mark.parametrize("work", ["3", "Work(1.5, 0)", "Work(-1, 0)", "Work(1, '')"])
async def test_time_spent_must_be_time(engine, incoming_rule, replica, context, work) -> None:
    rules = incoming_rule(
        f"for c in replica.comments:\n    c.work = {work}\nreturn Wanted(comments=replica.comments)"
    )
    with pytest.raises(RuleError, match="comments: work"):
        await engine.incoming(rules, replica, None, context)
