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
        ) = given[:-2]
        self.previous: dict[str, Any] = {}


class Issue:
    def __init__(self, key: str, url: str, project: str, fields: Any, parts: Any) -> None:
        self.key = key
        self.url = url
        self.project = project
        self.fields = fields
        self.summary = fields.get("summary")
        self.description = fields.get("description")
        self.status = fields.get("status")
        self.priority = fields.get("priority")
        self.type = fields.get("type")
        self.labels = fields.get("labels", [])
        self.assignee = fields.get("assignee")
        self.reporter = fields.get("reporter")
        self.resolution = fields.get("resolution")
        self.components = fields.get("components", [])
        self.fix_versions = fields.get("fix_versions", [])
        self.affected_versions = fields.get("affected_versions", [])
        self.milestone = fields.get("milestone")
        self.area = fields.get("area")
        self.iteration = fields.get("iteration")
        self.due = fields.get("due")
        self.estimate = fields.get("estimate")
        self.remaining = fields.get("remaining")
        self.spent = fields.get("spent")
        self.parent = fields.get("parent")
        self.links = fields.get("links", [])
        self.comments, self.attachments = parts
