"""The issue, and what a run knows besides."""

from typing import Any

_context_names: list[str] = []
# What a rule may look at, told when its file is loaded; nothing else crosses.


class Context:
    connection = ""
    local_side = ""
    remote_side = ""
    local_key = ""
    local_url = ""
    remote_key = ""
    remote_url = ""
    project = ""
    first_sync = False
    now = 0
    mirror = False

    def __init__(self, given: Any) -> None:
        for place, name in enumerate(_context_names):
            setattr(self, name, given[place])
        self.previous: dict[str, Any] = {}


def _hold(one: Any, fields: Any) -> None:
    if "summary" in fields:
        one.summary = fields["summary"]
    if "description" in fields:
        one.description = fields["description"]
    if "status" in fields:
        one.status = fields["status"]
    if "priority" in fields:
        one.priority = fields["priority"]
    if "type" in fields:
        one.type = fields["type"]
    one.labels = fields.get("labels", [])
    if "assignee" in fields:
        one.assignee = fields["assignee"]
    if "reporter" in fields:
        one.reporter = fields["reporter"]
    if "resolution" in fields:
        one.resolution = fields["resolution"]
    one.components = fields.get("components", [])
    one.fix_versions = fields.get("fix_versions", [])
    one.affected_versions = fields.get("affected_versions", [])
    if "milestone" in fields:
        one.milestone = fields["milestone"]
    if "area" in fields:
        one.area = fields["area"]
    if "iteration" in fields:
        one.iteration = fields["iteration"]
    if "due" in fields:
        one.due = fields["due"]
    if "estimate" in fields:
        one.estimate = fields["estimate"]
    if "remaining" in fields:
        one.remaining = fields["remaining"]
    if "spent" in fields:
        one.spent = fields["spent"]
    if "parent" in fields:
        one.parent = fields["parent"]
    one.links = fields.get("links", [])


class Issue:
    # What it does not have: only what it has is set, for each value that an object gets costs.
    summary: Any = None
    description: Any = None
    status: Any = None
    priority: Any = None
    type: Any = None
    assignee: Any = None
    reporter: Any = None
    resolution: Any = None
    milestone: Any = None
    area: Any = None
    iteration: Any = None
    due: Any = None
    estimate: Any = None
    remaining: Any = None
    spent: Any = None
    parent: Any = None

    def __init__(self, key: str, url: str, project: str, fields: Any, parts: Any) -> None:
        self.key = key
        self.url = url
        self.project = project
        self.fields = fields
        _hold(self, fields)
        self.comments, self.attachments = parts
