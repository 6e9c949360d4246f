"""What the simulated project was customized to: fields, lists, types, users."""

import msgspec

PHYSICAL = {"defect": "BG", "requirement": "RQ", "test": "TS"}


class Field(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    label: str
    type: str
    physical: str = ""
    size: int = 255
    required: bool = False
    editable: bool = True
    system: bool = True
    multi: bool = False
    list_id: str = ""


def _field(name: str, label: str, type_: str, **more: object) -> Field:
    return msgspec.convert({"name": name, "label": label, "type": type_, **more}, Field)


LISTS: dict[str, tuple[str, tuple[object, ...]]] = {
    "1": ("YesNo", ("N", "Y")),
    "10": ("Bug Status", ("Closed", "Fixed", "New", "Open", "Rejected", "Reopen")),
    "11": ("Severity", ("1-Low", "2-Medium", "3-High", "4-Very High", "5-Urgent")),
    "12": ("Priority", ("1-Low", "2-Medium", "3-High", "4-Very High", "5-Urgent")),
    "13": ("Versions", ("1.0", "1.1", "2.0")),
    "14": ("Products", ("Backend", "Frontend & Söhne")),
    "15": ("Reviewed", ("Not Reviewed", "Reviewed")),
    "16": ("Test Status", ("Design", "Imported", "Ready", "Repair")),
    "17": ("Colours", ("Blue", "Green", "Red")),
    "19": (
        "Status",
        ("Failed", "N/A", "No Run", "Not Completed", "Not Covered", "Passed"),
    ),
    "18": ("Places", (("Europe", ("Berlin", "Paris")), ("Asia", ("Tokyo",)))),
}
"""Id -> name and items; nested ones are a name with what lies below it."""

REQUIREMENT_TYPES = {
    "0": "Undefined",
    "1": "Folder",
    "2": "Group",
    "3": "Functional",
    "4": "Business",
    "5": "Testing",
    "6": "Performance",
}
PEOPLE = (
    ("tidegate", "Tide Gate", "tidegate@example.com"),
    ("alice", "Alice Example", "alice@example.com"),
    ("bob", "Bob Example", "bob@example.com"),
    ("viewer", "Vera Viewer", "vera@example.com"),
)
READERS = ("viewer",)
"""Who may look and not write."""

_TOLD = (
    _field("id", "ID", "Number", editable=False),
    _field("ver-stamp", "Version Stamp", "Number", editable=False),
    _field("last-modified", "Modified", "DateTime", editable=False),
    _field("attachment", "Attachment", "String", editable=False),
)
_USER_FIELDS = (
    _field("user-01", "Customer", "String", system=False, size=40),
    _field("user-02", "Notes", "Memo", system=False, size=-1),
    _field("user-03", "Effort", "Number", system=False),
    _field("user-04", "Review date", "Date", system=False),
    _field("user-05", "Due date", "Date", system=False),
    _field("user-06", "Colours", "LookupList", system=False, multi=True, list_id="17"),
    _field("user-07", "Sync key", "String", system=False),
    _field("user-08", "Tester", "UsersList", system=False),
    _field("user-09", "Site", "LookupList", system=False, list_id="18"),
    _field("user-10", "Urgent", "LookupList", system=False, list_id="1"),
    _field("user-11", "Meeting", "DateTime", system=False),
    _field("user-12", "Watchers", "UsersList", system=False, multi=True),
    _field("user-13", "Colour", "LookupList", system=False, list_id="17"),
    _field("user-14", "Source", "String", system=False),
)
_VERSIONS = (
    _field("vc-status", "Version status", "String", editable=False),
    _field("vc-checkout-user-name", "Checked out by", "UsersList", editable=False),
    _field("vc-version-number", "Version", "Number", editable=False),
)
FIELDS: dict[str, tuple[Field, ...]] = {
    "defect": (
        *_TOLD,
        _field("name", "Summary", "String", required=True),
        _field("description", "Description", "Memo", size=-1),
        _field("dev-comments", "Comments", "Memo", size=-1, physical="BG_DEV_COMMENTS"),
        _field("status", "Status", "LookupList", list_id="10"),
        _field("severity", "Severity", "LookupList", required=True, list_id="11"),
        _field("priority", "Priority", "LookupList", list_id="12"),
        _field("owner", "Assigned To", "UsersList"),
        _field("detected-by", "Detected By", "UsersList", required=True),
        _field("creation-time", "Detected on Date", "Date", required=True),
        _field("closing-date", "Closing Date", "Date"),
        _field("detection-version", "Detected in Version", "LookupList", list_id="13"),
        _field("planned-closing-ver", "Planned Closing Version", "LookupList", list_id="13"),
        _field("project", "Project", "LookupList", list_id="14"),
        _field("target-rel", "Target Release", "Reference"),
        _field("estimated-fix-time", "Estimated Fix Time", "Number"),
        _field("actual-fix-time", "Actual Fix Time", "Number"),
        _field("reproducible", "Reproducible", "LookupList", list_id="1"),
        _field("has-linkage", "Linked", "String", editable=False),
        *_USER_FIELDS,
    ),
    "requirement": (
        *_TOLD,
        _field("name", "Name", "String", required=True),
        _field("description", "Description", "Memo", size=-1),
        _field("comments", "Comments", "Memo", size=-1, physical="RQ_DEV_COMMENTS"),
        _field("type-id", "Requirement Type", "Reference", required=True),
        _field("parent-id", "Parent", "Number"),
        _field("req-priority", "Priority", "LookupList", list_id="12"),
        _field("req-reviewed", "Reviewed", "LookupList", list_id="15"),
        _field("status", "Direct Cover Status", "LookupList", list_id="19"),
        _field("owner", "Author", "UsersList"),
        _field("req-product", "Product", "LookupList", list_id="14"),
        _field("target-rel", "Target Release", "Reference", multi=True),
        _field("req-time", "Creation Time", "Date", editable=False),
        _field("has-linkage", "Linked", "String", editable=False),
        *_VERSIONS,
        *_USER_FIELDS,
    ),
    "test": (
        *_TOLD,
        _field("name", "Test Name", "String", required=True),
        _field("description", "Description", "Memo", size=-1),
        _field("dev-comments", "Comments", "Memo", size=-1, physical="TS_DEV_COMMENTS"),
        _field("subtype-id", "Type", "Reference", required=True),
        _field("parent-id", "Subject", "Reference", required=True),
        _field("status", "Status", "LookupList", list_id="16"),
        _field("owner", "Designer", "UsersList"),
        _field("creation-time", "Creation Date", "Date", editable=False),
        _field("has-linkage", "Linked", "String", editable=False),
        *_VERSIONS,
        *_USER_FIELDS,
    ),
}
STARTS = {
    "defect": {"status": "New"},
    "requirement": {"req-reviewed": "Not Reviewed", "status": "Not Covered", "parent-id": "0"},
    "test": {"status": "Design"},
}
RELEASES = {"1001": "Spring", "1002": "Autumn & Winter"}
TEST_FOLDERS = {"2": "Subject", "7": "SD Elements"}


def names(items: tuple[object, ...]) -> list[str]:
    """All items of a list, whatever their depth."""
    found: list[str] = []
    for item in items:
        if isinstance(item, tuple):
            found += [str(item[0]), *names(item[1])]
        else:
            found.append(str(item))
    return found
