"""Comments: HTML with mentions, images and a marker that nobody sees."""

import pytest

from adapters.rally import marker
from schemas.errors import Fault
from schemas.issue import AttachmentDraft, CommentDraft, Part
from schemas.rich_text import Image, Mention, Paragraph, RichText, Text, plain, to_plain
from tests.contract.trackers.test_parts import content


async def test_a_mention_is_read_and_written_as_rally_has_it(
    rally, tracker, draft, by_hand
) -> None:
    made = await tracker.create(draft())
    alice = rally.state.person("alice@example.com")
    span = f'<span class="mention" contenteditable="false" data-mention="{alice.uuid}">'
    text = f"<p>{span}@Alice Example</span>&nbsp;please</p>"
    body = {"ConversationPost": {"Artifact": f"/defect/{made.ref.id}", "Text": text}}
    await by_hand("POST", "/conversationpost/create", body)
    (read,) = await tracker.read_comments(made.ref.id)
    mention = read.body.blocks[0].content[0]
    assert (mention.name, mention.id) == ("Alice Example", alice.uuid)
    words = (Mention("Alice Example", "foreign-id"), Text(" and "), Mention("Stranger"))
    await tracker.add_comment(made.ref.id, CommentDraft(RichText((Paragraph(words),)), "c-1"))
    stored = [post.fields["Text"] for post in rally.state.of_type["ConversationPost"].values()][1]
    assert f'data-mention="{alice.uuid}">@Alice Example</span> and @Stranger' in stored
    assert "data-vss" not in stored


@pytest.mark.parametrize("held", ["<p>Words</p>", "Words", "", "<div>a</div><div>b</div>"])
@pytest.mark.parametrize("wrapped", ["{}", "<p>{}</p>", "<div>\n{}\n</div>", "{}\n"])
@pytest.mark.parametrize("name", ["m-1", "größe & <b> 100%_~ --", "a:b/c"])
def test_a_marker_comes_off_however_an_editor_wraps_it(held: str, wrapped: str, name: str) -> None:
    signed = held + wrapped.format(marker.sign("", name))
    assert marker.split(signed) == (held, name)
    assert "&nbsp;" in signed


async def test_an_edit_keeps_the_marker_and_has_a_time_of_its_own(tracker, draft, clock) -> None:
    made = await tracker.create(draft())
    added = await tracker.add_comment(made.ref.id, CommentDraft(plain("Words"), "c-1"))
    clock.pass_(60)
    edited = await tracker.edit_comment(made.ref.id, added.id, plain("Other"))
    assert (edited.marker, edited.created) == ("c-1", added.created)
    assert edited.updated == added.updated + 60_000
    (read,) = await tracker.read_comments(made.ref.id)
    assert read == edited
    assert to_plain(read.body) == "Other"


async def test_an_internal_comment_is_refused_and_never_published(
    rally, tracker, draft, refusal
) -> None:
    made = await tracker.create(draft())
    error = await refusal(
        tracker.add_comment(made.ref.id, CommentDraft(plain("Hush"), "c-1", internal=True))
    )
    assert (error.fault, bool(error.remedy)) == (Fault.VALIDATION, True)
    assert not rally.state.of_type["ConversationPost"]


async def test_an_image_is_shown_from_the_issues_own_file(rally, tracker, draft) -> None:
    made = await tracker.create(draft())
    file = AttachmentDraft("naïve (1).png", 3, "image/png", "a-1")
    held = await tracker.add_attachment(made.ref.id, file, content(b"png"))
    body = RichText((Paragraph((Image("naïve (1).png", "A picture"),)),))
    added = await tracker.add_comment(made.ref.id, CommentDraft(body, "c-1"))
    (post,) = rally.state.of_type["ConversationPost"].values()
    assert f"/slm/attachment/{held.id}/na%C3%AFve%20%281%29.png" in post.fields["Text"]
    assert added.body == body


async def test_a_text_is_given_its_image_when_the_file_comes_later(rally, tracker, draft) -> None:
    body = RichText((Paragraph((Text("See "), Image("plan & <x>.png"))),))
    made = await tracker.create(draft(description=body))
    file = AttachmentDraft("plan & <x>.png", 3, "image/png", "a-1")
    held = await tracker.add_attachment(made.ref.id, file, content(b"png"))
    (thing,) = rally.state.of_type["Defect"].values()
    assert f"/slm/attachment/{held.id}/" in thing.fields["Description"]
    read = await tracker.read(made.ref.id, frozenset({Part.FIELDS}))
    assert read.fields["description"] == body


async def test_comments_of_an_issue_that_was_never_seen_cost_two_calls(
    rally, connect, tracker, draft
) -> None:
    made = await tracker.create(draft())
    await tracker.add_comment(made.ref.id, CommentDraft(plain("Words"), "c-1"))
    before = sum(rally.calls.values())
    assert len(await tracker.read_comments(made.ref.id)) == 1
    assert sum(rally.calls.values()) == before + 1


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("description", plain("x" * 32_000), ""),
        ("description", plain("x" * 40_000), "32,768"),
        ("summary", "x" * 256, ""),
        ("summary", "x" * 257, "256"),
        ("summary", "a\nb", "line ends"),
        ("labels", ("a b", "x" * 257), "256"),
        ("labels", ("a b", "ü"), ""),
        ("fix_versions", ("1.0", "2.0"), "all releases but one"),
        ("fix_versions", ("1.0",), ""),
        ("due", "2026-01-31T12:00:00.000Z", "time of the day"),
        ("due", "2026-01-31", ""),
        ("due", None, ""),
    ],
)
async def test_what_would_be_lost_is_told_and_the_rest_is_kept(
    tracker, draft, field: str, value: object, told: str
) -> None:
    lost = tracker.losses(field, value)
    assert (told in " ".join(lost), bool(lost)) == (True, bool(told))
    if not told:
        made = await tracker.create(draft(**{field: value}))
        assert made.fields[field] == value


async def test_a_text_that_is_too_long_is_refused_with_a_remedy(tracker, draft, refusal) -> None:
    error = await refusal(tracker.create(draft(description=plain("x" * 40_000))))
    assert (error.fault, error.field) == (Fault.VALIDATION, "description")
    assert "Shorten" in error.remedy
