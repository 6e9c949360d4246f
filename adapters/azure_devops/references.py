"""Reference names of fields, the neutral names that they go by, and the kinds of those known."""

from schemas.metadata import FieldKind

TITLE = "System.Title"
STATE = "System.State"
REASON = "System.Reason"
TAGS = "System.Tags"
TYPE = "System.WorkItemType"
PROJECT = "System.TeamProject"
DESCRIPTION = "System.Description"
AREA = "System.AreaPath"
ITERATION = "System.IterationPath"
PRIORITY = "Microsoft.VSTS.Common.Priority"
RESOLVED_REASON = "Microsoft.VSTS.Common.ResolvedReason"
CLOSED = "Microsoft.VSTS.Common.ClosedDate"
PARENT = "System.Parent"

NEUTRAL: dict[str, tuple[str, FieldKind]] = {
    "summary": (TITLE, "text"),
    "status": (STATE, "option"),
    "resolution": (REASON, "option"),
    "priority": (PRIORITY, "option"),
    "type": (TYPE, "option"),
    "labels": (TAGS, "labels"),
    "assignee": ("System.AssignedTo", "user"),
    "reporter": ("System.CreatedBy", "user"),
    "area": (AREA, "path"),
    "iteration": (ITERATION, "path"),
    "due": ("Microsoft.VSTS.Scheduling.DueDate", "date"),
    "estimate": ("Microsoft.VSTS.Scheduling.OriginalEstimate", "duration"),
    "remaining": ("Microsoft.VSTS.Scheduling.RemainingWork", "duration"),
    "spent": ("Microsoft.VSTS.Scheduling.CompletedWork", "duration"),
}
"""The description depends on the type; parent and links are relations."""

REFERENCES = {name: reference for name, (reference, _) in NEUTRAL.items()}

LABELS = {
    "Title": TITLE,
    "State": STATE,
    "Reason": REASON,
    "Priority": PRIORITY,
    "Work Item Type": TYPE,
    "Tags": TAGS,
    "Assigned To": "System.AssignedTo",
    "Area Path": AREA,
    "Iteration Path": ITERATION,
    "Due Date": REFERENCES["due"],
    "Original Estimate": REFERENCES["estimate"],
    "Remaining Work": REFERENCES["remaining"],
    "Completed Work": REFERENCES["spent"],
}
"""Some refusals name a field as people see it."""

HTML = frozenset(
    {
        DESCRIPTION,
        "Microsoft.VSTS.TCM.ReproSteps",
        "Microsoft.VSTS.TCM.SystemInfo",
        "Microsoft.VSTS.Common.AcceptanceCriteria",
        "Microsoft.VSTS.CMMI.Symptom",
        "Microsoft.VSTS.CMMI.ProposedFix",
    }
)
BOOKKEEPING = frozenset(
    {
        "System.Id",
        "System.Rev",
        "System.Watermark",
        "System.History",
        "System.CommentCount",
        PROJECT,
        PARENT,
        REASON,
        RESOLVED_REASON,
        "System.AreaId",
        "System.IterationId",
        "System.NodeName",
        "System.PersonId",
        "System.AuthorizedAs",
        "System.AuthorizedDate",
        "System.RevisedDate",
        "System.ChangedBy",
        "System.ChangedDate",
        "System.CreatedDate",
        "System.IsDeleted",
        "System.BoardColumn",
        "System.BoardColumnDone",
        "System.BoardLane",
        "System.AttachedFileCount",
        "System.ExternalLinkCount",
        "System.HyperLinkCount",
        "System.RelatedLinkCount",
        "System.RemoteLinkCount",
        "Microsoft.VSTS.Common.StateChangeDate",
        "Microsoft.VSTS.Common.StackRank",
        "Microsoft.VSTS.Common.BacklogPriority",
    }
)
"""Moves by itself with every save, or is told as something else."""
NOISE = ("System.AreaLevel", "System.IterationLevel", "System.ExtensionMarker", "WEF_")

_COMMON = "Microsoft.VSTS.Common."
_OTHERS: dict[str, FieldKind] = {
    _COMMON + "Severity": "option",
    _COMMON + "Risk": "option",
    _COMMON + "ValueArea": "option",
    _COMMON + "Activity": "option",
    _COMMON + "ActivatedBy": "user",
    _COMMON + "ResolvedBy": "user",
    _COMMON + "ClosedBy": "user",
    _COMMON + "ActivatedDate": "datetime",
    _COMMON + "ResolvedDate": "datetime",
    CLOSED: "datetime",
    "Microsoft.VSTS.Scheduling.StoryPoints": "number",
    "Microsoft.VSTS.Scheduling.Effort": "number",
    "Microsoft.VSTS.Scheduling.StartDate": "datetime",
    "Microsoft.VSTS.Scheduling.FinishDate": "datetime",
    "Microsoft.VSTS.Scheduling.TargetDate": "datetime",
    "Microsoft.VSTS.Build.FoundIn": "text",
    "Microsoft.VSTS.Build.IntegrationBuild": "text",
}
KINDS: dict[str, FieldKind] = {
    **_OTHERS,
    **dict.fromkeys(HTML, "rich_text"),
    **dict(NEUTRAL.values()),
}
"""Of fields that every organisation has: they need not be asked for."""
