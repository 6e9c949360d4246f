"""People who are mentioned in texts."""

import pytest

from adapters.jira.simulator.model import User as Account
from schemas.issue import ALL_PARTS, CommentDraft, FieldChange
from schemas.rich_text import Mention, Paragraph, RichText, Text, to_plain

USER = "GET /rest/api/2/user"


def text(*parts) -> RichText:
    return RichText((Paragraph(parts),))


@pytest.fixture
def people(jira) -> None:
    jira.state.users["asmith"] = Account("asmith", "Ann Smith", "ann@example.com")
    for name in ("kim1", "kim2"):
        jira.state.users[name] = Account(name, "Kim", f"{name}@example.com")


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("mention", "markup"),
    [
        (Mention("Ann Smith"), "[~asmith]"),
        (Mention("Ann Smith", "asmith"), "[~asmith]"),
        (Mention("Ann Smith", "id-of-elsewhere"), "[~asmith]"),
        (Mention("asmith"), "[~asmith]"),
        (Mention("Kim"), "@Kim"),
        (Mention("Nobody Here", "bob"), "@Nobody Here"),
    ],
)
async def test_only_who_is_known_for_sure_is_mentioned(
    jira, tracker, draft, mention, markup
) -> None:
    body = text(Text("Ask "), mention, Text(" first"))
    issue = await tracker.create(draft(description=body, customfield_10006=body))
    held = jira.state.issue(issue.ref.id)
    assert held.description == held.custom["customfield_10006"] == f"Ask {markup} first"
    comment = await tracker.add_comment(issue.ref.id, CommentDraft(body, "c-1"))
    assert held.comments[0].body == f"Ask {markup} first"
    await tracker.edit_comment(issue.ref.id, comment.id, body)
    assert held.comments[0].body == f"Ask {markup} first"


@pytest.mark.usefixtures("people")
async def test_a_mention_is_read_with_the_persons_name_and_is_stable(jira, tracker, draft) -> None:
    issue = await tracker.create(draft())
    state = jira.state
    held = state.issue(issue.ref.id)
    state.edit(held, {"fields": {"description": "Ask [~asmith] or [~gone]"}}, state.me)
    state.add_comment(held, {"body": "[~asmith]"}, state.me)
    read = await tracker.read(issue.ref.id, ALL_PARTS)
    ann = Mention("Ann Smith", "asmith")
    assert read.fields["description"] == text(Text("Ask "), ann, Text(" or "), Mention("gone"))
    assert read.comments[0].body == text(ann)
    assert await tracker.read_comments(issue.ref.id) == read.comments
    wanted = text(Text("Ask "), ann)
    once = await tracker.update(read, FieldChange({"description": wanted}))
    assert once.fields["description"] == wanted
    assert (await tracker.read(issue.ref.id, ALL_PARTS)).fields == once.fields


@pytest.mark.usefixtures("people")
async def test_a_mention_that_was_seen_is_not_overwritten_unseen(jira, tracker, draft) -> None:
    before = await tracker.create(draft(description=text(Mention("Ann Smith"))))
    after = await tracker.update(before, FieldChange({"description": text(Text("Ours"))}))
    assert after.overwritten == {}
    state = jira.state
    theirs = {"fields": {"description": "[~asmith] again"}}
    state.edit(state.issue(before.ref.id), theirs, state.users["bob"])
    again = await tracker.update(after, FieldChange({"description": text(Text("Ours too"))}))
    lost = text(Mention("Ann Smith", "asmith"), Text(" again"))
    assert again.overwritten == {"description": lost}


@pytest.mark.usefixtures("people")
async def test_a_person_is_asked_for_once_in_an_hour(jira, tracker, draft, clock) -> None:
    issue = await tracker.create(draft(description=text(Mention("Ann Smith"))))
    assert jira.calls[USER] == 1
    for _ in range(3):
        await tracker.read(issue.ref.id, ALL_PARTS)
    assert jira.calls[USER] == 1
    clock.millis += 3_600_001
    await tracker.read(issue.ref.id, ALL_PARTS)
    assert jira.calls[USER] == 2


async def test_texts_without_mentions_ask_for_nobody(jira, tracker, draft) -> None:
    issue = await tracker.create(draft())
    read = await tracker.read(issue.ref.id, ALL_PARTS)
    assert to_plain(read.fields["description"]) == "Some text"
    assert jira.calls[USER] == 0
