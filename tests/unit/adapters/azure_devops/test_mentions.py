import pytest

from adapters.azure_devops.simulator.process import SAM, Person
from schemas.issue import CommentDraft, FieldChange
from schemas.rich_text import Mention, Paragraph, RichText, Text

PEOPLE = "GET /_apis/identities"


def told(*parts):
    return RichText((Paragraph((Text("ask "), *parts)),))


@pytest.mark.parametrize("theirs", ["", "5b10ac8d82e05b22cc7d4ef5", "sam.o"])
async def test_who_is_mentioned_there_is_mentioned_here(tracker, simulator, draft, theirs):
    text = told(Mention("Sam Okafor", theirs))
    issue = await tracker.create(draft(description=text))
    assert f"version:2.0,{SAM.id}" in simulator.state.item(1).fields["System.Description"]
    assert issue.fields["description"] == told(Mention("Sam Okafor", SAM.id))
    comment = await tracker.add_comment("1", CommentDraft(text, "m"))
    assert comment.body == told(Mention("Sam Okafor", SAM.id))
    edited = await tracker.edit_comment("1", comment.id, told(Text("x "), *text.blocks[0].content))
    assert Mention("Sam Okafor", SAM.id) in edited.body.blocks[0].content
    assert simulator.calls[PEOPLE] == 1


async def test_what_is_read_is_written_as_it_was(tracker, simulator, draft):
    issue = await tracker.create(draft(description=told(Mention("Zoë Müller"))))
    text = issue.fields["description"]
    longer = RichText((*text.blocks, Paragraph((Text("more"),))))
    changed = await tracker.update(issue, FieldChange({"description": longer}))
    assert changed.fields["description"] == longer


async def test_nobody_is_mentioned_by_mistake(tracker, simulator, draft):
    twin = Person("5a0c2f3e-0000-4000-8000-0000000000aa", "Sam Okafor", "sam2@example.com")
    simulator.state.people.append(twin)
    text = told(Mention("Sam Okafor", "x"), Text(" or "), Mention("Nobody Known", "y"))
    issue = await tracker.create(draft(description=text))
    assert issue.fields["description"] == told(
        Mention("Sam Okafor"), Text(" or "), Mention("Nobody Known")
    )
    held = simulator.state.item(1).fields["System.Description"]
    assert ">@Nobody Known</a>" in held
    assert SAM.id not in held
    sure = await tracker.update(
        issue, FieldChange({"description": told(Mention("Sam Okafor", twin.id))})
    )
    assert sure.fields["description"] == told(Mention("Sam Okafor", twin.id))


async def test_a_token_that_may_not_see_people_still_writes(tracker, simulator, draft):
    simulator.fail_next(status=403, path="/identities")
    issue = await tracker.create(draft(description=told(Mention("Sam Okafor"))))
    assert issue.fields["description"] == told(Mention("Sam Okafor"))


async def test_texts_without_mentions_ask_for_nobody(tracker, simulator, draft):
    await tracker.create(draft(description=told(Text("Sam Okafor"))))
    assert not simulator.calls[PEOPLE]
