import json

import pytest

from adapters.azure_devops import parse_params, wire
from adapters.azure_devops.fields import FieldDirectory
from adapters.azure_devops.losses import losses
from adapters.azure_devops.mapping import Mapper, named_user
from adapters.azure_devops.moments import iso, millis
from schemas.rich_text import Paragraph, RichText, Text
from schemas.values import User

PARAMS = parse_params({"url": "https://dev.azure.com/acme", "token": "t"})
MAPPER = Mapper(PARAMS, FieldDirectory(None, PARAMS))
EMPTY = {
    "description",
    "resolution",
    "priority",
    "assignee",
    "area",
    "iteration",
    "due",
    "estimate",
    "remaining",
    "spent",
    "parent",
}


def read(fields, **rest):
    item = wire.work_item.decode(json.dumps({"id": 5, "rev": 2, "fields": fields} | rest))
    return MAPPER.issue(item)


def test_bookkeeping_stays_out():
    issue = read(
        {
            "System.Rev": 2,
            "System.Watermark": 7,
            "System.ChangedDate": "2014-07-15T17:42:44.663Z",
            "System.ChangedBy": "Jamal",
            "WEF_EB32_Kanban.Column": "New",
            "System.AreaLevel1": "x",
            "Microsoft.VSTS.Common.Severity": "3 - Medium",
        }
    )
    own = set(issue.fields) - EMPTY
    assert own == {"labels", "links", "children", "Microsoft.VSTS.Common.Severity"}
    assert {issue.fields[name] for name in EMPTY} == {None}
    assert issue.updated == 1_405_446_164_663
    assert issue.comment_count is None


def test_texts_switched_to_markdown_are_read_as_markdown():
    issue = read(
        {"System.Description": "a **b**"},
        multilineFieldsFormat={"System.Description": "Markdown"},
    )
    bold = Text("b", marks=("strong",))
    assert issue.fields["description"] == RichText((Paragraph((Text("a "), bold)),))


def test_relations_of_other_kinds_are_no_attachments():
    guid = "6b2266bf-a155-4582-a475-ca4da68193ef"
    relations = [
        {"rel": "Hyperlink", "url": "https://x.example", "attributes": {"comment": "c"}},
        {"rel": "AttachedFile", "url": "https://x.example/odd"},
        {
            "rel": "AttachedFile",
            "url": f"https://x.example/_apis/wit/attachments/{guid.upper()}?fileName=a.png",
            "attributes": {"name": "a.png", "resourceSize": 3, "id": 77},
        },
        {
            "rel": "System.LinkTypes.Hierarchy-Reverse",
            "url": "https://x.example/_apis/wit/workItems/12",
        },
    ]
    issue = read({}, relations=relations)
    (only,) = issue.attachments
    assert (only.id, only.filename, only.size, only.mime) == (guid, "a.png", 3, "image/png")
    assert issue.fields["parent"] == "12"


def test_every_example_of_the_specification_is_read(specs):
    document = json.loads((specs / "work-item-tracking-7.1.json").read_text())
    read_items = 0
    for methods in document["paths"].values():
        for operation in methods.values():
            for example in _examples(operation):
                if _is_item(example):
                    item = wire.work_item.decode(json.dumps(example))
                    issue = MAPPER.issue(item)
                    assert issue.version == example["rev"]
                    assert issue.fields.get("summary") == example["fields"].get("System.Title")
                    read_items += 1
    assert read_items > 5


def _is_item(example):
    """Updates have the same keys, but their fields are changes."""
    keys = example.keys() if isinstance(example, dict) else ()
    return {"id", "rev", "fields"} <= set(keys) and "workItemId" not in keys


def _examples(operation):
    if not isinstance(operation, dict):
        return
    for response in operation.get("responses", {}).values():
        for media in response.get("content", {}).values():
            for example in media.get("examples", {}).values():
                yield example.get("value")


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("Zoë <zoe@x.example>", User("Zoë", "zoe@x.example", "zoe@x.example")),
        ("Zoë <ACME\\zoe>", User("Zoë", "", "ACME\\zoe")),
        ("Zoë", User("Zoë", "", "Zoë")),
    ],
)
def test_people_written_as_text(text, user):
    assert named_user(text) == user


def test_moments():
    assert millis("2016-05-02T19:15:37.4638247Z") == 1_462_216_537_464
    assert millis("2016-05-02T21:15:37+02:00") == 1_462_216_537_000
    assert millis("0001-01-01T00:00:00") == 0
    assert millis("soon") == millis(None) == millis("") == 0
    assert iso(1_462_216_537_464) == "2016-05-02T19:15:37.464Z"


@pytest.mark.parametrize(
    ("field", "value", "lost"),
    [
        ("summary", "short", ()),
        ("summary", "two\nlines", ("line ends, and blanks beside others",)),
        ("summary", "x" * 300, ("all but the first 255 characters",)),
        ("due", "2026-01-31", ()),
        ("due", "2026-01-31T12:00:00.000Z", ("the time of day",)),
        ("labels", ("a", "b c"), ()),
        ("labels", ("a;b",), ("';' and ',' in labels, and ends of very long ones",)),
        ("labels", ("A", "a"), ("labels that differ by case only",)),
        ("links", ("relates 1", "blocks 2", "causes 3"), ("blocks", "causes")),
        ("description", RichText((Paragraph((Text("b", marks=("strong",)),)),)), ()),
        ("estimate", 5400, ()),
    ],
)
def test_what_is_not_kept_is_told(field, value, lost):
    told = losses(field, value)
    assert len(told) == len(lost)
    assert all(words in one for words, one in zip(lost, told, strict=True))
