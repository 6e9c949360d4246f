"""Comments in one memo: nobody's words are lost."""

import asyncio

from adapters.alm.simulator import Fault as SimulatedFault
from adapters.alm.simulator import api_entities, edits
from schemas.errors import Fault
from schemas.issue import CommentDraft, FieldChange
from schemas.rich_text import plain, to_plain
from tests.unit.adapters.alm.support import one_path


def held(alm, issue: str):
    kind, _, number = issue.partition("-")
    return alm.state.entity(kind, int(number))


async def test_a_comment_costs_four_calls(alm, tracker, by_hand) -> None:
    issue = by_hand()
    await tracker.read_comments(issue)
    await tracker.add_comment(issue, CommentDraft(plain("First"), "c-1"))
    alm.calls.clear()
    await tracker.add_comment(issue, CommentDraft(plain("Second"), "c-2"))
    one = one_path("defect")
    assert alm.calls == {
        f"POST {one}/lock": 1,
        f"GET {one}": 1,
        f"PUT {one}": 1,
        f"DELETE {one}/lock": 1,
    }


async def test_comments_that_come_together_are_all_there(alm, connect, by_hand) -> None:
    """Of one connector one after the other; of two, the lock tells the second to come again."""
    issue = by_hand()
    tracker = connect()
    drafts = [CommentDraft(plain(f"Words {n}"), f"c-{n}") for n in range(5)]
    await asyncio.gather(*(tracker.add_comment(issue, one) for one in drafts))
    texts = {to_plain(one.body) for one in await tracker.read_comments(issue)}
    assert texts == {f"Words {n}" for n in range(5)}
    assert held(alm, issue).lock == ""


async def test_who_has_it_open_in_alm_is_waited_for(alm, tracker, by_hand, refusal) -> None:
    issue = by_hand()
    held(alm, issue).lock = "alice"
    draft = CommentDraft(plain("Words"), "c-1")
    error = await refusal(tracker.add_comment(issue, draft))
    assert error.fault is Fault.CONFLICT
    assert error.retry_after
    assert "alice" in error.message
    held(alm, issue).lock = ""
    assert (await tracker.add_comment(issue, draft)).marker == "c-1"


async def test_the_lock_is_given_back_when_the_write_fails(alm, tracker, by_hand, refusal) -> None:
    issue = by_hand()
    await tracker.read_comments(issue)
    alm.fail_next(SimulatedFault(status=500, method="PUT", path="/defects/{id}"))
    error = await refusal(tracker.add_comment(issue, CommentDraft(plain("Words"), "c-1")))
    assert error.fault is Fault.UNKNOWN_OUTCOME
    assert held(alm, issue).lock == ""


async def test_a_lock_that_cannot_be_given_back_undoes_no_comment(alm, tracker, by_hand) -> None:
    issue = by_hand()
    await tracker.read_comments(issue)
    alm.fail_next(SimulatedFault(status=500, method="DELETE", path="/lock"))
    assert (await tracker.add_comment(issue, CommentDraft(plain("Words"), "c-1"))).marker == "c-1"


async def test_a_comment_that_is_there_already_is_not_added_again(alm, tracker, by_hand) -> None:
    issue = by_hand()
    draft = CommentDraft(plain("Words"), "c-1")
    first = await tracker.add_comment(issue, draft)
    version = held(alm, issue).version
    assert await tracker.add_comment(issue, draft) == first
    assert held(alm, issue).version == version


async def test_people_edit_delete_and_format_beside_ours(alm, tracker, by_hand) -> None:
    issue = by_hand()
    edits.comment(alm.state, held(alm, issue), "Of Alice", "alice")
    ours = await tracker.add_comment(issue, CommentDraft(plain("Ours"), "c-1"))
    edits.comment(alm.state, held(alm, issue), "Of Alice again", "alice")
    before = {one.id: to_plain(one.body) for one in await tracker.read_comments(issue)}
    await tracker.edit_comment(issue, ours.id, plain("Ours, edited"))
    after = {one.id: to_plain(one.body) for one in await tracker.read_comments(issue)}
    assert after == {**before, ours.id: "Ours, edited"}
    await tracker.delete_comment(issue, ours.id)
    left = await tracker.read_comments(issue)
    assert [to_plain(one.body) for one in left] == ["Of Alice", "Of Alice again"]
    assert {(one.author.name, one.author.email) for one in left} == {
        ("Alice Example", "alice@example.com")
    }


async def test_a_comment_that_is_gone_is_told(tracker, by_hand, refusal) -> None:
    issue = by_hand()
    error = await refusal(tracker.edit_comment(issue, "no-such", plain("x")))
    assert error.fault is Fault.NOT_FOUND
    await tracker.delete_comment(issue, "no-such")


async def test_an_update_does_not_take_comments_away(alm, tracker, draft, monkeypatch) -> None:
    """Somebody comments between our look and our write: fields alone are sent."""
    made = await tracker.create(draft())
    real = edits.update

    def meanwhile(state, entity, given, user):
        monkeypatch.setattr(api_entities.edits, "update", real)
        edits.comment(state, entity, "Meanwhile", "alice")
        real(state, entity, given, user)

    monkeypatch.setattr(api_entities.edits, "update", meanwhile)
    await tracker.update(made, FieldChange({"summary": "New"}))
    (comment,) = await tracker.read_comments(made.ref.id)
    assert to_plain(comment.body) == "Meanwhile"


async def test_comments_of_requirements_stand_in_another_field(alm, tracker, draft) -> None:
    made = await tracker.create(draft(type="Requirement"))
    await tracker.add_comment(made.ref.id, CommentDraft(plain("Words"), "c-1"))
    assert "Words" in "".join(held(alm, made.ref.id).values["comments"])
