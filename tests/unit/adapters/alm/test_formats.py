"""Both formats, and the traps in each."""

import msgspec
import pytest

from adapters.alm import wire
from adapters.alm.simulator import SimulatorConfig
from adapters.alm.writing import ordered
from schemas.issue import ALL_PARTS, AttachmentDraft, CommentDraft
from schemas.rich_text import plain
from tests.contract.trackers.test_parts import content

ENTITY = b"""{"Fields":[
    {"Name":"id","values":[{"value":"12"}]},
    {"Name":"owner","values":[{}]},
    {"Name":"user-01","values":[]},
    {"Name":"user-02","values":[{"value":null}]},
    {"Name":"user-06","values":[{"value":"Blue"},{"value":"Red"}]},
    {"Name":"target-rel","values":[{"value":"1001","ReferenceValue":"Spring"}]}
],"Type":"defect","children-count":0}"""
SAME = b"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Entity Type="defect"><ChildrenCount><Value>0</Value></ChildrenCount><Fields>
    <Field Name="id"><Value>12</Value></Field>
    <Field Name="owner"/><Field Name="user-01"><Value/></Field><Field Name="user-02"/>
    <Field Name="user-06"><Value>Blue</Value><Value>Red</Value></Field>
    <Field Name="target-rel"><Value ReferenceValue="Spring">1001</Value></Field>
</Fields></Entity>"""


def test_both_formats_tell_the_same() -> None:
    one, other = wire.ONE["json"].decode(ENTITY), wire.ONE["xml"].decode(SAME)
    assert one == other
    assert (one.id, one.text("owner"), one.text("nowhere")) == ("12", "", "")
    assert [held.text for held in one.fields["user-06"]] == ["Blue", "Red"]
    assert one.fields["target-rel"][0].shown == "Spring"


@pytest.mark.parametrize("form", ["json", "xml"])
def test_what_is_written_is_read(form) -> None:
    fields = (("name", ("Ünï 🚀 <b>&\"'\x07",)), ("user-06", ("a", "b")), ("owner", ()))
    read = wire.ONE[form].decode(wire.encode("defect", fields, form))
    assert read.text("name") == "Ünï 🚀 <b>&\"'"
    assert [held.text for held in read.fields["user-06"]] == ["a", "b"]
    assert read.text("owner") == ""


@pytest.mark.parametrize("body", [b"<html>Log in</html>", b"", b"{", b"[]", b'{"Type":"defect"}'])
@pytest.mark.parametrize("form", ["json", "xml"])
def test_answers_of_somebody_else_are_noticed(form, body) -> None:
    for decoders in (wire.ONE, wire.MANY, wire.MADE):
        with pytest.raises(msgspec.DecodeError):
            decoders[form].decode(body)


def test_no_entity_of_another_document_is_read() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Entity Type="d"><Fields>'
    bomb += b'<Field Name="name"><Value>&e;</Value></Field></Fields></Entity>'
    assert "root" not in wire.ONE["xml"].decode(bomb).text("name")


def test_fields_go_in_a_fixed_order() -> None:
    body = {"type-id": ("3",), "user-01": ("x",), "parent-id": ("0",), "name": ("n",)}
    names = [name for name, _ in ordered(body)]
    assert names == ["name", "parent-id", "user-01", "type-id"]


@pytest.mark.parametrize(
    "config",
    [SimulatorConfig(xml_only=("defect", "attachment", "defect-link"))],
    ids=["an old server"],
)
async def test_what_is_there_in_xml_only_is_asked_for_in_xml(alm, tracker, draft, config) -> None:
    made = await tracker.create(draft(fix_versions=("1.1",)))
    await tracker.add_comment(made.ref.id, CommentDraft(plain("Words"), "c-1"))
    file = AttachmentDraft("plan.txt", 4, "text/plain", "a-1")
    await tracker.add_attachment(made.ref.id, file, content(b"data"))
    read = await tracker.read(made.ref.id, ALL_PARTS)
    assert read.fields["fix_versions"] == ("1.1",)
    assert len(read.comments) == len(read.attachments) == 1
    alm.calls.clear()
    await tracker.read_comments(made.ref.id)
    assert sum(alm.calls.values()) == 1  # it remembers
