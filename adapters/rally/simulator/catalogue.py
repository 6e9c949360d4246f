"""The types of a simulated Rally and their attributes, custom ones included."""

from typing import Any

import msgspec

from adapters.rally.simulator.model import Attribute, TypeDef

SCHEDULE = ("Defined", "In-Progress", "Completed", "Accepted")
FLOW = (
    ("Defined", "Defined"),
    ("In-Progress", "In-Progress"),
    ("In Review", "In-Progress"),
    ("Completed", "Completed"),
    ("Accepted", "Accepted"),
)
"""Flow states, and the schedule state that each stands for."""
DEFECT_STATES = ("Submitted", "Open", "Fixed", "Closed", "Reopened")
TASK_STATES = ("Defined", "In-Progress", "Completed")
PRIORITIES = ("None", "Resolve Immediately", "High Attention", "Normal", "Low")
SEVERITIES = ("None", "Crash/Data Loss", "Major Problem", "Minor Problem", "Cosmetic")
RESOLUTIONS = ("None", "Code Change", "Duplicate", "Not a Defect", "Software Limitation")
ENVIRONMENTS = ("None", "Development", "Production", "Test")

TOLD = ("Defect", "HierarchicalRequirement", "Task", "ConversationPost", "Attachment")
"""Types of which webhooks tell."""

_TEXT = 32_768
_OWN = 2_048


def _plain(name: str, shape: str, label: str = "", **more: Any) -> Attribute:
    return Attribute(name=name, shape=shape, label=label or name, **more)


def _ref(name: str, target: str, label: str = "", **more: Any) -> Attribute:
    return _plain(name, "OBJECT", label, target=target, **more)


def _many(name: str, target: str, **more: Any) -> Attribute:
    return _plain(name, "COLLECTION", target=target, **more)


_BASE = (
    _plain("ObjectID", "INTEGER", "Object ID", read_only=True),
    _plain("ObjectUUID", "STRING", read_only=True),
    _plain("VersionId", "STRING", read_only=True),
    _plain("CreationDate", "DATE", "Creation Date", read_only=True),
    _ref("Subscription", "Subscription", read_only=True),
    _ref("Workspace", "Workspace"),
)
_ARTIFACT = (
    *_BASE,
    _plain("Name", "STRING", required=True),
    _plain("FormattedID", "STRING", "Formatted ID", read_only=True),
    _plain("LastUpdateDate", "DATE", "Last Update Date", read_only=True),
    _plain("Description", "TEXT", longest=_TEXT),
    _plain("Notes", "TEXT", longest=_TEXT),
    _plain("Ready", "BOOLEAN"),
    _plain("Expedite", "BOOLEAN"),
    _ref("Owner", "User"),
    _ref("CreatedBy", "User", "Created By", read_only=True),
    _ref("Project", "Project", required=True),
    _ref("RevisionHistory", "RevisionHistory", "Revision History", read_only=True),
    _many("Tags", "Tag"),
    _many("Milestones", "Milestone"),
    _many("Discussion", "ConversationPost", derived="Artifact"),
    _many("Attachments", "Attachment", derived="Artifact"),
)
ARTIFACT_FIELDS = frozenset(attribute.name for attribute in _ARTIFACT)
_PLANNED = (
    _ref("Release", "Release"),
    _ref("Iteration", "Iteration"),
    _plain("Blocked", "BOOLEAN"),
    _plain("BlockedReason", "STRING", "Blocked Reason"),
)
_SCHEDULED = (
    *_PLANNED,
    _plain("ScheduleState", "STATE", "Schedule State", values=SCHEDULE, required=True),
    _ref("FlowState", "FlowState", "Flow State"),
    _plain("PlanEstimate", "QUANTITY", "Plan Estimate"),
    _many("Tasks", "Task", derived="WorkProduct"),
)
_CUSTOM = (
    _plain("c_Customer", "STRING", "Customer"),
    _plain("c_Impact", "TEXT", "Impact", longest=_OWN),
    _plain("c_Score", "DECIMAL", "Score"),
    _plain("c_Count", "INTEGER", "Count"),
    _plain("c_Released", "BOOLEAN", "Released"),
    _plain("c_Wanted", "DATE", "Wanted"),
    _plain("c_Team", "STRING", "Team", values=("Blue", "Green", "Red")),
    _plain("c_Areas", "COLLECTION", "Areas", target="AllowedAttributeValue",
           values=("Dock", "Engine", "Hull")),
    _ref("c_Tester", "User", "Tester"),
    _plain("c_Page", "WEB_LINK", "Page"),
)  # fmt: skip
_EXTERNAL = _plain("c_ExternalID", "STRING", "External ID")


def _defined(element: str, label: str, attributes: tuple[Attribute, ...], **more: Any) -> TypeDef:
    held = {attribute.name: attribute for attribute in attributes}
    return TypeDef(element=element, label=label, attributes=held, **more)


_DEFECT = (
    *_ARTIFACT,
    *_SCHEDULED,
    _plain("State", "RATING", values=DEFECT_STATES, required=True),
    _plain("Priority", "RATING", values=PRIORITIES),
    _plain("Severity", "RATING", values=SEVERITIES),
    _plain("Resolution", "RATING", values=RESOLUTIONS),
    _plain("Environment", "RATING", values=ENVIRONMENTS),
    _plain("FoundInBuild", "STRING", "Found In Build"),
    _plain("FixedInBuild", "STRING", "Fixed In Build"),
    _plain("TargetBuild", "STRING", "Target Build"),
    _plain("TargetDate", "DATE", "Target Date"),
    _plain("ReleaseNote", "BOOLEAN", "Release Note"),
    _plain("AffectsDoc", "BOOLEAN", "Affects Doc"),
    _ref("SubmittedBy", "User", "Submitted By"),
    _ref("Requirement", "HierarchicalRequirement"),
    _many("Duplicates", "Defect", inverse="Duplicates"),
    *_CUSTOM,
)
_STORY = (
    *_ARTIFACT,
    *_SCHEDULED,
    _ref("Parent", "HierarchicalRequirement"),
    _many("Children", "HierarchicalRequirement", derived="Parent"),
    _many("Defects", "Defect", derived="Requirement"),
    _many("Predecessors", "HierarchicalRequirement", inverse="Successors"),
    _many("Successors", "HierarchicalRequirement", inverse="Predecessors"),
    *_CUSTOM,
)
_TASK = (
    *_ARTIFACT,
    *_PLANNED,
    _plain("State", "STATE", values=TASK_STATES, required=True),
    _plain("Estimate", "QUANTITY"),
    _plain("ToDo", "QUANTITY", "To Do"),
    _plain("Actuals", "QUANTITY"),
    _ref("WorkProduct", "Artifact", "Work Product"),
)


def _artifacts(external_id: bool) -> tuple[TypeDef, ...]:
    marked = (_EXTERNAL,) if external_id else ()
    story = "HierarchicalRequirement"
    return (
        _defined("Defect", "Defect", (*_DEFECT, *marked), prefix="DE", artifact=True),
        _defined(story, "Hierarchical Requirement", (*_STORY, *marked), prefix="US", artifact=True),
        _defined("Task", "Task", _TASK, prefix="TA", artifact=True),
    )


_PLACES = (
    _defined("Subscription", "Subscription", (
        *_BASE, _plain("Name", "STRING"), _many("Workspaces", "Workspace", derived="Subscription"),
    )),
    _defined("Workspace", "Workspace", (
        *_BASE,
        _plain("Name", "STRING"),
        _plain("State", "STRING"),
        _ref("WorkspaceConfiguration", "WorkspaceConfiguration"),
        _many("Projects", "Project", derived="Workspace"),
    )),
    _defined("WorkspaceConfiguration", "Workspace Configuration", (
        *_BASE, _plain("TimeZone", "STRING"), _plain("DateFormat", "STRING"),
    )),
    _defined("Project", "Project", (
        *_BASE,
        _plain("Name", "STRING", required=True),
        _plain("State", "STRING"),
        _plain("Description", "TEXT", longest=_TEXT),
        _ref("Parent", "Project"),
        _many("Children", "Project", derived="Parent"),
    )),
    _defined("User", "User", (
        *_BASE,
        _plain("UserName", "STRING", required=True),
        _plain("DisplayName", "STRING"),
        _plain("EmailAddress", "STRING"),
        _plain("FirstName", "STRING"),
        _plain("LastName", "STRING"),
        _plain("Role", "STRING"),
        _plain("Disabled", "BOOLEAN"),
        _plain("SubscriptionAdmin", "BOOLEAN"),
        _ref("UserProfile", "UserProfile"),
    )),
    _defined("UserProfile", "User Profile", (
        *_BASE, _ref("DefaultWorkspace", "Workspace"), _ref("DefaultProject", "Project"),
    )),
    _defined("WorkspacePermission", "Workspace Permission", (
        *_BASE, _plain("Role", "STRING"), _ref("User", "User"),
    )),
    _defined("ProjectPermission", "Project Permission", (
        *_BASE, _plain("Role", "STRING"), _ref("User", "User"), _ref("Project", "Project"),
    )),
)  # fmt: skip
_NAMED = (
    _defined("Tag", "Tag", (*_BASE, _plain("Name", "STRING", required=True))),
    _defined("Milestone", "Milestone", (
        *_BASE, _plain("Name", "STRING", required=True), _plain("TargetDate", "DATE"),
    )),
    _defined("Release", "Release", (
        *_BASE, _plain("Name", "STRING", required=True), _ref("Project", "Project"),
    )),
    _defined("Iteration", "Iteration", (
        *_BASE, _plain("Name", "STRING", required=True), _ref("Project", "Project"),
    )),
    _defined("FlowState", "Flow State", (
        *_BASE,
        _plain("Name", "STRING", required=True),
        _plain("ScheduleStateMapping", "STRING"),
        _plain("OrderIndex", "INTEGER"),
        _ref("Project", "Project"),
    )),
)  # fmt: skip
_PARTS = (
    _defined("ConversationPost", "Conversation Post", (
        *_BASE,
        _plain("LastUpdateDate", "DATE", read_only=True),
        _plain("Text", "TEXT", longest=_TEXT, required=True),
        _plain("PostNumber", "INTEGER", read_only=True),
        _ref("Artifact", "Artifact", required=True),
        _ref("User", "User"),
    )),
    _defined("Attachment", "Attachment", (
        *_BASE,
        _plain("Name", "STRING", required=True),
        _plain("Description", "TEXT", longest=_OWN),
        _plain("ContentType", "STRING", required=True),
        _plain("Size", "INTEGER"),
        _ref("Artifact", "Artifact"),
        _ref("Content", "AttachmentContent", required=True),
        _ref("User", "User"),
    )),
    _defined("AttachmentContent", "Attachment Content", (
        *_BASE, _plain("Content", "BINARY_DATA", required=True),
    )),
    _defined("RevisionHistory", "Revision History", (
        *_BASE, _many("Revisions", "Revision", derived="RevisionHistory"),
    )),
    _defined("Revision", "Revision", (
        *_BASE,
        _plain("Description", "STRING"),
        _plain("RevisionNumber", "INTEGER"),
        _ref("User", "User"),
        _ref("RevisionHistory", "RevisionHistory"),
    )),
    _defined("RecycleBinEntry", "Recycle Bin Entry", (
        *_BASE,
        _plain("ID", "STRING", read_only=True),
        _plain("ItemOID", "INTEGER", read_only=True),
        _plain("Name", "STRING", read_only=True),
        _plain("DeletionDate", "DATE", read_only=True),
        _ref("DeletedBy", "User", read_only=True),
        _ref("Type", "TypeDefinition", read_only=True),
    )),
    _defined("AllowedAttributeValue", "Allowed Attribute Value", (
        *_BASE,
        _plain("StringValue", "STRING"),
        _plain("ValueIndex", "INTEGER"),
        _ref("AttributeDefinition", "AttributeDefinition"),
    )),
)  # fmt: skip
_DEFINITIONS = (
    _defined("TypeDefinition", "Type Definition", (
        *_BASE,
        _plain("Name", "STRING"),
        _plain("ElementName", "STRING"),
        _plain("DisplayName", "STRING"),
        _plain("TypePath", "STRING"),
        _plain("IDPrefix", "STRING"),
        _many("Attributes", "AttributeDefinition", derived="TypeDefinition"),
    )),
    _defined("AttributeDefinition", "Attribute Definition", (
        *_BASE,
        _plain("Name", "STRING"),
        _plain("ElementName", "STRING"),
        _plain("AttributeType", "STRING"),
        _plain("SchemaType", "STRING"),
        _plain("Constrained", "BOOLEAN"),
        _plain("Custom", "BOOLEAN"),
        _plain("Hidden", "BOOLEAN"),
        _plain("ReadOnly", "BOOLEAN"),
        _plain("Required", "BOOLEAN"),
        _plain("Filterable", "BOOLEAN"),
        _plain("MaxLength", "INTEGER"),
        _plain("MaxFractionalDigits", "INTEGER"),
        _ref("AllowedValueType", "TypeDefinition"),
        _ref("TypeDefinition", "TypeDefinition"),
        _many("AllowedValues", "AllowedAttributeValue", derived="AttributeDefinition"),
    )),
)  # fmt: skip


def types(*, external_id: bool, tasks_need_parent: bool) -> dict[str, TypeDef]:
    """By element name. Each simulator has its own, for a test may change them."""
    every = (*_PLACES, *_NAMED, *_PARTS, *_DEFINITIONS, *_artifacts(external_id))
    held = {
        one.element: msgspec.structs.replace(one, attributes=dict(one.attributes)) for one in every
    }
    of_tasks = held["Task"].attributes
    of_tasks["WorkProduct"] = msgspec.structs.replace(
        of_tasks["WorkProduct"], required=tasks_need_parent
    )
    return held
