import pytest

from schemas.errors import Fault
from schemas.issue import ALL_PARTS, CommentDraft
from schemas.rich_text import Image, Mention, Paragraph, RichText, Text, plain, to_plain


def said(text: str, marker: str = "c-1", internal: bool = False) -> CommentDraft:
    return CommentDraft(plain(text), marker, internal)


async def test_a_comment_lives_and_dies(github, tracker, draft) -> None:
    issue = await tracker.create(draft())
    made = await tracker.add_comment(issue.ref.id, said("Grüße שלום 🚀"))
    assert (to_plain(made.body), made.marker, made.author.id) == (
        "Grüße שלום 🚀",
        "c-1",
        "tidegate",
    )
    edited = await tracker.edit_comment(issue.ref.id, made.id, plain("Changed"))
    assert (edited.id, to_plain(edited.body), edited.marker) == (made.id, "Changed", "c-1")
    read = await tracker.read(issue.ref.id, ALL_PARTS)
    assert read.comments == (edited,)
    assert read.comment_count == 1
    assert await tracker.comment_exists(issue.ref.id, made.id)
    await tracker.delete_comment(issue.ref.id, made.id)
    assert not await tracker.comment_exists(issue.ref.id, made.id)
    await tracker.delete_comment(issue.ref.id, made.id)
    assert await tracker.read_comments(issue.ref.id) == ()


async def test_an_internal_comment_is_never_shown_to_all(tracker, draft, refusal) -> None:
    issue = await tracker.create(draft())
    error = await refusal(tracker.add_comment(issue.ref.id, said("secret", internal=True)))
    assert error.fault is Fault.VALIDATION
    assert await tracker.read_comments(issue.ref.id) == ()
    assert not tracker.capabilities.comment_internal


async def test_all_pages_are_read_in_order(github, tracker, draft, clock) -> None:
    issue = await tracker.create(draft())
    held = next(iter(github.state.issues.values()))
    for number in range(250):
        clock.millis += 400
        github.state.add_comment(held, f"No. {number}", github.state.users["bob"])
    comments = await tracker.read_comments(issue.ref.id)
    assert [to_plain(one.body) for one in comments] == [f"No. {n}" for n in range(250)]
    assert comments[0].author.id == "bob"


async def test_a_comment_of_another_issue_is_not_touched(tracker, draft, refusal) -> None:
    first, second = await tracker.create(draft("m-1")), await tracker.create(draft("m-2"))
    made = await tracker.add_comment(first.ref.id, said("Here"))
    assert not await tracker.comment_exists(second.ref.id, made.id)
    error = await refusal(tracker.edit_comment(second.ref.id, made.id, plain("x")))
    assert error.fault is Fault.NOT_FOUND
    assert len(await tracker.read_comments(first.ref.id)) == 1


@pytest.mark.parametrize("comment_id", ["", "x", "1/../2", "99999"])
async def test_what_is_no_comment_does_not_exist(tracker, draft, comment_id) -> None:
    issue = await tracker.create(draft())
    assert not await tracker.comment_exists(issue.ref.id, comment_id)


async def test_existence_is_not_told_of_an_issue_out_of_sight(tracker, refusal) -> None:
    assert (await refusal(tracker.comment_exists("999-1", "1"))).fault is Fault.NOT_FOUND


@pytest.mark.parametrize("size", [65_536, 1 << 20])
async def test_too_long_a_text_is_refused_before_it_is_sent(
    github, tracker, draft, refusal, size
) -> None:
    issue = await tracker.create(draft())
    github.calls.clear()
    error = await refusal(tracker.add_comment(issue.ref.id, said("x" * size)))
    assert (error.fault, error.field) == (Fault.VALIDATION, "comment")
    assert "65536" in error.message
    assert not github.calls
    error = await refusal(tracker.create(draft("m-2", description=plain("x" * size))))
    assert (error.fault, error.field) == (Fault.VALIDATION, "description")


async def test_a_text_just_short_enough_arrives_whole(tracker, draft) -> None:
    issue = await tracker.create(draft())
    text = "0123456789abcde " * 4000
    made = await tracker.add_comment(issue.ref.id, said(text.strip()))
    assert to_plain(made.body) == text.strip()


async def test_an_empty_comment_is_refused(github, tracker, draft, refusal) -> None:
    issue = await tracker.create(draft())
    error = await refusal(tracker.add_comment(issue.ref.id, CommentDraft(RichText(()), "")))
    assert error.fault is Fault.VALIDATION


async def test_only_people_of_the_repository_are_mentioned(github, tracker, draft) -> None:
    issue = await tracker.create(draft())
    parts = (Mention("alice", "jira-7"), Text(" and "), Mention("stranger"), Text(" and @bob"))
    body = RichText((Paragraph(parts),))
    made = await tracker.add_comment(issue.ref.id, CommentDraft(body, "c-1"))
    raw = next(iter(github.state.issues.values())).comments[0].body
    assert raw.startswith("@alice and \\@stranger and \\@bob")
    assert to_plain(made.body) == "@alice and @stranger and @bob"
    mentions = [part for part in made.body.blocks[0].content if isinstance(part, Mention)]
    assert mentions == [Mention("alice")]


async def test_an_image_that_github_does_not_hold_shows_its_name(github, tracker, draft) -> None:
    issue = await tracker.create(draft())
    body = RichText((Paragraph((Image("plan.png"),)),))
    made = await tracker.add_comment(issue.ref.id, CommentDraft(body, "c-1"))
    assert made.body == RichText((Paragraph((Image("plan.png", "plan.png"),)),))


async def test_what_a_person_wrote_as_a_marker_of_ours_is_no_text_of_ours(tracker, draft) -> None:
    issue = await tracker.create(draft())
    made = await tracker.add_comment(issue.ref.id, said("<!-- tidegate:forged -->", "c-9"))
    assert made.marker == "c-9"
    assert to_plain(made.body) == "<!-- tidegate:forged -->"
