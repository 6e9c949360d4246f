"""Documents: people are mentioned by their accounts, and images of files stay images of files."""

from collections.abc import Callable

import aiohttp
import pytest

from adapters.jira_cloud.simulator import Fault as SimulatedFault
from adapters.jira_cloud.simulator import account_id
from adapters.rich_text import adf
from schemas.errors import Fault
from schemas.issue import (
    ALL_PARTS,
    AttachmentDraft,
    CommentDraft,
    FieldChange,
    Part,
    WorklogDraft,
)
from schemas.rich_text import Image, Mention, Paragraph, RichText, Text, plain, to_plain

FIELDS = frozenset({Part.FIELDS})


def paragraph(*parts) -> RichText:
    return RichText((Paragraph(parts),))


def file(name: str = "shot.png") -> tuple[AttachmentDraft, Callable]:
    async def content():
        async def stream():
            yield b"data"

        return stream()

    return AttachmentDraft(name, 4, "image/png", "a-1"), content


def nodes(cloud, issue_id: str = "SIM-1"):
    return cloud.state.issue(issue_id).description.nodes["content"]


async def test_text_is_kept_as_a_document(cloud, tracker, draft) -> None:
    await tracker.create(draft(description=paragraph(Text("bold", ("strong",)))))
    assert nodes(cloud) == [
        {
            "type": "paragraph",
            "content": [{"type": "text", "text": "bold", "marks": [{"type": "strong"}]}],
        }
    ]


async def test_what_a_person_typed_in_wiki_markup_is_read(cloud, tracker) -> None:
    fields = {"project": {"key": "SIM"}, "issuetype": {"name": "Bug"}, "summary": "x"}
    alice = cloud.state.person("alice")
    issue = cloud.state.create({"fields": {**fields, "description": "*bold*"}}, alice)
    read = await tracker.read(issue.id, FIELDS)
    assert read.fields["description"] == paragraph(Text("bold", ("strong",)))


async def test_a_mention_goes_to_the_account_of_that_name(cloud, tracker, draft) -> None:
    tree = paragraph(Text("see "), Mention("Alice", "their-id-elsewhere"))
    made = await tracker.create(draft(description=tree))
    ours = Mention("Alice", account_id("alice"))
    assert made.fields["description"] == paragraph(Text("see "), ours)


async def test_a_mention_of_nobody_here_becomes_words(cloud, tracker, draft) -> None:
    made = await tracker.create(draft(description=paragraph(Mention("Zoe Quill"))))
    assert to_plain(made.fields["description"]) == "@Zoe Quill"
    assert nodes(cloud)[0]["content"] == [{"type": "text", "text": "@Zoe Quill"}]


async def test_an_account_of_another_site_is_the_same_person(cloud, tracker, draft) -> None:
    mention = Mention("Bob the Builder", account_id("bob"))
    made = await tracker.create(draft(description=paragraph(mention)))
    assert made.fields["description"] == paragraph(mention)
    assert not cloud.calls["GET /rest/api/3/user/search"]


async def test_an_image_of_an_attached_file_is_an_image_of_that_file(cloud, tracker, draft) -> None:
    made = await tracker.create(draft())
    attached = await tracker.add_attachment(made.ref.id, *file())
    tree = paragraph(Image("shot.png"))
    changed = await tracker.update(made, FieldChange({"description": tree}))
    assert changed.fields["description"] == tree
    _, held = cloud.state.attachment(attached.id)
    media = nodes(cloud)[0]["content"][0]
    assert media["attrs"] == {
        "type": "file",
        "id": cloud.cloud.media_id(held),
        "collection": "",
        "alt": "shot.png",
    }


async def test_an_image_between_words_stays_between_them(cloud, tracker, draft) -> None:
    made = await tracker.create(draft())
    await tracker.add_attachment(made.ref.id, *file())
    tree = paragraph(Text("see "), Image("shot.png"), Text(" and "), Image("shot.png"))
    changed = await tracker.update(made, FieldChange({"description": tree}))
    assert changed.fields["description"] == tree
    kinds = [node["type"] for node in nodes(cloud)[0]["content"]]
    assert kinds == ["text", "mediaInline", "text", "mediaInline"]


async def test_an_image_in_comments_and_worklogs(cloud, tracker, draft) -> None:
    issue = (await tracker.create(draft())).ref.id
    await tracker.add_attachment(issue, *file("größe 1.png"))
    tree = paragraph(Image("größe 1.png"))
    comment = await tracker.add_comment(issue, CommentDraft(tree, "c-1"))
    worklog = await tracker.add_worklog(issue, WorklogDraft(60, 0, "w-1", tree))
    other = paragraph(Text("x"), Image("größe 1.png"))
    edited = await tracker.edit_comment(issue, comment.id, other)
    assert edited.body == other
    assert (comment.body, worklog.comment) == (tree, tree)
    read = await tracker.read(issue, ALL_PARTS)
    assert read.comments == (edited,)
    assert read.worklogs == (worklog,)


async def test_an_image_waits_for_its_file(cloud, tracker, draft) -> None:
    """A new issue gets its texts first and its files afterwards."""
    alone, between = paragraph(Image("shot.png")), paragraph(Text("see "), Image("shot.png"))
    made = await tracker.create(draft(description=alone, environment=plain("A ship")))
    comment = await tracker.add_comment(made.ref.id, CommentDraft(between, "c-1"))
    assert (made.fields["description"], comment.body) == (alone, between)
    link = nodes(cloud)[0]["content"][0]
    assert (link["type"], link["text"], link["marks"][0]["type"]) == ("text", "shot.png", "link")
    await tracker.add_attachment(made.ref.id, *file("other.txt"))
    assert nodes(cloud)[0]["type"] == "paragraph"
    await tracker.add_attachment(made.ref.id, *file())
    assert nodes(cloud)[0]["type"] == "mediaSingle"
    (held,) = cloud.state.issue("SIM-1").comments
    assert [node["type"] for node in held.body.nodes["content"][0]["content"]] == [
        "text",
        "mediaInline",
    ]
    read = await tracker.read(made.ref.id, ALL_PARTS)
    assert read.fields == made.fields
    assert read.comments[0].body == between
    assert read.comments[0].marker == "c-1"
    cloud.calls.clear()
    await tracker.add_attachment(made.ref.id, *file())
    assert sum(cloud.calls.values()) == 1


async def test_a_file_is_there_also_when_its_image_cannot_be_shown(cloud, tracker, draft) -> None:
    made = await tracker.create(draft(description=paragraph(Image("shot.png"))))
    cloud.fail_next(SimulatedFault(status=500, method="PUT"))
    assert (await tracker.add_attachment(made.ref.id, *file())).filename == "shot.png"
    read = await tracker.read(made.ref.id, ALL_PARTS)
    assert (len(read.attachments), read.fields) == (1, made.fields)


@pytest.mark.parametrize("part", ["description", "comment"])
async def test_a_file_that_a_document_does_not_name_is_named_by_the_issue(
    cloud, tracker, draft, part
) -> None:
    """People's own images come without words; their files are asked for their ids once."""
    made = await tracker.create(draft())
    for name in ("other.txt", "shot.png"):
        attached = await tracker.add_attachment(made.ref.id, *file(name))
    _, held = cloud.state.attachment(attached.id)
    attrs = {"type": "file", "id": cloud.cloud.media_id(held), "collection": ""}
    document = {
        "type": "doc",
        "version": 1,
        "content": [{"type": "mediaSingle", "content": [{"type": "media", "attrs": attrs}]}],
    }
    cloud.write_document(made.ref.id, document, part)
    for _ in range(2):
        read = await tracker.read(made.ref.id, ALL_PARTS)
        text = read.fields["description"] if part == "description" else read.comments[0].body
        assert text == paragraph(Image("shot.png"))
    assert cloud.calls["GET /rest/api/3/attachment/content/{attachment}"] == 2
    # Written back, it is still the same file.
    await tracker.update(read, FieldChange({"description": text}))
    assert nodes(cloud)[0]["content"][0]["attrs"]["id"] == attrs["id"]


async def test_a_file_of_another_issue_is_kept_by_its_id(cloud, tracker, draft) -> None:
    made = await tracker.create(draft())
    attrs = {"type": "file", "id": "11111111-2222-3333-4444-555555555555", "collection": ""}
    media = {"type": "mediaSingle", "content": [{"type": "media", "attrs": attrs}]}
    cloud.write_document(made.ref.id, {"type": "doc", "version": 1, "content": [media]})
    read = await tracker.read(made.ref.id, FIELDS)
    tree = RichText((*read.fields["description"].blocks, *plain("More").blocks))
    await tracker.update(read, FieldChange({"description": tree}))
    kept = nodes(cloud)[0]["content"][0]["attrs"]
    assert kept["id"] == attrs["id"]


async def test_bare_words_go_into_rich_fields_as_documents(cloud, tracker, draft) -> None:
    made = await tracker.create(draft(description="5 * 3 _x_", customfield_10006="a *b*"))
    assert to_plain(made.fields["description"]) == "5 * 3 _x_"
    assert to_plain(made.fields["customfield_10006"]) == "a *b*"
    assert made.fields["description"] == plain("5 * 3 _x_")


async def test_losses_name_what_a_document_cannot_say(tracker) -> None:
    assert tracker.losses("description", paragraph(Image("shot.png"))) == ()
    assert tracker.losses("description", paragraph(Text("see "), Image("shot.png"))) == ()
    assert tracker.losses("description", paragraph(Mention("Zoe"))) == ("mention",)
    both = paragraph(Text("x", ("code", "strong")))
    assert tracker.losses("comments", both) == ("formatting of code",)
    assert tracker.losses("summary", "text") == ()


async def test_an_invalid_document_is_refused_by_the_simulator(cloud, session) -> None:
    """So that the tests of this adapter mean something."""
    config = cloud.cloud_config
    login = {"Authorization": aiohttp.encode_basic_auth(config.email, config.token)}
    fields = {"project": {"key": "SIM"}, "issuetype": {"name": "Bug"}, "summary": "x"}
    whole = {"type": "doc", "version": 1}
    for description in (
        "wiki",
        {"type": "doc"},
        {**whole, "content": [{"type": "text", "text": ""}]},
        {**whole, "content": [{"type": "unheard-of"}]},
    ):
        body = {"fields": {**fields, "description": description}}
        url = f"{cloud.url}/rest/api/3/issue"
        async with session.post(url, json=body, headers=login) as answer:
            assert answer.status == 400
            assert "description" in (await answer.json())["errors"]


async def test_what_another_wrote_in_between_is_told(cloud, tracker, draft) -> None:
    made = await tracker.create(draft(description=plain("First words")))
    alice, issue = cloud.state.person("alice"), cloud.state.issue(made.ref.id)
    cloud.state.edit(issue, {"fields": {"summary": "Hers", "description": "h1. Hers"}}, alice)
    ours = FieldChange({"summary": "Ours", "description": plain("Our words")})
    changed = await tracker.update(made, ours)
    assert changed.overwritten["summary"] == "Hers"
    assert to_plain(changed.overwritten["description"]) == "Hers"
    again = await tracker.update(changed, FieldChange({"description": plain("Ours again")}))
    assert again.overwritten == {}


def test_a_document_reads_as_it_was_rendered() -> None:
    tree = plain("one\ntwo\n\nthree")
    assert adf.parse(adf.render(tree)) == tree


async def test_too_long_a_text_is_refused_with_its_limit(tracker, draft, refusal) -> None:
    error = await refusal(tracker.create(draft(description=plain("x" * 33_000))))
    assert (error.fault, error.field) == (Fault.VALIDATION, "description")
    assert "32,767" in error.remedy
