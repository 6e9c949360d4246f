"""What a rule returns; a replica is also what an incoming rule is given."""

from typing import Any, Iterable  # noqa: UP035 (the sandbox has no collections.abc)

from service.rules.prelude.parts import Attachment, Comment


class Replica:
    def __init__(
        self,
        *,
        summary: Any = ...,
        description: Any = ...,
        status: Any = ...,
        priority: Any = ...,
        type: Any = ...,
        labels: Any = ...,
        assignee: Any = ...,
        reporter: Any = ...,
        resolution: Any = ...,
        components: Any = ...,
        fix_versions: Any = ...,
        affected_versions: Any = ...,
        milestone: Any = ...,
        area: Any = ...,
        iteration: Any = ...,
        due: Any = ...,
        estimate: Any = ...,
        remaining: Any = ...,
        spent: Any = ...,
        parent: Any = ...,
        links: Any = ...,
        comments: Iterable[Comment] = (),
        attachments: Iterable[Attachment] = (),
        fields: Any = None,
        stop_syncing: bool = False,
    ) -> None:
        self.summary = summary
        self.description = description
        self.status = status
        self.priority = priority
        self.type = type
        self.labels = labels
        self.assignee = assignee
        self.reporter = reporter
        self.resolution = resolution
        self.components = components
        self.fix_versions = fix_versions
        self.affected_versions = affected_versions
        self.milestone = milestone
        self.area = area
        self.iteration = iteration
        self.due = due
        self.estimate = estimate
        self.remaining = remaining
        self.spent = spent
        self.parent = parent
        self.links = links
        self.comments = comments
        self.attachments = attachments
        self.fields = {} if fields is None else fields
        self.stop_syncing = stop_syncing
        self.key = ""
        self.url = ""
        self.gone = False
        self.removed_comments: list[str] = []
        self.removed_attachments: list[str] = []


class Wanted:
    def __init__(
        self,
        *,
        project: str = "",
        type: Any = ...,
        summary: Any = ...,
        description: Any = ...,
        status: Any = ...,
        priority: Any = ...,
        labels: Any = ...,
        assignee: Any = ...,
        reporter: Any = ...,
        resolution: Any = ...,
        components: Any = ...,
        fix_versions: Any = ...,
        affected_versions: Any = ...,
        milestone: Any = ...,
        area: Any = ...,
        iteration: Any = ...,
        due: Any = ...,
        estimate: Any = ...,
        remaining: Any = ...,
        spent: Any = ...,
        parent: Any = ...,
        links: Any = ...,
        comments: Iterable[Comment] = (),
        attachments: Iterable[Attachment] = (),
        fields: Any = None,
        stop_syncing: bool = False,
    ) -> None:
        self.project = project
        self.type = type
        self.summary = summary
        self.description = description
        self.status = status
        self.priority = priority
        self.labels = labels
        self.assignee = assignee
        self.reporter = reporter
        self.resolution = resolution
        self.components = components
        self.fix_versions = fix_versions
        self.affected_versions = affected_versions
        self.milestone = milestone
        self.area = area
        self.iteration = iteration
        self.due = due
        self.estimate = estimate
        self.remaining = remaining
        self.spent = spent
        self.parent = parent
        self.links = links
        self.comments = comments
        self.attachments = attachments
        self.fields = {} if fields is None else fields
        self.stop_syncing = stop_syncing


class _Clear:
    pass


CLEAR = _Clear()
