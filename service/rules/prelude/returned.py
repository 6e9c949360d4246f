"""What a rule returns; a replica is also what an incoming rule is given."""

from typing import Any, Iterable  # noqa: UP035 (the sandbox has no collections.abc)

from service.rules.prelude.issue import _hold
from service.rules.prelude.parts import Attachment, Comment


class Replica:
    # As in an issue: only what is there is set.
    key = ""
    url = ""
    gone = False
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
    stop_syncing: Any = False

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
        _given: Any = None,
    ) -> None:
        self.removed_comments: list[str] = []
        self.removed_attachments: list[str] = []
        if _given is not None:
            self.fields = _given
            _hold(self, _given)
            return
        if summary is not None:
            self.summary = summary
        if description is not None:
            self.description = description
        if status is not None:
            self.status = status
        if priority is not None:
            self.priority = priority
        if type is not None:
            self.type = type
        self.labels = labels
        if assignee is not None:
            self.assignee = assignee
        if reporter is not None:
            self.reporter = reporter
        if resolution is not None:
            self.resolution = resolution
        self.components = components
        self.fix_versions = fix_versions
        self.affected_versions = affected_versions
        if milestone is not None:
            self.milestone = milestone
        if area is not None:
            self.area = area
        if iteration is not None:
            self.iteration = iteration
        if due is not None:
            self.due = due
        if estimate is not None:
            self.estimate = estimate
        if remaining is not None:
            self.remaining = remaining
        if spent is not None:
            self.spent = spent
        if parent is not None:
            self.parent = parent
        self.links = links
        self.comments = comments
        self.attachments = attachments
        self.fields = {} if fields is None else fields
        if stop_syncing is not False:
            self.stop_syncing = stop_syncing


class Wanted:
    # As in an issue: only what is there is set.
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
    stop_syncing: Any = False

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
        if type is not None:
            self.type = type
        if summary is not None:
            self.summary = summary
        if description is not None:
            self.description = description
        if status is not None:
            self.status = status
        if priority is not None:
            self.priority = priority
        self.labels = labels
        if assignee is not None:
            self.assignee = assignee
        if reporter is not None:
            self.reporter = reporter
        if resolution is not None:
            self.resolution = resolution
        self.components = components
        self.fix_versions = fix_versions
        self.affected_versions = affected_versions
        if milestone is not None:
            self.milestone = milestone
        if area is not None:
            self.area = area
        if iteration is not None:
            self.iteration = iteration
        if due is not None:
            self.due = due
        if estimate is not None:
            self.estimate = estimate
        if remaining is not None:
            self.remaining = remaining
        if spent is not None:
            self.spent = spent
        if parent is not None:
            self.parent = parent
        self.links = links
        self.comments = comments
        self.attachments = attachments
        self.fields = {} if fields is None else fields
        if stop_syncing is not False:
            self.stop_syncing = stop_syncing


class _Clear:
    pass


CLEAR = _Clear()
