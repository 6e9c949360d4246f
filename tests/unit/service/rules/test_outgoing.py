"""What an outgoing rule sees, and what comes of what it returns."""

import msgspec
import pytest

from schemas.errors import RuleError
from schemas.rich_text import Paragraph, RichText, Text, plain
from schemas.values import Digest, User, digest


async def test_what_the_rule_names_leaves_and_nothing_else(engine, outgoing_rule, issue, context):
    rules = outgoing_rule("return Replica(summary=issue.summary, labels=issue.labels)")
    sent = await engine.outgoing(rules, issue, context)
    assert sent.fields == {"summary": "Crash ☃ \U0001f600", "labels": ("backend", "urgent")}
    assert sent.comments == ()
    assert sent.attachments == ()


async def test_none_lets_nothing_out(engine, outgoing_rule, issue, context):
    assert await engine.outgoing(outgoing_rule("return None"), issue, context) is None


async def test_unchanged_rich_text_is_the_very_same_object(engine, outgoing_rule, issue, context):
    rules = outgoing_rule("return Replica(description=issue.description, comments=issue.comments)")
    sent = await engine.outgoing(rules, issue, context)
    assert sent.fields["description"] is issue.fields["description"]
    assert sent.comments[0].body is issue.comments[0].body


async def test_a_digest_passes_through_as_it_is(engine, outgoing_rule, issue, context):
    held = Digest(digest(issue.fields["description"]))
    issue.fields["description"] = held
    rules = outgoing_rule("return Replica(description=issue.description)")
    assert (await engine.outgoing(rules, issue, context)).fields == {"description": held}
    rules = outgoing_rule("return Replica(description=issue.description.append('x'))")
    with pytest.raises(RuleError, match="description: this text is not at hand"):
        await engine.outgoing(rules, issue, context)


async def test_text_and_markdown_are_there_when_asked_for(engine, outgoing_rule, issue, context):
    rules = outgoing_rule(
        "return Replica(fields={'t': text(issue.description), 'n': text(None),"
        " 'm': markdown(issue.comments[0].body)})"
    )
    for _ in range(2):  # nothing is left over from one run to the next
        sent = await engine.outgoing(rules, issue, context)
        assert sent.fields["t"] == "Steps\n\npress the button"
        assert sent.fields["m"] == "# Steps\n\npress the button"
        assert sent.fields["n"] == ""
    issue.fields["description"] = plain("other")
    assert (await engine.outgoing(rules, issue, context)).fields["t"] == "other"


async def test_a_string_for_a_rich_field_is_markdown(engine, outgoing_rule, issue, context):
    issue.fields["acceptance"] = plain("old")
    rules = outgoing_rule(
        "issue.comments[0].body = 'changed'\n"
        "return Replica(description='new', comments=issue.comments[:1],"
        " fields={'acceptance': 'yes', 'customfield_1': 'plain'})"
    )
    sent = await engine.outgoing(rules, issue, context)
    assert sent.fields == {
        "description": plain("new"),
        "acceptance": plain("yes"),
        "customfield_1": "plain",
    }
    assert [comment.body for comment in sent.comments] == [plain("changed")]


async def test_lines_can_be_added_around_rich_text(engine, outgoing_rule, issue, context):
    rules = outgoing_rule(
        "d = issue.description.prepend('*before*').append('after')\n"
        "return Replica(description=d, fields={'words': text(d)})"
    )
    sent = await engine.outgoing(rules, issue, context)
    first, *middle, last = sent.fields["description"].blocks
    assert first == Paragraph((Text("*before*"),))
    assert tuple(middle) == issue.fields["description"].blocks
    assert last == Paragraph((Text("after"),))
    assert sent.fields["words"] == "*before*\n\nSteps\n\npress the button\n\nafter"


async def test_lists_become_sorted_sets(engine, outgoing_rule, issue, context):
    rules = outgoing_rule("return Replica(labels=['z', 'a', 'z'], fields={'tags': {'q', 'b'}})")
    sent = await engine.outgoing(rules, issue, context)
    assert sent.fields == {"labels": ("a", "z"), "tags": ("b", "q")}


@pytest.mark.parametrize("length", range(5))
async def test_tuples_of_any_length_become_sets(engine, outgoing_rule, issue, context, length):
    words = tuple("abcd"[:length])
    issue.fields["tags"] = ("old",)
    rules = outgoing_rule(f"return Replica(labels={words!r}, fields={{'tags': {words!r}}})")
    sent = await engine.outgoing(rules, issue, context)
    assert sent.fields == {"labels": words, "tags": words}


async def test_each_comment_has_an_author_of_its_own(engine, outgoing_rule, issue, context):
    first = issue.comments[0]
    issue = msgspec.structs.replace(
        issue, comments=(first, msgspec.structs.replace(first, id="c2"))
    )
    rules = outgoing_rule(
        "one, two = issue.comments\n"
        "one.author.name = 'Somebody'\n"
        "return Replica(fields={'x': f'{one.author.name}, {two.author.name}'})"
    )
    sent = await engine.outgoing(rules, issue, context)
    assert sent.fields == {"x": "Somebody, Ann Lee"}


async def test_a_field_that_the_issue_lacks_is_not_sent_as_empty(
    engine, outgoing_rule, issue, context
):
    del issue.fields["priority"]
    del issue.fields["labels"]
    rules = outgoing_rule(
        "return Replica(priority=issue.priority, labels=issue.labels, reporter=issue.reporter)"
    )
    sent = await engine.outgoing(rules, issue, context)
    assert sent.fields == {"reporter": None}


async def test_clear_empties_what_the_issue_lacks(engine, outgoing_rule, issue, context):
    rules = outgoing_rule("return Replica(labels=CLEAR, fields={'resolution': CLEAR})")
    sent = await engine.outgoing(rules, issue, context)
    assert sent.fields == {"labels": (), "resolution": None}


async def test_users_and_numbers_keep_their_kind(engine, outgoing_rule, issue, context):
    rules = outgoing_rule(
        "return Replica(assignee=issue.assignee, reporter=User(email='bo@example.com'),"
        " fields={'estimate': issue.fields['estimate'], 'open': True, 'n': -3})"
    )
    sent = await engine.outgoing(rules, issue, context)
    assert sent.fields["assignee"] == issue.fields["assignee"]
    assert sent.fields["reporter"] == User(email="bo@example.com")
    assert (sent.fields["estimate"], sent.fields["open"], sent.fields["n"]) == (2.5, True, -3)


async def test_comments_carry_what_a_rule_wants_to_know(engine, outgoing_rule, issue, context):
    rules = outgoing_rule(
        "c, f = issue.comments[0], issue.attachments[0]\n"
        "return Replica(fields={'x': f'{c.id} {c.author.name} {c.author.email} {c.created}"
        " {c.internal} {f.filename} {f.size} {f.mime} {issue.key} {issue.url} {issue.project}'})"
    )
    sent = await engine.outgoing(rules, issue, context)
    assert sent.fields["x"] == (
        "c1 Ann Lee ann@example.com 1700000000123 False log.txt 12 text/plain"
        " WEB-1 https://jira.example/browse/WEB-1 WEB"
    )


async def test_control_characters_in_values_change_nothing(engine, outgoing_rule, issue, context):
    odd = "a\x1db\x1ec\x1fd\x00e\u2028f"
    issue.fields["summary"] = odd
    issue.fields["labels"] = ("x\x1fy",)
    rules = outgoing_rule("return Replica(summary=issue.summary, labels=issue.labels)")
    sent = await engine.outgoing(rules, issue, context)
    assert sent.fields == {"summary": odd, "labels": ("x\x1fy",)}
    issue.fields["a\x1fb\x1estatus\x1fDone"] = "x"
    issue.fields["assignee"] = User("Ann\x1eLee", "a\x1d@example.com")
    rules = outgoing_rule("return Replica(status=issue.status, assignee=issue.assignee)")
    sent = await engine.outgoing(rules, issue, context)
    odd_one = issue.fields["assignee"]
    assert sent.fields == {"status": "To Do", "assignee": odd_one}


async def test_large_text_costs_the_sandbox_nothing(engine, outgoing_rule, issue, context):
    large = plain("long line " * 4_000_000)
    issue.fields["description"] = large
    rules = outgoing_rule("return Replica(description=issue.description)")
    assert (await engine.outgoing(rules, issue, context)).fields["description"] is large


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ("Replica(status=3)", r"status: a name is expected, a number \(3\) was given"),
        ("Replica(summary=None)", "summary: text is expected, None was given"),
        ("Replica(labels='a')", r"labels: a list of texts is expected, a text \('a'\) was given"),
        ("Replica(labels=['a', 1])", r"labels: a list of texts is expected, it holds a number"),
        ("Replica(assignee='ann')", "assignee: a User is expected, a text"),
        ("Replica(assignee=User(name=1))", "assignee: a User is made of texts"),
        ("Replica(description=4)", "description: formatted text or Markdown is expected"),
        ("Replica(fields={'x': {'y': 1}})", "x: a dict cannot be the value of a field"),
        ("Replica(fields={'x': 10 ** 30})", "x: a number beyond 64 bits cannot be"),
        ("Replica(fields={'x': float('nan')})", "x: a number .* cannot be the value"),
        ("Replica(fields={1: 'x'})", "fields: names are texts"),
        ("Replica(fields=[])", "fields: a dict is expected, a list was given"),
        ("Replica(description=RichText(9))", "description: this formatted text was not given"),
        ("Replica(comments=['x'])", "comments: Comment is expected, str was given"),
        ("Replica(comments=[Comment('c9', 'x', None, 0, False)])", "'c9'.* was not given"),
        ("Replica(comments=[Comment('c1', 5, None, 0, False)])", "a body is formatted text"),
        ("Replica(comments=[Comment('c1', 'x', None, 0, 1)])", "internal is True or False"),
        ("Replica(attachments=[Attachment('zz', '', 0, '')])", "attachments: .*'zz'"),
        ("{'summary': 'x'}", r"outgoing\(\): Replica is expected, dict was given"),
        ("Wanted()", r"outgoing\(\): Replica is expected, Wanted was given"),
    ],
)
async def test_a_wrong_result_names_field_given_and_expected(
    engine, outgoing_rule, issue, context, result, message
):
    rules = outgoing_rule(f"return {result}")
    with pytest.raises(RuleError, match=message) as caught:
        await engine.outgoing(rules, issue, context)
    assert caught.value.file == "outgoing.py"
    assert caught.value.line == 1
    assert caught.value.remedy


async def test_handles_of_another_run_do_not_exist(engine, outgoing_rule, issue, context):
    assert isinstance(issue.fields["description"], RichText)
    rules = outgoing_rule("return Replica(description=RichText(-1))")
    with pytest.raises(RuleError, match="was not given to the rule"):
        await engine.outgoing(rules, issue, context)
