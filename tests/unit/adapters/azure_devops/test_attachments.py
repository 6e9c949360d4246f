import tracemalloc

import pytest

from adapters.azure_devops.operations import add_relation
from schemas.errors import Fault, TrackerError
from schemas.issue import ALL_PARTS, Attachment, AttachmentDraft, FieldChange
from schemas.rich_text import Image, Paragraph, RichText, Text

MEGABYTE = 1024 * 1024


@pytest.fixture
async def issue(tracker, draft):
    return await tracker.create(draft())


async def fetch(tracker, issue, attachment_id):
    async with tracker.open_attachment(issue.ref.id, attachment_id) as stream:
        return b"".join([block async for block in stream])


async def test_upload_shows_the_same_later_and_comes_back(tracker, issue, content):
    name = "Bericht – ünïcode 🎉 #1?.txt"
    added = await tracker.add_attachment(
        issue.ref.id, AttachmentDraft(name, 9, "text/plain", "m"), content(b"abc", 3)
    )
    read = await tracker.read(issue.ref.id, ALL_PARTS)
    assert read.attachments == (added,)
    assert (added.filename, added.size, added.mime) == (name, 9, "text/plain")
    assert await fetch(tracker, issue, added.id) == b"abcabcabc"
    assert read.version == issue.version


async def test_an_empty_file_is_a_file(tracker, issue, content):
    draft = AttachmentDraft("empty.txt", 0, "", "m")
    added = await tracker.add_attachment(issue.ref.id, draft, content(b"", 0))
    assert (added.size, await fetch(tracker, issue, added.id)) == (0, b"")


async def test_an_image_in_the_description_is_the_attachment(tracker, simulator, draft, content):
    text = RichText((Paragraph((Text("see "), Image('a "1" & ü.png', "shot"))),))
    issue = await tracker.create(draft(marker="i", description=text))
    assert issue.fields["description"] == text
    file = AttachmentDraft('a "1" & ü.png', 1, "image/png", "m")
    added = await tracker.add_attachment(issue.ref.id, file, content(b"x"))
    held = simulator.state.item(int(issue.ref.id)).fields
    assert f"/_apis/wit/attachments/{added.id}" in held["System.Description"]
    read = await tracker.read(issue.ref.id, ALL_PARTS)
    assert read.fields["description"] == text
    longer = RichText((*text.blocks, Paragraph((Text("more"),))))
    updated = await tracker.update(read, FieldChange(set={"description": longer}))
    assert updated.fields["description"] == longer
    assert f"/_apis/wit/attachments/{added.id}" in held["System.Description"]


async def test_large_files_go_up_in_chunks(make_tracker, simulator, issue, content):
    tracker = make_tracker(chunk_threshold=1000, chunk_size=400)
    added = await tracker.add_attachment(
        issue.ref.id, AttachmentDraft("big.bin", 1050, "", "m"), content(b"0123456", 150)
    )
    assert simulator.calls["PUT /_apis/wit/attachments/{id}"] == 3
    assert await fetch(tracker, issue, added.id) == b"0123456" * 150
    assert added.size == 1050


@pytest.mark.slow
async def test_two_hundred_megabytes_leave_memory_flat(tracker, issue, content):
    block = b"x" * MEGABYTE
    draft = AttachmentDraft("huge.bin", 200 * MEGABYTE, "", "m")
    tracemalloc.start()
    added = await tracker.add_attachment(issue.ref.id, draft, content(block, 200))
    size = 0
    async with tracker.open_attachment(issue.ref.id, added.id) as stream:
        async for part in stream:
            size += len(part)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size == 200 * MEGABYTE
    assert peak < 60 * MEGABYTE


@pytest.mark.parametrize("announced", [5, 20])
async def test_content_of_another_length_attaches_nothing(
    tracker, simulator, issue, content, announced
):
    with pytest.raises(TrackerError):
        await tracker.add_attachment(
            issue.ref.id, AttachmentDraft("a.txt", announced, "", "m"), content(b"ten bytes!")
        )
    assert len(simulator.state.item(1).relations) == 1


async def test_lost_upload_is_no_open_outcome_but_a_lost_relation_is(
    tracker, simulator, issue, content
):
    draft = AttachmentDraft("a.txt", 3, "", "m")
    simulator.fail_next(path="/attachments", mode="drop_after", times=3)
    with pytest.raises(TrackerError) as upload:
        await tracker.add_attachment(issue.ref.id, draft, content(b"abc"))
    assert upload.value.fault is Fault.UNAVAILABLE
    simulator.fail_next(method="PATCH", mode="drop_after")
    with pytest.raises(TrackerError) as relation:
        await tracker.add_attachment(issue.ref.id, draft, content(b"abc"))
    assert relation.value.fault is Fault.UNKNOWN_OUTCOME


async def test_an_upload_that_broke_off_is_sent_again(tracker, simulator, issue, content):
    simulator.fail_next(path="/attachments", mode="drop_after")
    draft = AttachmentDraft("a.txt", 3, "", "m")
    added = await tracker.add_attachment(issue.ref.id, draft, content(b"abc"))
    read = await tracker.read(issue.ref.id, ALL_PARTS)
    assert read.attachments == (added,)


async def test_a_part_whose_answer_was_lost_is_not_sent_twice(
    make_tracker, simulator, issue, content
):
    tracker = make_tracker(chunk_threshold=1000, chunk_size=400)
    simulator.fail_next(method="PUT", mode="drop_after")
    draft = AttachmentDraft("big.bin", 1050, "", "m")
    with pytest.raises(TrackerError) as caught:
        await tracker.add_attachment(issue.ref.id, draft, content(b"0123456", 150))
    assert caught.value.fault is Fault.UNAVAILABLE
    assert simulator.calls["PUT /_apis/wit/attachments/{id}"] == 1
    assert (await tracker.read(issue.ref.id, ALL_PARTS)).attachments == ()


async def test_conflicts_while_attaching_are_tried_again(tracker, simulator, issue, content):
    simulator.fail_next(
        method="PATCH", status=409, times=3, message="TF26071: changed by someone else"
    )
    draft = AttachmentDraft("a.txt", 3, "", "m")
    added = await tracker.add_attachment(issue.ref.id, draft, content(b"abc"))
    assert await tracker.attachment_exists(issue.ref.id, added.id)


async def test_delete_takes_the_right_one_and_is_repeatable(tracker, issue, content):
    added: list[Attachment] = []
    for number in range(3):
        draft = AttachmentDraft(f"{number}.txt", 1, "", "m")
        added.append(
            await tracker.add_attachment(issue.ref.id, draft, content(str(number).encode()))
        )
    await tracker.delete_attachment(issue.ref.id, added[1].id)
    await tracker.delete_attachment(issue.ref.id, added[1].id)
    read = await tracker.read(issue.ref.id, ALL_PARTS)
    assert read.attachments == (added[0], added[2])
    assert not await tracker.attachment_exists(issue.ref.id, added[1].id)


async def test_a_link_removed_in_between_costs_nobody_an_attachment(
    tracker, simulator, issue, content
):
    """A link-only change keeps the revision, so the tested revision alone does not protect."""
    added = []
    for number in range(3):
        draft = AttachmentDraft(f"{number}.txt", 1, "", "m")
        added.append(await tracker.add_attachment(issue.ref.id, draft, content(b"x")))
    items = tracker._items
    patch, raced = items.patch, []

    async def race(item_id, operations, expand="all"):
        if not raced:
            raced.append(True)
            del simulator.state.item(1).relations[0]
        return await patch(item_id, operations, expand)

    items.patch = race
    await tracker.delete_attachment(issue.ref.id, added[1].id)
    read = await tracker.read(issue.ref.id, ALL_PARTS)
    assert {one.id for one in read.attachments} == {added[0].id, added[2].id}


async def test_unknown_attachment_is_not_found(tracker, issue):
    for wrong in ("../x", "0" * 8 + "-0000-0000-0000-" + "0" * 12):
        with pytest.raises(TrackerError) as caught:
            await fetch(tracker, issue, wrong)
        assert caught.value.fault is Fault.NOT_FOUND


def test_marker_relation_has_no_empty_comment():
    assert "attributes" not in add_relation("Hyperlink", "https://x.example").value
