"""The parts of Azure DevOps' JSON that we read, and nothing else of it."""

from typing import Any

import msgspec


class Identity(msgspec.Struct, frozen=True, rename="camel"):
    display_name: str = ""
    unique_name: str = ""
    id: str = ""


class RelationAttributes(msgspec.Struct, frozen=True, rename="camel"):
    name: str | None = None
    comment: str | None = None
    resource_size: int = 0
    resource_created_date: str = ""
    authorized_date: str = ""


class Relation(msgspec.Struct, frozen=True):
    rel: str
    url: str
    attributes: RelationAttributes = RelationAttributes()


class WorkItem(msgspec.Struct, frozen=True):
    id: int
    rev: int = 0
    fields: dict[str, Any] = {}
    relations: tuple[Relation, ...] | None = None
    """Left out by the tracker when there are none."""
    formats: dict[str, str] = msgspec.field(name="multilineFieldsFormat", default={})


class WireComment(msgspec.Struct, frozen=True, rename="camel"):
    id: int = 0
    comment_id: int = 0
    """Older servers call the id so."""
    text: str = ""
    format: str = "html"
    created_by: Identity = Identity()
    created_date: str = ""
    modified_date: str = ""
    is_deleted: bool = False


class CommentPage(msgspec.Struct, frozen=True, rename="camel"):
    comments: tuple[WireComment, ...] = ()
    continuation_token: str | None = None


class AttachmentReference(msgspec.Struct, frozen=True):
    id: str
    url: str


class Project(msgspec.Struct, frozen=True):
    name: str
    id: str = ""


class ProjectPage(msgspec.Struct, frozen=True):
    value: tuple[Project, ...] = ()


class Items(msgspec.Struct, frozen=True):
    value: tuple[WorkItem | None, ...] = ()


class ItemReference(msgspec.Struct, frozen=True):
    id: int


class QueryResult(msgspec.Struct, frozen=True, rename="camel"):
    work_items: tuple[ItemReference, ...] = ()


class State(msgspec.Struct, frozen=True):
    name: str
    category: str = ""


class FieldDefinition(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    reference_name: str
    type: str = "string"
    read_only: bool = False
    is_identity: bool = False
    is_picklist: bool = False


class FieldDefinitions(msgspec.Struct, frozen=True):
    value: tuple[FieldDefinition, ...] = ()


class States(msgspec.Struct, frozen=True):
    value: tuple[State, ...] = ()


class ItemType(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    is_disabled: bool = False
    states: tuple[State, ...] = ()
    """Left out by older servers."""


class ItemTypes(msgspec.Struct, frozen=True):
    value: tuple[ItemType, ...] = ()


class TypeCategory(msgspec.Struct, frozen=True, rename="camel"):
    work_item_types: tuple[ItemType, ...] = ()


class TypeField(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    reference_name: str
    always_required: bool = False
    allowed_values: tuple[Any, ...] = ()


class TypeFields(msgspec.Struct, frozen=True):
    value: tuple[TypeField, ...] = ()


class Node(msgspec.Struct, frozen=True, rename="camel"):
    """An area or an iteration."""

    name: str
    structure_type: str = ""
    children: "tuple[Node, ...]" = ()


class Nodes(msgspec.Struct, frozen=True):
    value: tuple[Node, ...] = ()


class RelationType(msgspec.Struct, frozen=True, rename="camel"):
    reference_name: str
    attributes: dict[str, Any] = {}

    @property
    def enabled(self) -> bool:
        return self.attributes.get("enabled") is not False


class RelationTypes(msgspec.Struct, frozen=True):
    value: tuple[RelationType, ...] = ()


class Subscription(msgspec.Struct, frozen=True, rename="camel"):
    event_type: str = ""
    status: str = ""
    publisher_inputs: dict[str, Any] = {}
    consumer_inputs: dict[str, Any] = {}

    @property
    def url(self) -> str:
        return str(self.consumer_inputs.get("url") or "")

    @property
    def project_id(self) -> str:
        """'' for all projects."""
        return str(self.publisher_inputs.get("projectId") or "")


class SubscriptionPage(msgspec.Struct, frozen=True):
    value: tuple[Subscription, ...] = ()


class FoundIdentity(msgspec.Struct, frozen=True, rename="camel"):
    id: str = ""
    provider_display_name: str = ""
    custom_display_name: str | None = None
    is_container: bool = False
    properties: dict[str, Any] = {}


class FoundIdentities(msgspec.Struct, frozen=True):
    value: tuple[FoundIdentity, ...] = ()


class ConnectionUser(msgspec.Struct, frozen=True, rename="camel"):
    id: str = ""
    provider_display_name: str = ""


class ConnectionData(msgspec.Struct, frozen=True, rename="camel"):
    authenticated_user: ConnectionUser


class Revision(msgspec.Struct, frozen=True):
    id: int
    rev: int = 0
    fields: dict[str, Any] = {}


class RevisionPage(msgspec.Struct, frozen=True, rename="camel"):
    values: tuple[Revision, ...] = ()
    continuation_token: str | None = None
    next_link: str = ""
    is_last_batch: bool = True


class LinkAttributes(msgspec.Struct, frozen=True, rename="camel"):
    source_id: int = 0
    target_id: int = 0


class LinkChange(msgspec.Struct, frozen=True, rename="camel"):
    """Older servers have the ids beside `rel`, newer ones among the attributes."""

    source_id: int = 0
    target_id: int = 0
    attributes: LinkAttributes = LinkAttributes()


class LinkPage(msgspec.Struct, frozen=True, rename="camel"):
    values: tuple[LinkChange, ...] = ()
    continuation_token: str | None = None
    next_link: str = ""
    is_last_batch: bool = True


projects = msgspec.json.Decoder(ProjectPage)
work_item = msgspec.json.Decoder(WorkItem)
items = msgspec.json.Decoder(Items)
query_result = msgspec.json.Decoder(QueryResult)
comment = msgspec.json.Decoder(WireComment)
comment_page = msgspec.json.Decoder(CommentPage)
attachment = msgspec.json.Decoder(AttachmentReference)
field_definitions = msgspec.json.Decoder(FieldDefinitions)
item_types = msgspec.json.Decoder(ItemTypes)
type_category = msgspec.json.Decoder(TypeCategory)
type_fields = msgspec.json.Decoder(TypeFields)
nodes = msgspec.json.Decoder(Nodes)
relation_types = msgspec.json.Decoder(RelationTypes)
subscriptions = msgspec.json.Decoder(SubscriptionPage)
project = msgspec.json.Decoder(Project)
states = msgspec.json.Decoder(States)
identities = msgspec.json.Decoder(FoundIdentities)
connection = msgspec.json.Decoder(ConnectionData)
revisions = msgspec.json.Decoder(RevisionPage)
links = msgspec.json.Decoder(LinkPage)
encode = msgspec.json.encode
