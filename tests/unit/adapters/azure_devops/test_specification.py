"""What the adapter asks and what the simulator answers, held against the official specification.

The specification is of the public service, so the simulator's collection stands for its
organization. Left out because it does not describe them: identities, projects and connection data;
the chunk upload, whose range header it misnames; and the project-less recycle bin's answers.
"""

import json

import openapi_core
import pytest
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

from schemas.errors import TrackerError
from schemas.issue import ALL_PARTS, AttachmentDraft, CommentDraft, FieldChange
from schemas.rich_text import plain

HOST = "https://dev.azure.com"
BINARY = "application/octet-stream"


class Request:
    def __init__(self, exchange):
        self.host_url = HOST
        self.path = exchange.path
        self.method = exchange.method.lower()
        # The recorder leaves files out; what matters is that there was one.
        self.body = exchange.body or (b"file" if exchange.content_type == BINARY else None)
        self.content_type = exchange.content_type
        headers = Headers({"Content-Type": exchange.content_type, "Authorization": "Basic x"})
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(exchange.query), header=headers
        )


class Response:
    def __init__(self, exchange):
        self.status_code = exchange.status
        self.data = exchange.answer
        self.content_type = exchange.answer_type
        self.headers = Headers({"Content-Type": exchange.answer_type})


@pytest.fixture(scope="module")
def official(specs):
    document = json.loads((specs / "work-item-tracking-7.1.json").read_text())
    config = Config(
        spec_validator_cls=None,
        extra_media_type_deserializers={
            "application/json-patch+json": json.loads,
            BINARY: lambda body: body.decode("latin-1"),
        },
    )
    return OpenAPI.from_dict(document, config=config)


@pytest.fixture
async def exchanges(make_tracker, simulator, draft, content):
    """Everything that the adapter does once, recorded."""
    recorded = simulator.weather.exchanges = []
    tracker = make_tracker()
    cursor = (await tracker.changed_since(None, ())).cursor
    await tracker.create(draft(marker="p", type="User Story"))
    fields = {"description": plain("text"), "labels": ("a",), "status": "Active", "parent": "1"}
    issue = await tracker.create(draft(**fields))
    await tracker.find_by_marker("m-1", "Tidegate", 0)
    comment = await tracker.add_comment(issue.ref.id, CommentDraft(plain("hi"), "m"))
    await tracker.edit_comment(issue.ref.id, comment.id, plain("ho"))
    await tracker.comment_exists(issue.ref.id, comment.id)
    attached = await tracker.add_attachment(
        issue.ref.id, AttachmentDraft("ü.txt", 3, "", "m"), content(b"abc")
    )
    async with tracker.open_attachment(issue.ref.id, attached.id) as stream:
        assert [block async for block in stream] == [b"abc"]
    issue = await tracker.read(issue.ref.id, ALL_PARTS)
    await tracker.update(issue, FieldChange(set={"summary": "new", "description": None}))
    await tracker.delete_attachment(issue.ref.id, attached.id)
    await tracker.delete_comment(issue.ref.id, comment.id)
    await tracker.changed_since(cursor, ())
    issue = await tracker.read(issue.ref.id, ALL_PARTS)
    fields = {
        "area": "Tidegate / Team A",
        "due": "2026-01-31",
        "estimate": 60,
        "Custom.Tier": "Gold",
    }
    issue = await tracker.update(issue, FieldChange(set=fields, add={"links": ("precedes 1",)}))
    await tracker.update(issue, FieldChange(remove={"links": ("precedes 1",)}))
    await tracker.metadata("Tidegate")
    everywhere = make_tracker(project="")
    await everywhere.changed_since((await everywhere.changed_since(None, ())).cursor, ())
    with pytest.raises(TrackerError):
        await tracker.update(issue, FieldChange(set={"status": "Nowhere"}))
    assert [one async for one in tracker.all_issues(())]
    return recorded


RESOURCES = {
    ("GET", "classificationnodes"),
    ("GET", "fields"),
    ("GET", "reporting"),
    ("GET", "workItems"),
    ("GET", "workitemrelationtypes"),
    ("GET", "workitems"),
    ("GET", "workitemtypecategories"),
    ("GET", "workitemtypes"),
    ("DELETE", "workItems"),
    ("PATCH", "workItems"),
    ("PATCH", "workitems"),
    ("POST", "attachments"),
    ("POST", "wiql"),
    ("POST", "workItems"),
    ("POST", "workitems"),
    ("POST", "workitemsbatch"),
}


async def test_requests_and_answers_are_as_the_specification_says(official, exchanges):
    """A refusal is outside of the specification: it describes good answers only."""
    checked, answers = set(), 0
    for exchange in exchanges:
        official.validate_request(Request(exchange))
        if exchange.answer and exchange.status == 200:
            official.validate_response(Request(exchange), Response(exchange))
            answers += 1
        checked.add((exchange.method, exchange.path.rpartition("/_apis/wit/")[2].split("/")[0]))
    assert checked >= RESOURCES
    assert len(exchanges) >= 38
    assert answers >= 34


async def test_the_check_can_fail(official, exchanges):
    first = exchanges[0]
    for wrong in ({"query": {}}, {"content_type": "application/json"}, {"body": b'{"op": 1}'}):
        values = {name: getattr(first, name) for name in first.__struct_fields__} | wrong
        with pytest.raises(openapi_core.exceptions.OpenAPIError):
            official.validate_request(Request(type(first)(**values)))
