"""The issue, and what a run knows besides."""

from typing import Any


class Context:
    def __init__(self, given: Any) -> None:
        (
            self.connection,
            self.local_side,
            self.remote_side,
            self.local_key,
            self.local_url,
            self.remote_key,
            self.remote_url,
            self.project,
            self.first_sync,
            self.now,
            self.mirror,
        ) = given
        self.previous: dict[str, Any] = {}


class Issue:
    # What it does not have; only what it has is set, for each value that an object gets costs.
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
        if "summary" in fields:
            self.summary = fields["summary"]
        if "description" in fields:
            self.description = fields["description"]
        if "status" in fields:
            self.status = fields["status"]
        if "priority" in fields:
            self.priority = fields["priority"]
        if "type" in fields:
            self.type = fields["type"]
        self.labels = fields.get("labels", [])
        if "assignee" in fields:
            self.assignee = fields["assignee"]
        if "reporter" in fields:
            self.reporter = fields["reporter"]
        if "resolution" in fields:
            self.resolution = fields["resolution"]
        self.components = fields.get("components", [])
        self.fix_versions = fields.get("fix_versions", [])
        self.affected_versions = fields.get("affected_versions", [])
        if "milestone" in fields:
            self.milestone = fields["milestone"]
        if "area" in fields:
            self.area = fields["area"]
        if "iteration" in fields:
            self.iteration = fields["iteration"]
        if "due" in fields:
            self.due = fields["due"]
        if "estimate" in fields:
            self.estimate = fields["estimate"]
        if "remaining" in fields:
            self.remaining = fields["remaining"]
        if "spent" in fields:
            self.spent = fields["spent"]
        if "parent" in fields:
            self.parent = fields["parent"]
        self.links = fields.get("links", [])
        self.comments, self.attachments = parts
